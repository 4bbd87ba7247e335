/* SPDX-License-Identifier: Apache-2.0 */
/* What a client's members must be together, and what they are by default. */
#include "http/uri.h"
#include "jose/jws_hmac.h"
#include "registry/member.h"
#include "registry/redirect_uri.h"
#include "registry/strength.h"

#define SEALED_SECRET_MAX 1024
#define SCOPE_OF_OPENID "openid profile email address phone"

static bool is_public(const struct client_draft *draft)
{
	return client_is_public(&draft->client);
}

static bool has_code_grant(const struct client *client)
{
	return text_has_word(client->grant_types, TEXT("authorization_code"));
}

static void fill_default(struct text *at, struct text otherwise)
{
	if (!text_is_present(*at))
		*at = otherwise;
}

/* RFC 7591 section 2: what holds when a member is left out. An empty list is
 * not left out: a client may have no grant, and only introspect. */
static void fill_defaults(struct client_draft *draft)
{
	struct client *client = &draft->client;

	fill_default(&client->auth_method, TEXT("client_secret_basic"));
	fill_default(&client->grant_types, TEXT("authorization_code"));
	fill_default(&client->response_types,
		     has_code_grant(client) ? TEXT("code") : TEXT(""));
	fill_default(&client->response_modes, TEXT("query form_post"));
	fill_default(&client->scope,
		     text_has_word(client->grant_types, TEXT("refresh_token"))
			     ? TEXT(SCOPE_OF_OPENID " offline_access")
			     : TEXT(SCOPE_OF_OPENID));
	client->is_native = text_equal(draft->application_type, TEXT("native"));
}

static void check_uris(struct reading *reading, struct place *place,
		       struct client_draft *draft, struct text uris)
{
	struct text uri;
	const char *why;

	for (place->item = 0; text_next_word(&uris, &uri); place->item++) {
		bool is_private_use = false;

		if (redirect_uri_check(uri, draft->client.is_native,
				       &is_private_use, &why) != DONE)
			registry_mistake(reading, place, "\"%s\": %s",
					 member_show(reading, uri), why);
		draft->needs_pkce = draft->needs_pkce || is_private_use;
	}
	place->item = -1;
}

static void check_redirect_uris(struct reading *reading, struct place *place,
				struct client_draft *draft)
{
	struct client *client = &draft->client;

	place->member = "redirect_uris";
	if (client->redirect_uris.size == 0 && has_code_grant(client))
		registry_mistake(reading, place,
				 "is missing: the code grant needs at least "
				 "one");
	check_uris(reading, place, draft, client->redirect_uris);
	client->requires_pkce = client->requires_pkce || draft->needs_pkce;
	place->member = "post_logout_redirect_uris";
	check_uris(reading, place, draft, client->post_logout_redirect_uris);
	place->member = NULL;
}

static void add_origin(struct buf *origins, struct text origin)
{
	if (!text_is_present(origin) ||
	    text_has_word(buf_text(origins), origin) ||
	    !text_starts_with(origin, TEXT("http")))
		return;
	if (origins->size > 0)
		buf_add_byte(origins, ' ');
	buf_add(origins, origin);
}

/* Origins as given, or those of the redirect URIs. */
static void check_origins(struct reading *reading, struct place *place,
			  struct client *client)
{
	struct buf origins = buf_init_arena(reading->arena, 64 * 1024);
	struct text rest = client->web_origins;
	struct text uri;

	place->member = "web_origins";
	for (place->item = 0; text_next_word(&rest, &uri); place->item++)
		if (!text_equal(uri_origin(uri), uri) ||
		    !text_starts_with(uri, TEXT("http")))
			registry_mistake(reading, place,
					 "\"%s\" is not an origin such as "
					 "https://app.example: scheme, host, "
					 "and port unless it is the scheme's "
					 "own",
					 member_show(reading, uri));
	place->item = -1;
	place->member = NULL;
	if (text_is_present(client->web_origins))
		return;
	rest = client->redirect_uris;
	while (text_next_word(&rest, &uri))
		add_origin(&origins, uri_origin(uri));
	client->web_origins = buf_text(&origins);
}

/* RFC 7591 section 2.1. */
static void check_grant_types(struct reading *reading, struct place *place,
			      const struct client *client)
{
	bool has_code = text_has_word(client->response_types, TEXT("code"));

	place->member = "grant_types";
	if (has_code && !has_code_grant(client))
		registry_mistake(reading, place,
				 "must hold \"authorization_code\": "
				 "response_types has \"code\"");
	place->member = "response_types";
	if (!has_code && has_code_grant(client))
		registry_mistake(reading, place,
				 "must hold \"code\": grant_types has "
				 "\"authorization_code\"");
	place->member = NULL;
}

static bool signs_assertions(const struct client *client)
{
	return text_equal(client->auth_method, TEXT("private_key_jwt"));
}

static bool keys_assertions(const struct client *client)
{
	return text_equal(client->auth_method, TEXT("client_secret_jwt"));
}

static void check_jwks(struct reading *reading, struct place *place,
		       const struct client *client)
{
	place->member = "jwks";
	if (signs_assertions(client) && client->jwks.size == 0 &&
	    client->jwks_uri.size == 0)
		registry_mistake(reading, place,
				 "is missing, and so is \"jwks_uri\": "
				 "private_key_jwt needs the client's public "
				 "keys");
	place->member = "jwks_uri";
	if (client->jwks.size > 0 && client->jwks_uri.size > 0)
		registry_mistake(reading, place,
				 "must not stand beside \"jwks\" (RFC 7591 "
				 "section 2)");
	place->member = NULL;
}

/* OpenID Connect Registration section 2; keys: what is encrypted is signed
 * besides (RFC 9101 section 4). */
static void check_request_objects(struct reading *reading, struct place *place,
				  const struct client *client)
{
	bool encrypts = client->request_object_encryption_alg.size > 0;

	place->member = "request_object_encryption_enc";
	if (!encrypts && client->request_object_encryption_enc.size > 0)
		registry_mistake(reading, place,
				 "must not stand without "
				 "\"request_object_encryption_alg\"");
	place->member = "request_object_encryption_alg";
	if (encrypts && client->jwks.size == 0 && client->jwks_uri.size == 0)
		registry_mistake(reading, place,
				 "needs \"jwks\" or \"jwks_uri\": a request "
				 "object is signed before it is encrypted");
	place->member = NULL;
}

/* VSCHAR (RFC 6749 appendix A.2), at least 128 bits (RULES). */
static void check_secret(struct reading *reading, struct place *place,
			 struct client_draft *draft)
{
	unsigned int bits = strength_bits(draft->secret);
	bool is_visible = true;

	for (size_t i = 0; i < draft->secret.size; i++)
		is_visible = is_visible && draft->secret.at[i] >= ' ' &&
			     draft->secret.at[i] < 0x7f;
	if (!is_visible)
		registry_mistake(reading, place,
				 "must have visible ASCII characters alone");
	if (bits < STRENGTH_LEAST_BITS &&
	    !reading->registry->allows_weak_secrets)
		registry_mistake(reading, place,
				 "has %u bits at best, and must have 128: make "
				 "one by `openssl rand -hex 24`, or import "
				 "with --allow-weak-secrets",
				 bits);
}

/* OpenID Connect Registration section 2. */
static void check_auth_algorithm(struct reading *reading, struct place *place,
				 const struct client *client)
{
	struct text algorithm = client->auth_signing_alg;
	bool is_hmac = text_starts_with(algorithm, TEXT("HS"));

	place->member = "token_endpoint_auth_signing_alg";
	if (algorithm.size > 0 &&
	    !(is_hmac ? keys_assertions(client) : signs_assertions(client)))
		registry_mistake(reading, place,
				 "does not go with the "
				 "token_endpoint_auth_method: private_key_jwt "
				 "has RS, PS, ES and EdDSA, client_secret_jwt "
				 "HS256, HS384 and HS512");
	place->member = NULL;
}

/* A key as long as the digest (RFC 7518 section 3.2). */
static void check_hmac_secret(struct reading *reading, struct place *place,
			      const struct client_draft *draft)
{
	struct text name = draft->client.auth_signing_alg;
	const struct jws_hmac *algorithm =
		jws_hmac_find(name.size > 0 ? name : TEXT("HS256"));

	if (!keys_assertions(&draft->client) || algorithm == NULL ||
	    draft->secret.size >= algorithm->secret_min)
		return;
	registry_mistake(reading, place, "must have %zu bytes for %s",
			 algorithm->secret_min, algorithm->name);
}

static void check_auth_method(struct reading *reading, struct place *place,
			      struct client_draft *draft)
{
	place->member = "client_secret";
	if (is_public(draft) || signs_assertions(&draft->client) ||
	    client_is_by_certificate(&draft->client)) {
		if (draft->secret.size > 0)
			registry_mistake(reading, place,
					 "must not stand beside "
					 "\"token_endpoint_auth_method\": "
					 "\"%.*s\"",
					 TEXT_ARG(draft->client.auth_method));
	} else if (draft->secret.size == 0) {
		registry_mistake(reading, place,
				 "is missing; a client without one says "
				 "\"token_endpoint_auth_method\": \"none\"");
	} else {
		check_secret(reading, place, draft);
		check_hmac_secret(reading, place, draft);
	}
	place->member = NULL;
}

static void hash_secret(struct reading *reading, struct client_draft *draft)
{
	struct client *client = &draft->client;
	unsigned char *hash;

	if (is_public(draft) || draft->secret.size == 0)
		return;
	hash = arena_alloc(reading->arena, CLIENT_SECRET_HASH_SIZE);
	master_hash_client_secret(reading->registry->master, client->tenant_id,
				  client->id, draft->secret, hash);
	client->secret_hash = text_of(hash, CLIENT_SECRET_HASH_SIZE);
}

/* The only case in which more than the hash is kept (RULES.md, Secrets). */
static void seal_secret(struct reading *reading, struct client_draft *draft)
{
	struct buf sealed = buf_init_arena(reading->arena, SEALED_SECRET_MAX);

	if (!keys_assertions(&draft->client))
		return;
	master_seal_client_secret(reading->registry->master, &draft->client,
				  draft->secret, &sealed);
	draft->client.secret_sealed = buf_text(&sealed);
}

void registry_check_client(struct reading *reading, struct place *place,
			   struct client_draft *draft)
{
	struct client *client = &draft->client;

	if (client->id.size == 0) {
		place->member = "client_id";
		registry_mistake(reading, place, "is missing");
		place->member = NULL;
	}
	fill_defaults(draft);
	check_redirect_uris(reading, place, draft);
	check_origins(reading, place, client);
	check_grant_types(reading, place, client);
	check_jwks(reading, place, client);
	check_request_objects(reading, place, client);
	check_auth_method(reading, place, draft);
	registry_check_client_tls(reading, place, client);
	check_auth_algorithm(reading, place, client);
	hash_secret(reading, draft);
	seal_secret(reading, draft);
}
