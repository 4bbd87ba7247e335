/* SPDX-License-Identifier: Apache-2.0 */
/* Between the engine and the pages that a person sees. */
#pragma once

#include "oauth/authorization.h"

/* What the sign-in page shows. */
struct sign_in_page {
	const struct client *client;
	struct text sealed; /* the request, for the form */
	struct text username; /* to start with; never read-only */
	struct text message; /* what went wrong before, or absent */
};

struct consent_page {
	const struct client *client;
	const struct user *user;
	struct text reference; /* of the stored step, for the form */
	struct text scope; /* what is asked */
	struct text resources;
};

struct logout_page {
	const struct client *client; /* NULL: unknown */
	const struct user *user;
	struct text sealed; /* for the form */
};

/* What room login draws. Each fills the whole reply, headers included. */
struct oauth_pages {
	void (*sign_in)(struct oauth_request *request,
			const struct sign_in_page *page);
	void (*consent)(struct oauth_request *request,
			const struct consent_page *page);
	/* The decision's refusal in a person's words, and the request's id. */
	void (*error)(struct oauth_request *request);
	void (*confirm_logout)(struct oauth_request *request,
			       const struct logout_page *page);
	void (*signed_out)(struct oauth_request *request);
	/* A form that posts itself to `action`. */
	void (*form_post)(struct oauth_request *request, struct text action,
			  const struct form *fields);
	/* A page that posts a message to its opener or parent of this origin. */
	void (*web_message)(struct oauth_request *request, struct text origin,
			    const struct form *fields);
};

/*
 * From the checked request on: whoever must sign in or consent is shown the page,
 * else the code is issued. Fills the reply.
 */
void interaction_continue(struct authorization *authorization);

/*
 * The request that a sign-in form brought back, checked anew. REFUSED:
 * ORIGIN_WRONG, SEAL_INVALID, SEAL_EXPIRED, BROWSER_MISMATCH, or what the checks
 * say.
 */
outcome interaction_open(struct oauth_request *request, struct text sealed,
			 struct authorization *authorization_out) MUST_USE;
/* Shows the sign-in page again, with a message. */
void interaction_ask_again(struct authorization *authorization,
			   struct text username, struct text message);
/* The person has proven who they are: begins the session and goes on. */
void interaction_signed_in(struct authorization *authorization,
			   const struct user *user);

/*
 * The stored step that a consent form names, of the person signed in in this
 * browser, its request checked anew. REFUSED: ORIGIN_WRONG, SESSION_MISSING,
 * SEAL_INVALID, STEP_CONSUMED, or what the checks say.
 */
outcome interaction_open_step(struct oauth_request *request,
			      struct text reference,
			      struct authorization *authorization_out) MUST_USE;
/* The person allows it: remembered; the code is issued, once. */
void interaction_approve(struct authorization *authorization);
/* The person declines: the step is consumed, the client told access_denied. */
void interaction_deny(struct authorization *authorization);
