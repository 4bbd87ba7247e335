/* SPDX-License-Identifier: Apache-2.0 */
/* A client: RFC 7591 metadata as the engine reads it, and what we add. */
#pragma once

#include "base/instant.h"
#include "base/text.h"

#define CLIENT_ID_MAX 128
#define CLIENT_SECRET_HASH_SIZE 32

/* In which form its access tokens come. */
enum access_token_format {
	ACCESS_TOKEN_BY_PROFILE,
	ACCESS_TOKEN_JWT,
	ACCESS_TOKEN_OPAQUE,
};

/* Three-valued settings: the profile's word counts unless one is given. */
enum choice { CHOICE_BY_PROFILE, CHOICE_YES, CHOICE_NO };

/*
 * Lists are space-delimited (none of their members can hold a space); an absent
 * list is empty. Spans in seconds; 0 means "by profile". Immutable.
 */
struct client {
	int64_t tenant_id;
	/* All texts lie side by side, from here on. */
	struct text id;
	/* HMAC-SHA-256 of the secret, absent for public clients. */
	struct text secret_hash;
	/* The sealed secret itself, only for client_secret_jwt and HS256. */
	struct text secret_sealed;

	struct text name;
	struct text logo_uri;
	struct text uri;
	struct text policy_uri;
	struct text tos_uri;
	struct text initiate_login_uri;

	struct text redirect_uris;
	struct text post_logout_redirect_uris;
	struct text web_origins; /* CORS and web_message; ours */
	struct text grant_types;
	struct text response_types; /* '+' joins: "code", "code+id_token" */
	struct text response_modes; /* ours; default "query form_post" */
	struct text auth_method; /* token_endpoint_auth_method */
	/* token_endpoint_auth_signing_alg; absent: any */
	struct text auth_signing_alg;
	struct text scope; /* what it may ask for */
	struct text audiences; /* resources it may ask for */
	struct text id_token_alg; /* id_token_signed_response_alg */
	struct text response_alg; /* authorization_signed_response_alg */
	struct text request_object_alg; /* request_object_signing_alg */
	/* What it may encrypt them by; it need not (OpenID Connect Registration
	 * section 2). */
	struct text request_object_encryption_alg;
	struct text request_object_encryption_enc;
	struct text default_acr_values;
	struct text jwks; /* JSON, inline */
	struct text jwks_uri;
	struct text request_uris;
	/* RFC 8705 section 2.1.2: exactly one for tls_client_auth */
	struct text tls_subject_dn;
	struct text tls_san_dns;
	struct text tls_san_uri;
	struct text tls_san_ip;
	struct text tls_san_email;
	int64_t default_max_age_for; /* seconds; -1: none */

	enum access_token_format access_token_format;
	enum choice rotates_refresh_tokens;
	bool is_native; /* application_type: loopback ports may differ */
	bool is_disabled;
	bool skips_consent; /* ours: first-party clients only */
	bool allows_plain_pkce;
	bool requires_pkce; /* public ones always do */
	bool requires_auth_time;
	bool requires_request_object; /* require_signed_request_object */
	bool binds_certificate; /* tls_client_certificate_bound_access_tokens */
	bool requires_pushed; /* require_pushed_authorization_requests */
	bool requires_dpop; /* dpop_bound_access_tokens (RFC 9449 5.2) */
	bool asks_fapi2; /* fapi2; ours. Where the tenant leaves the choice */
	int64_t access_token_for;
	int64_t id_token_for;
	int64_t refresh_token_for;
	int64_t refresh_idle_for;
	int64_t code_for;
};

/* Whoever copies one looks at its texts as at an array. */
#define CLIENT_TEXTS_AT offsetof(struct client, id)
#define CLIENT_TEXTS_SIZE                                                      \
	(offsetof(struct client, default_max_age_for) - CLIENT_TEXTS_AT)
#define CLIENT_TEXT_COUNT (CLIENT_TEXTS_SIZE / sizeof(struct text))
_Static_assert(CLIENT_TEXTS_SIZE % sizeof(struct text) == 0,
	       "something else lies between the texts of a client");

/* Whether it proves itself by a certificate (RFC 8705 section 2). */
static inline bool client_is_by_certificate(const struct client *client)
{
	return text_equal(client->auth_method, TEXT("tls_client_auth")) ||
	       text_equal(client->auth_method,
			  TEXT("self_signed_tls_client_auth"));
}

/* Whether it has nothing to prove itself by (RFC 6749 section 2.1). */
static inline bool client_is_public(const struct client *client)
{
	return text_equal(client->auth_method, TEXT("none"));
}
