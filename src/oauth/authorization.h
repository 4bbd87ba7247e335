/* SPDX-License-Identifier: Apache-2.0 */
/* An authorization request on its way through the checks. */
#pragma once

#include "model/user.h"
#include "oauth/oauth.h"

enum prompt {
	PROMPT_NONE = 1,
	PROMPT_LOGIN = 2,
	PROMPT_CONSENT = 4,
	PROMPT_SELECT_ACCOUNT = 8,
};

#define MAX_AGE_ABSENT (-1)

struct response_mode;

/* Checks fill it in their order; all texts live as long as the request. */
struct authorization {
	struct oauth_request *base;
	struct oauth *oauth;
	struct decision *decision;
	struct form form; /* the parameters; of a pushed request: as pushed */
	/* What travels through the pages, to be read anew: `form`, or where
	 * that stands elsewhere, how it is found. */
	struct form arrived;
	/* The pages brought it back: it arrived in time when it first did. */
	bool is_opened;

	const struct client *client;
	struct text redirect_uri;
	bool redirect_uri_sent;
	bool can_redirect; /* client and redirect_uri are right */
	const struct response_mode *mode; /* NULL: not checked yet */
	struct text state;
	struct text scope; /* asked and known to the client */
	struct text resources;
	struct text challenge;
	struct text challenge_method;
	struct text nonce;
	struct text claims;
	struct text key; /* dpop_jkt */
	unsigned int prompt; /* enum prompt */
	int64_t max_age_for; /* seconds or MAX_AGE_ABSENT */
	bool asks_auth_time;
	/* Of id_token_hint, or the sub that claims asks for; or absent. */
	struct text hinted_subject;
	struct text hinted_by; /* that parameter */

	/* The person, as far as one is signed in. */
	bool has_session;
	struct session session;
	struct user user;
	/* The person has just signed in, or chosen, for this very request. */
	bool has_signed_in;
	bool has_consented;
	struct text request_uri; /* of a pushed request, or absent */
	/* What the grant completes. */
	struct store_completed completed;
	uint16_t pushed_shard; /* of its pushed_id; the rest is the session's */
};

/* A rule of the authorization request: one file in oauth/check/, named by the
 * parameter that it is about. May refuse; fills what it read. */
struct authorization_check {
	const char *parameter;
	outcome (*check)(struct authorization *authorization);
};

extern const struct authorization_check check_claims;
extern const struct authorization_check check_client_id;
extern const struct authorization_check check_code_challenge;
extern const struct authorization_check check_dpop_jkt;
extern const struct authorization_check check_id_token_hint;
extern const struct authorization_check check_max_age;
extern const struct authorization_check check_prompt;
extern const struct authorization_check check_redirect_uri;
extern const struct authorization_check check_repeated;
extern const struct authorization_check check_repeated_target;
extern const struct authorization_check check_request;
extern const struct authorization_check check_request_object;
extern const struct authorization_check check_request_uri;
extern const struct authorization_check check_request_uri_absent;
extern const struct authorization_check check_request_uri_required;
extern const struct authorization_check check_resource;
extern const struct authorization_check check_response_mode;
extern const struct authorization_check check_response_type;
extern const struct authorization_check check_scope;
extern const struct authorization_check check_state;

/* Runs every check over `form` in the order of the table in authorize.c. */
outcome authorization_check_all(struct authorization *authorization) MUST_USE;
/* Those of a request that its client, already proven, pushes. */
outcome authorization_check_pushed(struct authorization *authorization)
	MUST_USE;
/* An empty one for this request. */
struct authorization authorization_of(struct oauth_request *request);
/* How a refused one is answered: redirect or page. */
void authorization_answer_refusal(struct authorization *authorization);
