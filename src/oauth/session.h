/* SPDX-License-Identifier: Apache-2.0 */
/* A person's session in a browser, and the browser's own cookie. */
#pragma once

#include "model/user.h"
#include "oauth/oauth.h"

/*
 * The living session that the request's cookie proves, and its person; not of a
 * disabled person, not from before a changed password. *is_found_out false when
 * there is none. REFUSED or BROKEN only by the store.
 */
outcome session_find(struct oauth_request *request, struct session *session_out,
		     struct user *user_out, bool *is_found_out) MUST_USE;

/* The same, but none is found either when its shard is away: for who can sign in
 * anew. */
outcome session_find_there(struct oauth_request *request,
			   struct session *session_out, struct user *user_out,
			   bool *is_found_out) MUST_USE;

/* A new session for the person, in the shard that they were read from, and its
 * cookie; a session that the browser had before is revoked (attack W01), unless
 * its shard is away. */
outcome session_begin(struct oauth_request *request, const struct user *user,
		      struct session *session_out) MUST_USE;

/* Revokes the session and its grants that lack offline_access; takes the cookie
 * away. An event says so. */
outcome session_end(struct oauth_request *request,
		    const struct session *session) MUST_USE;

/*
 * The secret of the browser's cookie, which pages' forms are bound to; a new one
 * is set when there is none. Not replaced while it is valid, so that several
 * tabs work.
 */
struct text session_browser(struct oauth_request *request);
/* The same, absent when the browser sent none: for forms that come back. */
struct text session_browser_sent(const struct oauth_request *request);
/*
 * Whether a posted form comes from our own pages: Origin, where the browser
 * states one, is the tenant's. "null" is no statement: our pages send no
 * referrer, so browsers say it of our own forms too (Fetch standard); the
 * browser's cookie decides then. REFUSED (ORIGIN_WRONG).
 */
outcome session_check_origin(struct oauth_request *request) MUST_USE;
/* Of the session as asgardeo's session_state has it. */
struct text session_state(struct arena *arena, const struct session *session,
			  struct text client_id, struct text origin);
