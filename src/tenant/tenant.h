/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants: immutable snapshots, found by host and path. */
#pragma once

#include "crypto/certificate.h"
#include "decision/decision.h"
#include "model/tenant.h"
#include "store/store.h"
#include "tenant/profile.h"

/* Which clients of a tenant are under FAPI 2.0. */
enum tenant_fapi2 {
	TENANT_FAPI2_OFF, /* none, and none may ask for it */
	TENANT_FAPI2_ALLOWED, /* those that ask for it */
	TENANT_FAPI2_REQUIRED, /* all of them */
};

/* A snapshot; lives as long as the directory that it came from. */
struct tenant {
	int64_t id;
	struct text name;
	struct text url; /* no slash at its end */
	struct text origin; /* scheme and authority of url */
	struct text prefix; /* path of url: "" or "/t/bifrost" */
	struct text issuer;
	bool is_secure; /* the issuer is https */
	const struct profile *profile;
	/* The profile's, with the tenant's settings laid over. */
	struct profile_lifetimes lifetimes;
	struct text default_audience; /* absent: none */
	struct text display_name;
	/* Against which certificates of clients are verified: as set (PEM; absent:
	 * not), and in a directory's snapshot parsed. */
	struct text client_authorities_pem;
	struct certificate_authorities *client_authorities;
	/* Where clients show certificates: url itself, or at another host or
	 * port; absent: nowhere that metadata should name (RFC 8705 5). */
	struct text mtls_url;
	struct text signing_alg; /* one of SIGNING_KEY_ALGORITHMS */
	/* request_object_encryption_algs: of ENCRYPTION_KEY_ALGORITHMS, those
	 * that it has keys for though no client asked */
	struct text encryption_algs;
	bool requires_pushed; /* require_pushed_authorization_requests */
	bool fetches_request_uris; /* those that clients have registered */
	bool requires_dpop_nonce; /* of every proof; else by profile */
	bool allows_http_redirects; /* beyond loopback; for tests */
	enum tenant_fapi2 fapi2;
	/* Where it is allowed: the tenant as clients that ask for it meet it,
	 * which is one that requires it. */
	const struct tenant *under_fapi2;
};

/* All tenants at one config epoch; counted. */
struct tenants;

/* What the operator's configuration lays over every profile; 0: the profile's. */
struct tenant_defaults {
	struct profile_lifetimes lifetimes;
};

/*
 * Lays a tenant's settings (a JSON object) over `tenant`. REFUSED, with a
 * sentence in `arena` in *why_out, for a member that is not a setting, is of a
 * wrong type or out of range. Texts are copied into the arena.
 */
outcome tenant_settings_apply(struct arena *arena, struct text settings,
			      struct tenant *tenant, struct text *why_out)
	MUST_USE;

/*
 * What a tenant of that profile and these settings will be to its clients, for
 * tenant_fits_client: it has neither name nor url. In the arena. REFUSED as above.
 */
outcome tenant_foresee(struct arena *arena, const struct profile *profile,
		       struct text settings, const struct tenant **tenant_out,
		       struct text *why_out) MUST_USE;

/*
 * Reads all tenants. `profiles` is the composition root's list. REFUSED, with an
 * event per fault, when a stored row names an unknown profile or has bad
 * settings.
 */
outcome tenants_load(struct store *store, const struct profile *const *profiles,
		     size_t profile_count,
		     const struct tenant_defaults *defaults,
		     struct tenants **tenants_out) MUST_USE;
/* What the clients that it remembers may take, bytes; more are read each time. */
void tenants_limit(struct tenants *tenants, size_t client_size);
struct tenants *tenants_ref(struct tenants *tenants);
void tenants_unref(struct tenants **tenants);
size_t tenants_count(const struct tenants *tenants);
const struct tenant *tenants_at(const struct tenants *tenants, size_t index);
const struct tenant *tenants_find_named(const struct tenants *tenants,
					struct text name);

/*
 * The tenant that `host` (authority as sent, compared without case and without
 * the scheme's default port) and `path` select; *rest_out is the path below its
 * url. The forms of RFC 8414 section 3.1 ("/.well-known/oauth-authorization-
 * server/t/org…", likewise openid-configuration) are recognised: *rest_out is
 * then the well-known part and what followed the tenant. A path that is below
 * nobody's url: some tenant of the host, and an empty *rest_out. NULL: no tenant
 * has this host.
 */
const struct tenant *tenants_find(const struct tenants *tenants,
				  struct text host, struct text path,
				  struct arena *arena, struct text *rest_out);

/* A snapshot of a client, from the tenant's bounded cache (one per directory, so
 * that a raised config epoch empties it) or the store; lives as long as the
 * directory. REFUSED (CLIENT_UNKNOWN) when there is none. */
outcome tenant_load_client(struct decision *decision, struct store *store,
			   const struct tenants *tenants,
			   const struct tenant *tenant, struct text client_id,
			   const struct client **client_out) MUST_USE;
/* The tenant by whose rules this client of it is judged and answered: itself, or
 * under_fapi2 (again the same when given back). */
const struct tenant *tenant_for_client(const struct tenant *tenant,
				       const struct client *client);

/* A member of a client's metadata that its tenant does not take (any more). */
struct tenant_unfit {
	const char *member; /* "redirect_uris" */
	const char *why; /* "must …" */
};
/* Whether the client keeps within the limits of the tenant's profile, and of
 * fapi2 where it is under it. */
MUST_USE bool tenant_fits_client(const struct tenant *tenant,
				 const struct client *client,
				 struct tenant_unfit *why_out);
/* Whether a client may be served at all. REFUSED: CLIENT_DISABLED, CLIENT_UNFIT. */
outcome tenant_check_client(struct decision *decision,
			    const struct tenant *tenant,
			    const struct client *client) MUST_USE;

/* The union of all clients' web origins, space-delimited: for preflights. */
outcome tenant_load_origins(struct decision *decision, struct store *store,
			    const struct tenants *tenants,
			    const struct tenant *tenant,
			    struct text *origins_out) MUST_USE;

/* The shard of that number (store_shard); explain tells which one is away. */
struct store *tenant_shard(struct decision *decision, struct store *home,
			   uint16_t number);

/* Maps what a load or a write answered to an outcome: DONE; BUSY, UNCERTAIN and
 * AWAY are REFUSED with their reasons; BROKEN. NOT_FOUND, ALREADY and CONFLICT are
 * the caller's to judge before (here: our bug). */
outcome tenant_store_outcome(struct decision *decision,
			     enum store_outcome answer) MUST_USE;
