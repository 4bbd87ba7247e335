/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and the browser's cookie (RFC 6265, RULES: Browser). */
#include "oauth/session.h"

#include "base/encoding.h"
#include "crypto/random.h"
#include "http/cookie.h"
#include "token/lookup.h"

#define BROWSER_SECRET_SIZE 24
#define BROWSER_COOKIE_FOR ((int64_t)30 * 24 * 3600)
#define ID_ATTEMPT_COUNT_MAX 4
/* A revoked or ended session's row may go this much later. */
#define KEEP_AFTER_FOR 3600

/* Path tenants share a host's cookies: the tenant's id keeps them apart. */
static struct text cookie_name(const struct oauth_request *request,
			       const char *what)
{
	return arena_format(request->decision->arena, "%slicet-%s%016llx",
			    request->tenant->is_secure ? "__Host-" : "", what,
			    (unsigned long long)request->tenant->id);
}

static void set_cookie(struct oauth_request *request, struct text name,
		       struct text value, int64_t max_age_for)
{
	cookie_set(request->reply,
		   &(struct cookie){
			   .name = name,
			   .value = value,
			   .is_secure = request->tenant->is_secure,
			   .max_age_for = max_age_for,
		   });
}

static bool is_alive(const struct session *session, instant now)
{
	return session->revoked_at == INSTANT_NEVER &&
	       session->expires_at > now;
}

static struct store *shard_of(struct oauth_request *request, uint16_t number)
{
	return tenant_shard(request->decision, request->oauth->store, number);
}

static outcome load_session(struct oauth_request *request,
			    const struct reference *reference,
			    struct session *session_out, bool *is_found_out)
{
	struct decision *decision = request->decision;
	enum store_outcome loaded = store_load_session(
		shard_of(request, reference->shard), decision->arena,
		reference->row_id, session_out);

	if (loaded == STORE_NOT_FOUND)
		return DONE;
	TRY(tenant_store_outcome(decision, loaded));
	*is_found_out = session_out->tenant_id == request->tenant->id &&
			reference_is_proven(reference, session_out->seed) &&
			is_alive(session_out, decision->now);
	return DONE;
}

static outcome load_person(struct oauth_request *request,
			   const struct session *session, struct user *user_out,
			   bool *is_found_out)
{
	struct decision *decision = request->decision;
	enum store_outcome loaded =
		store_load_user(shard_of(request, session->shard),
				decision->arena, session->user_id, user_out);

	*is_found_out = false;
	if (loaded == STORE_NOT_FOUND)
		return DONE;
	TRY(tenant_store_outcome(decision, loaded));
	*is_found_out = !user_out->is_disabled &&
			user_out->password_changed_at <=
				session->authenticated_at;
	return DONE;
}

static bool open_cookie(struct oauth_request *request,
			struct reference *reference_out)
{
	struct text value =
		cookie_find(request->http, cookie_name(request, ""));

	return text_is_present(value) &&
	       reference_open(request->oauth->tokens, request->decision->arena,
			      request->tenant->id, value, reference_out) &&
	       reference_out->kind == REFERENCE_SESSION &&
	       !tokens_is_void(request->oauth->tokens, reference_out->shard,
			       reference_out->epoch);
}

outcome session_find(struct oauth_request *request, struct session *session_out,
		     struct user *user_out, bool *is_found_out)
{
	struct reference reference;

	*is_found_out = false;
	if (!open_cookie(request, &reference))
		return DONE;
	TRY(load_session(request, &reference, session_out, is_found_out));
	if (!*is_found_out)
		return DONE;
	TRY(load_person(request, session_out, user_out, is_found_out));
	if (*is_found_out)
		request->decision->subject = user_out->subject;
	return DONE;
}

static void fill_session(struct oauth_request *request, const struct user *user,
			 struct session *session)
{
	const struct tenant *tenant = request->tenant;
	instant now = request->decision->now;

	*session = (struct session){
		.shard = user->shard,
		.tenant_id = tenant->id,
		.user_id = user->id,
		.methods = text_from(tenant->profile->password_method),
		.authenticated_at = now,
		.expires_at = instant_after(now, tenant->lifetimes.session_for),
	};
	session->purge_at = instant_after(session->expires_at, KEEP_AFTER_FOR);
	random_fill(session->seed, sizeof(session->seed));
	random_fill(session->sid, sizeof(session->sid));
}

static outcome insert_session(struct oauth_request *request,
			      struct session *session)
{
	struct store *shard = shard_of(request, session->shard);
	enum store_outcome inserted = STORE_ALREADY;

	for (int i = 0; i < ID_ATTEMPT_COUNT_MAX && inserted == STORE_ALREADY;
	     i++) {
		session->id = store_new_id(shard, request->decision->now);
		inserted = store_insert_session(shard, session);
	}
	return tenant_store_outcome(request->decision, inserted);
}

static void give_cookie(struct oauth_request *request,
			const struct session *session)
{
	struct tokens *tokens = request->oauth->tokens;
	struct reference reference = {
		.kind = REFERENCE_SESSION,
		.tenant_id = session->tenant_id,
		.row_id = session->id,
		.shard = session->shard,
		.epoch = tokens_epoch(tokens, session->shard),
		.expires_at = instant_to_seconds(session->expires_at),
	};

	set_cookie(request, cookie_name(request, ""),
		   reference_seal(tokens, request->decision->arena,
				  request->decision->now, &reference,
				  session->seed),
		   0);
}

static void tell(struct oauth_request *request, const char *name,
		 const struct session *session, struct text subject)
{
	struct event event;

	event_begin(&event, EVENT_INFO, name);
	event_text(&event, "request", request->decision->id);
	event_text(&event, "tenant", request->tenant->name);
	event_text(&event, "subject", subject);
	event_integer(&event, "session", session->id);
	event_end(&event);
}

outcome session_find_there(struct oauth_request *request,
			   struct session *session_out, struct user *user_out,
			   bool *is_found_out)
{
	struct decision *decision = request->decision;
	outcome found =
		session_find(request, session_out, user_out, is_found_out);

	if (found != REFUSED || decision->refusal.reason != REASON_SHARD_AWAY)
		return found;
	decision_retract(decision);
	decision_note(decision, "session",
		      "its shard is away: as if there were none");
	*is_found_out = false;
	return DONE;
}

/* The session that the browser had before ends; its grants live on. */
static outcome end_previous(struct oauth_request *request)
{
	struct session previous;
	struct user user;
	bool is_found;
	enum store_outcome revoked;

	TRY(session_find_there(request, &previous, &user, &is_found));
	if (!is_found)
		return DONE;
	revoked = store_revoke_session(shard_of(request, previous.shard),
				       previous.id, request->decision->now);
	if (revoked == STORE_CONFLICT || revoked == STORE_NOT_FOUND)
		return DONE;
	return tenant_store_outcome(request->decision, revoked);
}

outcome session_begin(struct oauth_request *request, const struct user *user,
		      struct session *session_out)
{
	TRY(end_previous(request));
	fill_session(request, user, session_out);
	TRY(insert_session(request, session_out));
	give_cookie(request, session_out);
	request->decision->subject = user->subject;
	tell(request, "session.begun", session_out, user->subject);
	return DONE;
}

static outcome revoke_rows(struct oauth_request *request,
			   const struct session *session)
{
	struct decision *decision = request->decision;
	struct store_grant_filter filter = {
		.tenant_id = session->tenant_id,
		.user_id = session->user_id,
		.session_id = session->id,
		.without_offline_access = true,
	};
	struct store *shard = shard_of(request, session->shard);
	enum store_outcome revoked =
		store_revoke_session(shard, session->id, decision->now);
	int64_t count;

	if (revoked != STORE_CONFLICT && revoked != STORE_NOT_FOUND)
		TRY(tenant_store_outcome(decision, revoked));
	return tenant_store_outcome(
		decision, store_revoke_grants(shard, &filter, decision->now,
					      TEXT("signed_out"), &count));
}

outcome session_end(struct oauth_request *request,
		    const struct session *session)
{
	TRY(revoke_rows(request, session));
	set_cookie(request, cookie_name(request, ""), TEXT(""), -1);
	tell(request, "session.ended", session, request->decision->subject);
	return DONE;
}

struct text session_browser_sent(const struct oauth_request *request)
{
	struct text secret =
		cookie_find(request->http, cookie_name(request, "browser-"));

	return secret.size == BASE64URL_SIZE(BROWSER_SECRET_SIZE) ? secret
								  : TEXT_ABSENT;
}

struct text session_browser(struct oauth_request *request)
{
	struct text sent = session_browser_sent(request);
	struct buf secret = buf_init_arena(request->decision->arena, 64);

	if (text_is_present(sent))
		return sent;
	random_token(&secret, BROWSER_SECRET_SIZE);
	set_cookie(request, cookie_name(request, "browser-"), buf_text(&secret),
		   BROWSER_COOKIE_FOR);
	return buf_text(&secret);
}

outcome session_check_origin(struct oauth_request *request)
{
	struct text origin = http_header_find(request->http, "origin");

	if (http_header_count(request->http, "origin") == 0 ||
	    text_equal(origin, TEXT("null")) ||
	    text_equal_nocase(origin, request->tenant->origin))
		return DONE;
	return refuse(request->decision, REASON_ORIGIN_WRONG,
		      .expected = request->tenant->origin, .received = origin);
}

/* OpenID Connect Session Management 1.0 section 3.2. */
struct text session_state(struct arena *arena, const struct session *session,
			  struct text client_id, struct text origin)
{
	struct buf state = buf_init_arena(arena, 128);
	struct buf salt = buf_init_arena(arena, 32);
	struct buf browser_state = buf_init_arena(arena, 2 * SHA256_SIZE);
	unsigned char hash[SHA256_SIZE];
	struct text input;

	digest_hmac_sha256(text_of(session->sid, sizeof(session->sid)),
			   TEXT("opbs"), hash);
	hex_encode(&browser_state, text_of(hash, sizeof(hash)));
	random_token(&salt, 12);
	input = arena_format(arena, "%.*s %.*s %.*s %.*s", TEXT_ARG(client_id),
			     TEXT_ARG(origin),
			     TEXT_ARG(buf_text(&browser_state)),
			     TEXT_ARG(buf_text(&salt)));
	digest_sha256(input, hash);
	hex_encode(&state, text_of(hash, sizeof(hash)));
	buf_add_byte(&state, '.');
	buf_add(&state, buf_text(&salt));
	return buf_text(&state);
}
