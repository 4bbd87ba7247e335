/* SPDX-License-Identifier: Apache-2.0 */
/* redirect_uri: one of the client's, byte for byte (RFC 9700 section 2.1). */
#include "http/uri.h"
#include "oauth/authorization.h"

/* RFC 8252 section 7.3: a native client's loopback port is its own affair. */
static bool is_loopback_literal(const struct uri *uri)
{
	return text_equal(uri->scheme, TEXT("http")) &&
	       (text_equal(uri->host, TEXT("127.0.0.1")) ||
		text_equal(uri->host, TEXT("[::1]"))) &&
	       !text_is_present(uri->userinfo);
}

static bool is_same_or_both_absent(struct text a, struct text b)
{
	return text_is_present(a) == text_is_present(b) && text_equal(a, b);
}

static bool differs_in_port_alone(struct text registered, struct text sent)
{
	struct uri one;
	struct uri other;
	const char *why;

	if (uri_parse(registered, &one, &why) != DONE ||
	    uri_parse(sent, &other, &why) != DONE)
		return false;
	return is_loopback_literal(&one) && is_loopback_literal(&other) &&
	       text_equal(one.host, other.host) &&
	       is_same_or_both_absent(one.path, other.path) &&
	       is_same_or_both_absent(one.query, other.query) &&
	       !text_is_present(other.fragment);
}

static bool is_registered(const struct client *client, struct text sent)
{
	struct text rest = client->redirect_uris;
	struct text each;

	if (text_has_word(rest, sent))
		return true;
	while (client->is_native && text_next_word(&rest, &each))
		if (differs_in_port_alone(each, sent))
			return true;
	return false;
}

/* The registered one that is nearest, to name the difference by. */
static struct text nearest(const struct client *client, struct text sent)
{
	struct text rest = client->redirect_uris;
	struct text best = TEXT("");
	size_t best_at = 0;
	struct text each;

	while (text_next_word(&rest, &each)) {
		size_t at = text_differs_at(each, sent);

		if (best.size > 0 && at <= best_at)
			continue;
		best = each;
		best_at = at;
	}
	return best;
}

static outcome refuse_unregistered(struct authorization *authorization,
				   struct text sent)
{
	struct decision *decision = authorization->decision;
	struct text expected = nearest(authorization->client, sent);

	return refuse(decision, REASON_REDIRECT_URI_UNREGISTERED,
		      .argument = TEXT("redirect_uri"), .expected = expected,
		      .received = sent,
		      .near_miss =
			      decision_difference(decision, expected, sent));
}

static outcome take_default(struct authorization *authorization)
{
	struct text rest = authorization->client->redirect_uris;

	if (!authorization->base->tenant->profile->flags
		     .redirect_uri_defaults ||
	    !text_next_word(&rest, &authorization->redirect_uri))
		return refuse(authorization->decision,
			      REASON_REDIRECT_URI_ABSENT,
			      .argument = TEXT("redirect_uri"));
	authorization->can_redirect = true;
	return DONE;
}

static outcome check(struct authorization *authorization)
{
	struct text sent = form_find(&authorization->form, "redirect_uri");

	if (sent.size == 0)
		return take_default(authorization);
	if (!is_registered(authorization->client, sent))
		return refuse_unregistered(authorization, sent);
	authorization->redirect_uri = sent;
	authorization->redirect_uri_sent = true;
	authorization->can_redirect = true;
	decision_note(authorization->decision, "redirect_uri", "registered");
	return DONE;
}

const struct authorization_check check_redirect_uri = {"redirect_uri", check};
