/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate that is the client's own, by its keys (RFC 8705 section 2.2).
 */
#include "base/encoding.h"
#include "client_auth/client_auth.h"
#include "client_auth/shown.h"
#include "crypto/digest.h"
#include "jose/jwk.h"

#define JWKS_SIZE_MAX ((size_t)64 * 1024)

/* Chosen by registration alone, as tls_client_auth. */
static bool is_used(const struct client_auth_request *request)
{
	return false;
}

static outcome identify(const struct client_auth_request *request,
			struct text *id_out)
{
	*id_out = form_find(request->form, "client_id");
	return DONE;
}

/* What a key of the set is compared with. */
struct wanted {
	struct arena *arena;
	struct text der;
	struct text key_thumbprint;
};

/* The first certificate of x5c is the key's own (RFC 7517 section 4.7). */
static bool is_certificate(const struct wanted *wanted, const struct json *x5c)
{
	struct text value = json_text(json_at(x5c, 0));
	struct buf der = buf_init_arena(wanted->arena, JWKS_SIZE_MAX);

	return base64_decode(value, &der) &&
	       text_equal(buf_text(&der), wanted->der);
}

static bool is_key(const struct wanted *wanted, const struct json *jwk)
{
	CLEANUP(pkey_unref) struct pkey *key = NULL;
	struct buf thumbprint = buf_init_arena(wanted->arena, SHA256_SIZE);
	const char *why;

	return jwk_parse(jwk, &key, &why) == DONE &&
	       jwk_thumbprint(key, &thumbprint) == DONE &&
	       text_equal(buf_text(&thumbprint), wanted->key_thumbprint);
}

/* A registered certificate is meant itself; a bare key, whatever carries it. */
static bool matches(const struct wanted *wanted, const struct json *jwk)
{
	const struct json *x5c = json_find(jwk, "x5c");

	if (json_is(x5c, JSON_ARRAY) && json_count(x5c) > 0)
		return is_certificate(wanted, x5c);
	return is_key(wanted, jwk);
}

static bool is_registered(const struct wanted *wanted, struct text jwks)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *keys;
	bool is_found = false;

	if (json_parse(jwks, JWKS_SIZE_MAX, &document, NULL) != DONE)
		return false;
	keys = json_find(json_root(document), "keys");
	for (size_t i = 0; json_is(keys, JSON_ARRAY) && i < json_count(keys);
	     i++)
		is_found = is_found || matches(wanted, json_at(keys, i));
	return is_found;
}

static outcome check_key(const struct client_auth_request *request,
			 const struct certificate *certificate,
			 const struct client *client)
{
	CLEANUP(pkey_unref) struct pkey *key = NULL;
	struct decision *decision = request->decision;
	struct text der = request->http->certificate.der;
	struct buf thumbprint = buf_init_arena(decision->arena, 64);
	struct buf key_thumbprint = buf_init_arena(decision->arena, 64);
	struct wanted wanted = {.arena = decision->arena, .der = der};

	certificate_thumbprint(der, &thumbprint);
	if (certificate_public_key(certificate, &key) == DONE &&
	    jwk_thumbprint(key, &key_thumbprint) != DONE)
		return decision_broken(decision, "a certificate's key has no "
						 "thumbprint");
	wanted.key_thumbprint = buf_text(&key_thumbprint);
	if (is_registered(&wanted, client->jwks))
		return DONE;
	return refuse(decision, REASON_CLIENT_CERTIFICATE_WRONG,
		      .expected = TEXT("a certificate (x5c) or key of the "
				       "client's jwks"),
		      .received = arena_format(decision->arena, "x5t#S256 %.*s",
					       TEXT_ARG(buf_text(&thumbprint))),
		      .near_miss = key != NULL
					   ? TEXT_ABSENT
					   : TEXT("its key is none that a JWK "
						  "may have: RSA of 2048 to "
						  "4096 bits, P-256, P-384, "
						  "P-521, Ed25519"));
}

/* No chain is asked for, but one out of its time, or with a key that others may
 * have found, is nobody's. */
static outcome check_worth(const struct client_auth_request *request,
			   const struct certificate *certificate)
{
	const char *why = NULL;

	if (certificate_check_time(certificate,
				   instant_to_seconds(request->decision->now),
				   &why) == DONE &&
	    certificate_check_strength(certificate, &why) == DONE)
		return DONE;
	return refuse(request->decision, REASON_CLIENT_CERTIFICATE_UNTRUSTED,
		      .near_miss = text_from(why));
}

static outcome prove(const struct client_auth_request *request,
		     const struct client *client)
{
	CLEANUP(certificate_free) struct certificate *certificate = NULL;

	TRY(shown_certificate(request, &certificate));
	TRY(check_worth(request, certificate));
	TRY(check_key(request, certificate, client));
	decision_note(request->decision, "client authentication",
		      "self_signed_tls_client_auth of %.*s",
		      TEXT_ARG(client->id));
	return DONE;
}

const struct client_auth_method client_auth_self_signed_tls_client_auth = {
	.name = "self_signed_tls_client_auth",
	.is_used = is_used,
	.identify = identify,
	.prove = prove,
	.is_by_certificate = true,
};
