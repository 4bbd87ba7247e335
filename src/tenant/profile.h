/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile is: read-only tables that the engine looks things up in. */
#pragma once

#include "decision/reason.h"
#include "model/client.h"
#include "tenant/endpoint.h"

/* Below the tenant's url; compared byte for byte. The first row of an endpoint
 * is the one that metadata and forms name. */
struct profile_route {
	const char *path; /* "/oauth2/token" */
	enum endpoint endpoint;
};

/* How a refusal is told. */
enum profile_reply_flag {
	/* WWW-Authenticate: Basic, always / only after an Authorization header
	 */
	REPLY_CHALLENGES = 1,
	REPLY_CHALLENGES_AUTHORIZATION = 2,
	/* WWW-Authenticate: Bearer with error and description (RFC 6750 3) */
	REPLY_CHALLENGES_BEARER = 4,
	/* as above, but the bare scheme: no token was sent (RFC 6750 3.1) */
	REPLY_CHALLENGES_BEARER_BARE = 8,
	REPLY_RETRY_AFTER = 16,
	/* never by a redirect, also when one would be possible */
	REPLY_PAGE = 32,
	REPLY_ALLOWS = 64, /* an Allow header: wrong method */
	/* nothing of it on the wire: introspection says {"active":false} (RFC
	 * 7662 2.2), revocation answers as if it had done it (RFC 7009 2.2) */
	REPLY_SILENT = 128,
	/* WWW-Authenticate: DPoP with error, text and algs (RFC 9449 7.1) */
	REPLY_CHALLENGES_DPOP = 256,
	REPLY_OFFERS_NONCE = 512, /* a DPoP-Nonce header (RFC 9449 8) */
};

struct profile_reply {
	enum reason reason;
	/* An endpoint class; ENDPOINT_COUNT: any that has no row of its own. */
	enum endpoint endpoint;
	int status; /* authorization endpoint: of the error page */
	const char *error; /* NULL: no error members, an empty body */
	/* At most one "%s": the refusal's argument, an empty text when it has
	 * none. Which reasons carry one, docs/reasons.md says. */
	const char *text;
	unsigned int flags;
};

struct profile_replies {
	const struct profile_reply *rows;
	size_t count;
};

/* Where a claim's value comes from. */
enum claim_source {
	CLAIM_ISSUER,
	CLAIM_SUBJECT,
	CLAIM_CLIENT_ID, /* a string */
	CLAIM_AUDIENCE, /* access token: its resources, by audience_rule */
	CLAIM_EXPIRES_AT, /* seconds */
	CLAIM_ISSUED_AT,
	CLAIM_NOT_BEFORE, /* = issued at */
	CLAIM_AUTH_TIME,
	CLAIM_NONCE,
	CLAIM_AT_HASH,
	CLAIM_C_HASH,
	CLAIM_SID, /* hex */
	CLAIM_SESSION_KEY, /* 64 hex characters: isk */
	CLAIM_AMR, /* array */
	CLAIM_ACR,
	CLAIM_RANDOM_ID, /* jti of an id_token */
	CLAIM_REFERENCE, /* jti of an access token: token/reference.h */
	CLAIM_SCOPE, /* a string */
	CLAIM_CONFIRMATION, /* cnf */
	CLAIM_USER, /* the claims that scope and claims parameter ask */
	/* those that the claims parameter alone asks (OpenID Connect Core 5.4:
	 * what scope asks comes from userinfo) */
	CLAIM_USER_BY_PARAMETER,
	CLAIM_CONSTANT, /* `constant` */
};

/* When it is there; all need that there is a value. */
enum claim_condition {
	CLAIM_ALWAYS,
	CLAIM_IF_ASKED, /* auth_time: max_age, require_auth_time, claims */
	CLAIM_NOT_ON_REFRESH, /* nonce */
	CLAIM_ON_REFRESH, /* gty */
	CLAIM_WITH_CODE, /* issued at the exchange of a code */
};

struct profile_claim {
	const char *name; /* NULL where the source names its own */
	enum claim_source source;
	enum claim_condition condition;
	const char *constant;
};

/* When a refresh token is issued. */
enum refresh_condition {
	REFRESH_WITH_OFFLINE_ACCESS, /* the scope was granted (auth0) */
	REFRESH_WITH_GRANT_TYPE, /* the client has the grant (asgardeo) */
	/* with openid as the first, without it as the second (rfc) */
	REFRESH_BY_OPENID,
};

enum rotation_rule {
	ROTATE_PUBLIC, /* only clients that must: public without a key */
	ROTATE_ALWAYS,
};

/* What an access token's `aud` holds. */
enum audience_rule {
	AUDIENCE_RESOURCES, /* the resources; without one the issuer (rfc) */
	/* the resources, with openid the userinfo URL behind them (auth0) */
	AUDIENCE_WITH_USERINFO,
	AUDIENCE_WITH_CLIENT, /* client_id, then the resources (asgardeo) */
};

/* Seconds. */
struct profile_lifetimes {
	int64_t code_for;
	int64_t access_token_for;
	int64_t id_token_for;
	int64_t refresh_for;
	int64_t refresh_idle_for;
	int64_t overlap_for;
	int64_t code_replay_tolerance_for;
	int64_t session_for;
	int64_t pushed_for; /* a pushed request's expires_in (RFC 9126) */
};

/* Beside the issuer: whom a client assertion's `aud` may name. */
enum assertion_audience {
	/* the issuer with a slash at its end, and without */
	ASSERTION_AUDIENCE_EITHER_SLASH = 1,
	/* URLs of the token endpoint and of the one for pushed requests (RFC
	 * 9126 section 2) */
	ASSERTION_AUDIENCE_ENDPOINTS = 2,
	/* no array: the issuer is `aud`, a string (FAPI 2.0 5.3.2.1) */
	ASSERTION_AUDIENCE_STRING_ALONE = 4,
};

struct profile_flags {
	bool redirect_uri_required_at_token; /* even if not sent before */
	bool redirect_uri_optional_with_s256;
	bool redirect_uri_defaults; /* authorization request may leave it out */
	bool burns_code_on_failure; /* wrong redirect_uri or verifier */
	bool session_state; /* emitted with every authorization response */
	bool web_message; /* response_mode offered */
	bool revoke_replies_empty;
	bool pushed_by_confidential_alone; /* no public client may push */
	bool token_in_query_at_userinfo;
	bool audience_parameter; /* `audience` names a resource */
	bool updated_at_is_text; /* ISO 8601 instead of a number */
	/* The form of access tokens, where client and resource are silent: a JWT
	 * if the first is set, unless the second is and no resource was asked */
	bool jwt_by_default;
	bool opaque_without_audience;
	bool type_header; /* "typ":"JWT" in id_tokens */
	/* the OAuth document lacks OpenID Connect's endpoints and claims */
	bool oauth_metadata_without_openid;
	/* sign-out: client_id with one of its post_logout_redirect_uris is as
	 * good as a hint, nobody is asked */
	bool logout_by_client_id;
	bool dpop_nonce_of_public; /* public clients' proofs need a nonce */
	/* proofs of clients without dpop_bound_access_tokens are ignored */
	bool dpop_where_required_alone;
};

/* What a security profile leaves of what clients may do; all zero: no limit. */
struct profile_limits {
	/* that JWTs may be signed by, theirs and ours; NULL: any */
	const char *algorithms;
	const char *auth_methods; /* NULL: any */
	const char *response_types; /* NULL: any */
	int64_t code_for; /* at most, whatever the client says; 0: any */
	bool challenges_always; /* PKCE, by S256 alone */
	bool pushes_always; /* no request but pushed ones */
	bool binds_always; /* no token without a key or certificate */
	bool rotates_never; /* refresh tokens */
	bool redirects_securely; /* by https, or a native client's loopback */
	bool dates_request_objects; /* nbf, and exp an hour after it at most */
};

struct profile_overlay;

struct profile {
	const char *name;
	const char
		*issuer_suffix; /* behind the url: "/", "/oauth2/token", "" */
	const char *pushed_uri_prefix;
	const struct profile_route *routes;
	size_t route_count;
	const struct profile_replies *replies; /* in any order */
	const struct profile
		*fallback; /* whose reply when we have none; NULL */
	const struct profile_claim *id_token_claims;
	size_t id_token_claim_count;
	const struct profile_claim *access_token_claims;
	size_t access_token_claim_count;
	const char *access_token_type; /* header typ: "at+jwt", "JWT" */
	const char *password_method; /* amr of a password: "pwd" (RFC 8176) */
	struct profile_lifetimes lifetimes;
	struct profile_flags flags;
	enum refresh_condition refresh_condition;
	enum rotation_rule rotation_rule;
	enum audience_rule audience_rule;
	unsigned int assertion_audiences; /* enum assertion_audience, or-ed */
	/* Metadata: members of the discovery documents that are constant, as
	 * JSON text of an object's inside, without braces. Neither issuer nor
	 * endpoints, nor scopes_supported and claims_supported: these two are
	 * the space-delimited lists below. */
	const char *openid_metadata_constants;
	const char *oauth_metadata_constants;
	const char *scopes_supported;
	const char *claims_supported;
	/* What each of its tenants has keys for, space-delimited; others when
	 * asked for. Clients of some vendors cannot read another kind of key. */
	const char *signing_algs;
	struct profile_limits limits;
	/* What lies over it for tenants and clients under fapi2. */
	const struct profile_overlay *fapi2;
};

/* A lifetime that may not be longer. */
struct profile_cap {
	size_t offset; /* of the int64_t in struct profile_lifetimes */
	int64_t most;
};

/* A security profile: what it changes in any profile that it is laid over. */
struct profile_overlay {
	const struct profile_replies *replies; /* instead of all others */
	const struct profile_cap *caps;
	size_t cap_count;
	struct profile_flags off; /* flags that it takes away */
	struct profile_limits limits;
	enum rotation_rule rotation_rule;
	unsigned int assertion_audiences;
	/* Where the tenant's own is not among the algorithms. */
	const char *signing_alg;
	/* Inside of both documents, and OpenID Connect's alone behind it. */
	const char *oauth_metadata_constants;
	const char *openid_metadata_constants;
};

/* *laid_out is `profile` with the overlay's word wherever it has one. Lifetimes
 * stay as they are: profile_cap_lifetimes, once a tenant's settings are known. */
void profile_lay_over(const struct profile *profile,
		      const struct profile_overlay *overlay,
		      struct profile *laid_out);
void profile_cap_lifetimes(const struct profile_overlay *overlay,
			   struct profile_lifetimes *lifetimes);
/* Whether JWTs may be signed by it, as far as the profile has a say. */
bool profile_allows_algorithm(const struct profile *profile, struct text name);

/* NULL when the profile has no such path. */
const struct profile_route *profile_find_route(const struct profile *profile,
					       struct text path);
/* The path that metadata names; NULL when the profile lacks the endpoint. */
const char *profile_path(const struct profile *profile, enum endpoint endpoint);
/* Never NULL: the last resort is the table's server_error. Order: own row of
 * the endpoint's class, own row of any, then the fallback's alike. */
const struct profile_reply *profile_find_reply(const struct profile *profile,
					       enum endpoint endpoint,
					       enum reason reason);
