/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches request objects that a client has registered by their URI. */
#include "oauth/request_reference.h"

#include "base/encoding.h"
#include "client_auth/client_keys.h"
#include "crypto/digest.h"
#include "oauth/request_object.h"

bool request_reference_is_taken(const struct authorization *authorization)
{
	return authorization->base->tenant->fetches_request_uris &&
	       client_keys_are_registered(authorization->client);
}

static struct text without_fragment(struct text uri)
{
	return text_first(uri, text_find_byte(uri, '#'));
}

/* Byte for byte. A fragment tells of the content, which changes: one that was
 * registered without may be sent with any (OpenID Connect Registration 2). */
static bool is_registered(const struct client *client, struct text uri)
{
	return text_has_word(client->request_uris, uri) ||
	       text_has_word(client->request_uris, without_fragment(uri));
}

static outcome fetch_object(struct authorization *authorization,
			    struct text uri, bool wants_newer,
			    struct text *document_out)
{
	struct decision *decision = authorization->decision;
	const char *why = NULL;

	if (fetch_document(authorization->oauth->fetch, decision->arena,
			   without_fragment(uri), decision->now, wants_newer,
			   document_out, &why) != DONE)
		return refuse(decision, REASON_REQUEST_URI_UNREACHABLE,
			      .argument = TEXT("request_uri"), .expected = uri,
			      .near_miss = text_from(why));
	return DONE;
}

/*
 * The fragment is the content's SHA-256 (OpenID Connect Core 6.2), or there is
 * none. It only says whether what is kept is the right one: what counts is the
 * signature, and some clients register a fragment before there is a content.
 */
static bool is_named_content(struct text uri, struct text document)
{
	struct text plain = without_fragment(uri);
	unsigned char hash[SHA256_SIZE];
	struct buf out = buf_init(BASE64URL_SIZE(SHA256_SIZE));
	bool is_same;

	if (plain.size == uri.size)
		return true;
	digest_sha256(document, hash);
	base64url_encode(&out, text_of(hash, sizeof(hash)));
	is_same =
		text_equal(text_from_byte(uri, plain.size + 1), buf_text(&out));
	buf_wipe(&out);
	return is_same;
}

static outcome refuse_unregistered(struct authorization *authorization,
				   struct text uri)
{
	struct decision *decision = authorization->decision;
	struct text rest = authorization->client->request_uris;
	struct text first = TEXT_ABSENT;

	(void)text_next_word(&rest, &first);
	return refuse(
		decision, REASON_REQUEST_URI_UNREGISTERED,
		.argument = TEXT("request_uri"), .expected = first,
		.received = uri,
		.near_miss = text_is_present(first)
				     ? decision_difference(decision, first, uri)
				     : TEXT("the client has no request_uris"));
}

/* A file may end with a line's end. */
static struct text trim(struct text document)
{
	while (text_ends_with(document, TEXT("\n")) ||
	       text_ends_with(document, TEXT("\r")))
		document.size--;
	return document;
}

static outcome open_document(struct authorization *authorization,
			     struct text document, struct text *compact_out,
			     struct form *form_out)
{
	*compact_out = trim(document);
	return request_object_open(authorization, *compact_out, form_out);
}

outcome request_reference_open(struct authorization *authorization,
			       struct text uri, struct text *compact_out,
			       struct form *form_out)
{
	struct decision *decision = authorization->decision;
	struct text document = TEXT_ABSENT;
	struct text newer = TEXT_ABSENT;
	struct refusal refusal;
	outcome opened;

	if (!is_registered(authorization->client, uri))
		return refuse_unregistered(authorization, uri);
	TRY(fetch_object(authorization, uri, false, &document));
	if (!is_named_content(uri, document))
		TRY(fetch_object(authorization, uri, true, &document));
	opened = open_document(authorization, document, compact_out, form_out);
	if (opened != REFUSED)
		return opened;
	refusal = decision->refusal;
	decision_retract(decision);
	TRY(fetch_object(authorization, uri, true, &newer));
	if (!text_equal(newer, document))
		return open_document(authorization, newer, compact_out,
				     form_out);
	decision->refusal = refusal;
	return REFUSED;
}
