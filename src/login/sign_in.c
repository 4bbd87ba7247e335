/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the sign-in form: who are you, and can you prove it by a password. */
#include <arpa/inet.h>
#include <stdatomic.h>

#include "base/encoding.h"
#include "crypto/password.h"
#include "crypto/precis.h"
#include "decision/limiter.h"
#include "login/login.h"
#include "loop/clock.h"
#include "loop/worker.h"
#include "oauth/parameters.h"
#include "oauth/reply.h"

#define NETWORK_SIZE 8

/* How long a try stands in line while others of its name are under way, and how
 * many do at most, whatever their names. */
#define LINE_FOR_MS 10000
#define LINE_LOOK_MS 20
#define LINE_SIZE_MAX 64

/* One try, from the form to what became of it. */
struct attempt {
	struct oauth_request *request;
	struct authorization authorization;
	struct text typed; /* the user name as typed, for the form */
	struct text username; /* mapped; absent: no user can have it */
	struct text password; /* mapped; absent: no user can have it */
	/* Of the limiters; those of a name are absent without one. */
	struct text near_key; /* the name, from this network: few tries */
	struct text name_key; /* the name, from anywhere: many */
	struct text peer_key; /* any name, from this network: many */
	bool is_known; /* `user` is filled */
	struct user user;
	bool is_verified; /* set by the worker, as the next */
	bool is_right;
};

static struct text map(struct arena *arena,
		       outcome (*profile)(struct text, struct buf *,
					  const char **),
		       struct text typed, size_t max)
{
	struct buf mapped = buf_init_arena(arena, max);
	const char *why;

	/* A spelling as long as that has no shorter meaning. */
	if (typed.size > 4 * max || profile(typed, &mapped, &why) != DONE)
		return TEXT_ABSENT;
	return buf_text(&mapped);
}

/* Who has one IPv6 address has its whole network (64 bits). */
static struct text network_of(struct arena *arena, struct text peer)
{
	unsigned char address[sizeof(struct in6_addr)];
	struct buf network = buf_init_arena(arena, 2 * NETWORK_SIZE);

	if (inet_pton(AF_INET6, arena_terminated(arena, peer), address) != 1)
		return peer;
	hex_encode(&network, text_of(address, NETWORK_SIZE));
	return buf_text(&network);
}

/* The few tries are for a name from one network, so that nobody far away locks
 * a person out, and no neighbour behind the same address either. */
static void name_keys(struct attempt *attempt)
{
	struct arena *arena = attempt->request->decision->arena;
	struct text peer = network_of(arena, attempt->request->http->peer);
	long long tenant_id = attempt->request->tenant->id;

	attempt->peer_key = arena_format(arena, "peer %lld %.*s", tenant_id,
					 TEXT_ARG(peer));
	if (!text_is_present(attempt->username))
		return;
	attempt->name_key = arena_format(arena, "name %lld %.*s", tenant_id,
					 TEXT_ARG(attempt->username));
	attempt->near_key = arena_format(arena, "near %.*s %.*s",
					 TEXT_ARG(peer),
					 TEXT_ARG(attempt->name_key));
}

static outcome read_form(struct attempt *attempt)
{
	struct oauth_request *request = attempt->request;
	struct arena *arena = request->decision->arena;
	struct form form;

	TRY(parameters_read_body(request, &form));
	TRY(interaction_open(request, form_find(&form, "request"),
			     &attempt->authorization));
	attempt->typed = text_first(form_find(&form, "username"), USERNAME_MAX);
	attempt->username = map(arena, precis_username,
				form_find(&form, "username"), USERNAME_MAX);
	attempt->password = map(arena, precis_password,
				form_find(&form, "password"), PASSWORD_MAX);
	name_keys(attempt);
	return DONE;
}

/* Never the password, and the name only of a person who exists: people type
 * passwords into the wrong field. */
static void tell(const struct attempt *attempt, const char *reason)
{
	const struct decision *decision = attempt->request->decision;
	struct event event;

	event_begin(&event, EVENT_WARNING, "login.failed");
	event_text(&event, "request", decision->id);
	event_text(&event, "tenant", attempt->request->tenant->name);
	event_text(&event, "client", attempt->authorization.client->id);
	event_string(&event, "reason", reason);
	event_text(&event, "peer", attempt->request->http->peer);
	if (attempt->is_known) {
		event_text(&event, "username", attempt->user.username);
		event_text(&event, "subject", attempt->user.subject);
	}
	event_end(&event);
}

static int64_t wait_of(struct limiter *limiter, struct text key, instant now)
{
	return text_is_present(key) ? limiter_wait_for(limiter, key, now) : 0;
}

static int64_t longest_wait(const struct attempt *attempt)
{
	const struct oauth *oauth = attempt->request->oauth;
	instant now = attempt->request->decision->now;
	int64_t waits[] = {
		wait_of(oauth->login_limiter, attempt->near_key, now),
		wait_of(oauth->login_crowd_limiter, attempt->name_key, now),
		wait_of(oauth->login_crowd_limiter, attempt->peer_key, now),
	};
	int64_t longest = 0;

	for (size_t i = 0; i < COUNT_OF(waits); i++)
		if (waits[i] > longest)
			longest = waits[i];
	return longest;
}

/* As limiter_begin, for both keys of the name. */
static int64_t begin_now(const struct attempt *attempt)
{
	const struct oauth *oauth = attempt->request->oauth;
	instant now = attempt->request->decision->now;
	int64_t wait_for = longest_wait(attempt);

	if (wait_for > 0 || !text_is_present(attempt->name_key))
		return wait_for;
	wait_for = limiter_begin(oauth->login_limiter, attempt->near_key, now);
	if (wait_for != 0)
		return wait_for;
	wait_for = limiter_begin(oauth->login_crowd_limiter, attempt->name_key,
				 now);
	if (wait_for != 0)
		limiter_end(oauth->login_limiter, attempt->near_key,
			    LIMITER_UNDECIDED, now);
	return wait_for;
}

static int64_t stand_in_line(const struct attempt *attempt)
{
	static _Atomic unsigned int line_size;
	int64_t until_ms = clock_monotonic_ms() + LINE_FOR_MS;
	int64_t wait_for = LIMITER_LINE;

	if (atomic_fetch_add(&line_size, 1) < LINE_SIZE_MAX)
		while (wait_for == LIMITER_LINE &&
		       clock_monotonic_ms() < until_ms) {
			task_sleep(LINE_LOOK_MS);
			wait_for = begin_now(attempt);
		}
	atomic_fetch_sub(&line_size, 1);
	return wait_for == LIMITER_LINE ? 1 : wait_for;
}

/* Before anything is looked up: 0, or the seconds to wait. */
static int64_t begin_try(const struct attempt *attempt)
{
	int64_t wait_for = begin_now(attempt);

	return wait_for == LIMITER_LINE ? stand_in_line(attempt) : wait_for;
}

/* By address only what failed, and not forgotten: who has one account must not
 * buy tries at others with it. */
static void end_try(const struct attempt *attempt, outcome proven)
{
	const struct oauth *oauth = attempt->request->oauth;
	instant now = attempt->request->decision->now;
	enum limiter_end how = !attempt->is_verified ? LIMITER_UNDECIDED
			       : proven == DONE	     ? LIMITER_SUCCEEDED
						     : LIMITER_FAILED;

	if (how == LIMITER_FAILED)
		limiter_failed(oauth->login_crowd_limiter, attempt->peer_key,
			       now);
	if (!text_is_present(attempt->name_key))
		return;
	limiter_end(oauth->login_limiter, attempt->near_key, how, now);
	limiter_end(oauth->login_crowd_limiter, attempt->name_key, how, now);
}

static void ask_again(struct attempt *attempt, struct text message)
{
	interaction_ask_again(&attempt->authorization, attempt->typed, message);
}

/* The same words and status whoever the name belongs to, or nobody (L01). */
static void answer_refusal(struct attempt *attempt)
{
	const struct profile_reply *row = reply_row(attempt->request);

	reply_row_headers(attempt->request, row);
	ask_again(attempt, reply_text(attempt->request, row));
}

static void answer_too_many(struct attempt *attempt, int64_t wait_for)
{
	struct oauth_request *request = attempt->request;
	outcome refused = refuse(request->decision, REASON_LOGIN_RATE_LIMITED);

	MUST(refused == REFUSED);
	tell(attempt, "rate_limited");
	http_reply_header_format(request->reply, "Retry-After", "%lld",
				 (long long)wait_for);
	ask_again(
		attempt,
		arena_format(request->decision->arena,
			     "%.*s Try again in %lld second%s.",
			     TEXT_ARG(reply_text(request, reply_row(request))),
			     (long long)wait_for, wait_for == 1 ? "" : "s"));
}

static outcome load_user(struct attempt *attempt)
{
	struct oauth_request *request = attempt->request;
	enum store_outcome loaded;

	if (!text_is_present(attempt->username))
		return DONE;
	loaded = store_load_user_named(
		store_choose(request->oauth->store, attempt->username),
		request->decision->arena, request->tenant->id,
		attempt->username, &attempt->user);
	if (loaded == STORE_NOT_FOUND)
		return DONE;
	TRY(tenant_store_outcome(request->decision, loaded));
	attempt->is_known = true;
	request->decision->subject = attempt->user.subject;
	return DONE;
}

/* On a thread of the pool: touches nothing but the attempt. As much work for
 * nobody as for somebody. */
static void verify(void *context)
{
	struct attempt *attempt = context;

	attempt->is_verified = true;
	if (attempt->is_known && text_is_present(attempt->password))
		attempt->is_right = password_verify(
			attempt->password, attempt->user.password_hash);
	else
		password_verify_nobody(attempt->password);
}

static const char *fault_of(const struct attempt *attempt)
{
	if (!text_is_present(attempt->username))
		return "user_name_malformed";
	if (!attempt->is_known)
		return "user_unknown";
	if (!attempt->is_right)
		return "password_wrong";
	return attempt->user.is_disabled ? "user_disabled" : NULL;
}

static outcome prove(struct attempt *attempt)
{
	struct oauth_request *request = attempt->request;
	const char *fault;

	TRY(load_user(attempt));
	if (worker_run(request->oauth->password_workers, verify, attempt) !=
	    DONE)
		return refuse(request->decision, REASON_SERVER_BUSY,
			      .near_miss = TEXT("too many passwords wait to "
						"be verified"));
	fault = fault_of(attempt);
	if (fault == NULL) {
		decision_note(request->decision, "password", "it is right");
		return DONE;
	}
	tell(attempt, fault);
	return refuse(request->decision, REASON_PASSWORD_WRONG,
		      .near_miss = text_from(fault));
}

static void answer(struct oauth_request *request)
{
	struct attempt attempt = {
		.request = request,
		.authorization = authorization_of(request),
	};
	int64_t wait_for;
	outcome proven;

	if (read_form(&attempt) != DONE) {
		authorization_answer_refusal(&attempt.authorization);
		return;
	}
	wait_for = begin_try(&attempt);
	if (wait_for > 0) {
		answer_too_many(&attempt, wait_for);
		return;
	}
	proven = prove(&attempt);
	end_try(&attempt, proven);
	if (proven != DONE)
		answer_refusal(&attempt);
	else
		interaction_signed_in(&attempt.authorization, &attempt.user);
}

const struct oauth_endpoint login_endpoint_sign_in = {
	.endpoint = ENDPOINT_LOGIN,
	.methods = OAUTH_POST,
	.answer = answer,
};
