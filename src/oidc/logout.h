/* SPDX-License-Identifier: Apache-2.0 */
/* A request to sign out, as logout.c's three endpoints share it. */
#pragma once

#include "http/form.h"
#include "oauth/session.h"
#include "oidc/oidc.h"

/* Longest state that is sent back. */
#define LOGOUT_STATE_MAX 2048

struct logout {
	struct oauth_request *base;
	struct decision *decision;
	/* What is asked. */
	const struct client *client; /* NULL: none is known */
	struct text redirect_uri; /* registered for the client, or absent */
	struct text state;
	/* Who is signed in in this browser. */
	bool has_session;
	struct session session;
	struct user user;
	/* Nobody has to be asked: the client has shown that it knows of this
	 * very person's sign-in, or the profile takes its word. */
	bool is_settled;
};

/* Finds the session. */
outcome logout_begin(struct logout *logout, struct oauth_request *base)
	MUST_USE;

/*
 * Reads the parameters of RP-Initiated Logout 1.0 section 2. A hint that is not
 * ours is no hint, and nothing that comes with it is believed: no redirect.
 * REFUSED: LOGOUT_HINT_INVALID (such a hint, and nobody is signed in),
 * CLIENT_ID_CONFLICT, CLIENT_UNKNOWN, CLIENT_DISABLED, LOGOUT_URI_UNREGISTERED,
 * PARAMETER_MALFORMED.
 */
outcome logout_read_request(struct logout *logout, const struct form *form)
	MUST_USE;
/* Those of auth0's /v2/logout: client_id, returnTo. Refuses alike. */
outcome logout_read_return(struct logout *logout, const struct form *form)
	MUST_USE;

/* The request, sealed for this browser. REFUSED: PARAMETER_MALFORMED (too long).
 */
outcome logout_seal(struct logout *logout, struct text *sealed_out) MUST_USE;
/* What a form brought back, checked anew. REFUSED: ORIGIN_WRONG, SEAL_INVALID,
 * SEAL_EXPIRED, BROWSER_MISMATCH, or what the checks say. */
outcome logout_open(struct logout *logout, struct text sealed) MUST_USE;
