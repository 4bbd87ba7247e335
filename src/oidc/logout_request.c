/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and judges requests to sign out (OIDC RP-Initiated Logout 1.0, 2, 4).
 */
#include "base/encoding.h"
#include "crypto/equal.h"
#include "oidc/internal.h"
#include "oidc/logout.h"
#include "token/seal.h"

#define PAYLOAD_MAX 16384
#define SEAL_FOR 3600
#define PURPOSE TEXT("sign-out")

outcome logout_begin(struct logout *logout, struct oauth_request *base)
{
	*logout = (struct logout){.base = base, .decision = base->decision};
	return session_find(base, &logout->session, &logout->user,
			    &logout->has_session);
}

static outcome load_client(struct logout *logout, struct text client_id)
{
	struct oauth_request *base = logout->base;

	if (client_id.size == 0)
		return DONE;
	logout->decision->client_id = client_id;
	TRY(tenant_load_client(logout->decision, base->oauth->store,
			       base->tenants, base->tenant, client_id,
			       &logout->client));
	if (logout->client->is_disabled)
		return refuse(logout->decision, REASON_CLIENT_DISABLED);
	return DONE;
}

/* The registered one that goes along with `uri` for longest. */
static struct text nearest_uri(struct text registered, struct text uri)
{
	struct text nearest = TEXT_ABSENT;
	size_t longest = 0;
	struct text word;

	while (text_next_word(&registered, &word)) {
		size_t alike = text_differs_at(word, uri);

		if (alike < longest)
			continue;
		longest = alike;
		nearest = word;
	}
	return nearest;
}

/* Byte for byte one of the client's; without a client there is no way back. */
static outcome take_uri(struct logout *logout, struct text uri,
			const char *parameter)
{
	struct decision *decision = logout->decision;
	struct text nearest;

	if (uri.size == 0)
		return DONE;
	if (logout->client == NULL) {
		decision_note(decision, parameter,
			      "passed over: neither id_token_hint nor "
			      "client_id says whose it is");
		return DONE;
	}
	if (text_has_word(logout->client->post_logout_redirect_uris, uri)) {
		logout->redirect_uri = uri;
		return DONE;
	}
	nearest = nearest_uri(logout->client->post_logout_redirect_uris, uri);
	return refuse(decision, REASON_LOGOUT_URI_UNREGISTERED,
		      .argument = text_from(parameter), .expected = nearest,
		      .received = uri,
		      .near_miss = text_is_present(nearest)
					   ? decision_difference(decision,
								 nearest, uri)
					   : TEXT("the client has none"));
}

static outcome take_state(struct logout *logout, struct text state)
{
	if (state.size > LOGOUT_STATE_MAX)
		return refuse(logout->decision, REASON_PARAMETER_MALFORMED,
			      .argument = TEXT("state"));
	logout->state = state;
	return DONE;
}

/* *hint_out stays empty for one that is not ours. */
static outcome read_hint(struct logout *logout, struct text spelled,
			 struct oauth_hint *hint_out)
{
	struct oauth_request *base = logout->base;
	struct decision *decision = logout->decision;
	struct text near_miss;
	outcome read;

	read = oidc_read_hint(base->oauth, decision, base->tenant, spelled,
			      hint_out);
	if (read != REFUSED)
		return read;
	*hint_out = (struct oauth_hint){.subject = TEXT_ABSENT};
	near_miss = decision->refusal.near_miss;
	decision_retract(decision);
	if (!logout->has_session)
		return refuse(decision, REASON_LOGOUT_HINT_INVALID,
			      .argument = TEXT("id_token_hint"),
			      .received = decision_redact(decision, spelled),
			      .near_miss = near_miss);
	decision_note(decision, "id_token_hint", "not ours, passed over: %s",
		      arena_terminated(decision->arena, near_miss));
	return DONE;
}

/* The session's own sid, which only clients of this sign-in have seen. */
static bool names_session(const struct logout *logout, struct text sid)
{
	struct buf hex =
		buf_init_arena(logout->decision->arena, 2 * SESSION_SID_SIZE);

	hex_encode(&hex, text_of(logout->session.sid, SESSION_SID_SIZE));
	return equal_secret(buf_text(&hex), sid);
}

static bool is_settled(const struct logout *logout, struct text subject,
		       struct text sid)
{
	if (!logout->has_session)
		return true;
	if (text_is_present(subject) &&
	    text_equal(subject, logout->user.subject))
		return true;
	if (text_is_present(sid) && names_session(logout, sid))
		return true;
	return logout->base->tenant->profile->flags.logout_by_client_id &&
	       text_is_present(logout->redirect_uri) &&
	       !text_is_present(subject);
}

static outcome check_same_client(struct logout *logout, struct text named,
				 struct text hinted)
{
	if (named.size == 0 || hinted.size == 0 || text_equal(named, hinted))
		return DONE;
	return refuse(logout->decision, REASON_CLIENT_ID_CONFLICT,
		      .argument = TEXT("client_id"), .expected = hinted,
		      .received = named);
}

static outcome read_rest(struct logout *logout, const struct form *form,
			 const struct oauth_hint *hint)
{
	struct text named = form_find(form, "client_id");

	TRY(check_same_client(logout, named, hint->client_id));
	TRY(load_client(logout,
			hint->client_id.size > 0 ? hint->client_id : named));
	TRY(take_uri(logout, form_find(form, "post_logout_redirect_uri"),
		     "post_logout_redirect_uri"));
	TRY(take_state(logout, form_find(form, "state")));
	logout->is_settled = is_settled(logout, hint->subject,
					form_find(form, "logout_hint"));
	return DONE;
}

outcome logout_read_request(struct logout *logout, const struct form *form)
{
	struct text spelled = form_find(form, "id_token_hint");
	struct oauth_hint hint = {.subject = TEXT_ABSENT};

	if (spelled.size > 0) {
		TRY(read_hint(logout, spelled, &hint));
		if (!text_is_present(hint.subject))
			return DONE;
	}
	return read_rest(logout, form, &hint);
}

/* The vendor's way back when none is named: the first that is registered. */
static void take_first_uri(struct logout *logout)
{
	struct text rest = logout->client->post_logout_redirect_uris;
	struct text first;

	if (text_next_word(&rest, &first))
		logout->redirect_uri = first;
}

outcome logout_read_return(struct logout *logout, const struct form *form)
{
	struct text uri = form_find(form, "returnTo");

	TRY(load_client(logout, form_find(form, "client_id")));
	TRY(take_uri(logout, uri, "returnTo"));
	if (uri.size == 0 && logout->client != NULL)
		take_first_uri(logout);
	logout->is_settled = !logout->has_session || logout->client != NULL;
	return DONE;
}

outcome logout_seal(struct logout *logout, struct text *sealed_out)
{
	struct oauth_request *base = logout->base;
	struct decision *decision = logout->decision;
	struct buf payload = buf_init_arena(decision->arena, PAYLOAD_MAX);
	struct seal seal = {
		.tenant_id = base->tenant->id,
		.purpose = PURPOSE,
		.browser = session_browser(base),
		.expires_at = instant_after(decision->now, SEAL_FOR),
	};
	bool has_query = false;

	if (logout->client != NULL)
		form_add(&payload, &has_query, "client_id", logout->client->id);
	if (text_is_present(logout->redirect_uri))
		form_add(&payload, &has_query, "post_logout_redirect_uri",
			 logout->redirect_uri);
	if (text_is_present(logout->state))
		form_add(&payload, &has_query, "state", logout->state);
	if (payload.is_over)
		return refuse(decision, REASON_PARAMETER_MALFORMED,
			      .argument = TEXT("post_logout_redirect_uri"));
	*sealed_out = seal_close(base->oauth->tokens, decision->arena,
				 decision->now, &seal, buf_text(&payload));
	return DONE;
}

static outcome open_seal(struct logout *logout, struct text sealed,
			 struct text *payload_out)
{
	struct oauth_request *base = logout->base;
	struct seal seal = {
		.tenant_id = base->tenant->id,
		.purpose = PURPOSE,
		.browser = session_browser_sent(base),
	};

	switch (seal_open(base->oauth->tokens, logout->decision->arena,
			  logout->decision->now, &seal, sealed, payload_out)) {
	case SEAL_GOOD:
		return DONE;
	case SEAL_FOREIGN:
		return refuse(logout->decision, REASON_SEAL_INVALID);
	case SEAL_EXPIRED:
		return refuse(logout->decision, REASON_SEAL_EXPIRED);
	case SEAL_OTHER_BROWSER:
		return refuse(logout->decision, REASON_BROWSER_MISMATCH);
	}
	MUST(!"a fault of seals that does not exist");
}

outcome logout_open(struct logout *logout, struct text sealed)
{
	struct text payload = TEXT_ABSENT;
	struct form form = {NULL, 0};
	const char *why = "";

	TRY(session_check_origin(logout->base));
	TRY(open_seal(logout, sealed, &payload));
	/* form_add began it with '?'. */
	if (form_parse(logout->decision->arena, text_from_byte(payload, 1),
		       &form, &why) != DONE)
		return decision_broken(logout->decision,
				       "what was sealed does not parse: %s",
				       why);
	TRY(load_client(logout, form_find(&form, "client_id")));
	TRY(take_uri(logout, form_find(&form, "post_logout_redirect_uri"),
		     "post_logout_redirect_uri"));
	logout->is_settled = true;
	return take_state(logout, form_find(&form, "state"));
}
