/* SPDX-License-Identifier: Apache-2.0 */
/* Signs and verifies by the schemes of JWA (RFC 7518 section 3, RFC 8037). */
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/internal.h"

struct scheme {
	enum pkey_type type;
	enum digest digest;
	int padding; /* RSA alone */
};

static const struct scheme schemes[PKEY_SCHEMES] = {
	[PKEY_RS256] = {PKEY_RSA, DIGEST_SHA256, RSA_PKCS1_PADDING},
	[PKEY_RS384] = {PKEY_RSA, DIGEST_SHA384, RSA_PKCS1_PADDING},
	[PKEY_RS512] = {PKEY_RSA, DIGEST_SHA512, RSA_PKCS1_PADDING},
	[PKEY_PS256] = {PKEY_RSA, DIGEST_SHA256, RSA_PKCS1_PSS_PADDING},
	[PKEY_PS384] = {PKEY_RSA, DIGEST_SHA384, RSA_PKCS1_PSS_PADDING},
	[PKEY_PS512] = {PKEY_RSA, DIGEST_SHA512, RSA_PKCS1_PSS_PADDING},
	[PKEY_ES256] = {PKEY_P256, DIGEST_SHA256, 0},
	[PKEY_ES384] = {PKEY_P384, DIGEST_SHA384, 0},
	[PKEY_ES512] = {PKEY_P521, DIGEST_SHA512, 0},
	[PKEY_EDDSA] = {PKEY_ED25519, DIGEST_SHA512, 0},
};

enum pkey_type pkey_type_for(enum pkey_scheme scheme)
{
	return schemes[scheme].type;
}

bool pkey_fits(const struct pkey *key, enum pkey_scheme scheme)
{
	return schemes[scheme].type == key->type;
}

static bool set_up(EVP_PKEY_CTX *context, enum pkey_purpose purpose,
		   const struct scheme *scheme)
{
	int started = purpose == PKEY_SIGNS ? EVP_PKEY_sign_init(context)
					    : EVP_PKEY_verify_init(context);

	if (started != 1 || EVP_PKEY_CTX_set_signature_md(
				    context, crypto_md(scheme->digest)) != 1)
		return false;
	if (scheme->type != PKEY_RSA)
		return true;
	if (EVP_PKEY_CTX_set_rsa_padding(context, scheme->padding) != 1)
		return false;
	return scheme->padding != RSA_PKCS1_PSS_PADDING ||
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(context,
						RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* One that nobody works with, or a new one; NULL when OpenSSL has none. */
static EVP_PKEY_CTX *take_context(struct pkey *key, enum pkey_purpose purpose,
				  enum pkey_scheme scheme)
{
	EVP_PKEY_CTX *context;

	for (size_t i = 0; i < PKEY_IDLE_MAX; i++) {
		context = atomic_exchange(&key->idle[purpose][scheme][i], NULL);
		if (context != NULL)
			return context;
	}
	context = EVP_PKEY_CTX_new_from_pkey(NULL, key->evp, NULL);
	if (context != NULL && !set_up(context, purpose, &schemes[scheme])) {
		EVP_PKEY_CTX_free(context);
		return NULL;
	}
	return context;
}

static void give_back(struct pkey *key, enum pkey_purpose purpose,
		      enum pkey_scheme scheme, EVP_PKEY_CTX *context)
{
	for (size_t i = 0; i < PKEY_IDLE_MAX; i++) {
		EVP_PKEY_CTX *none = NULL;

		if (atomic_compare_exchange_strong(
			    &key->idle[purpose][scheme][i], &none, context))
			return;
	}
	EVP_PKEY_CTX_free(context);
}

/* Takes one INTEGER of a size below 128 off *der, and lays it out `size` bytes
 * wide. */
static bool take_integer(struct text *der, unsigned char *out, size_t size)
{
	const unsigned char *at = (const unsigned char *)der->at;
	size_t taken;

	if (der->size < 2 || at[0] != 0x02 || at[1] > der->size - 2)
		return false;
	taken = at[1];
	*der = text_from_byte(*der, 2 + taken);
	at += 2;
	for (; taken > size && *at == 0; at++)
		taken--;
	if (taken > size)
		return false;
	memset(out, 0, size - taken);
	memcpy(out + size - taken, at, taken);
	return true;
}

/* DER as OpenSSL has just made it to R | S, each of the field's size. */
static bool split_ecdsa(struct text der, size_t field_size,
			unsigned char raw[2 * PKEY_FIELD_SIZE_MAX])
{
	/* SEQUENCE and its size, of one byte more from 128 on (P-521). */
	size_t head = der.size > 2 && (der.at[1] & 0x80) != 0 ? 3 : 2;

	der = text_from_byte(der, head);
	return take_integer(&der, raw, field_size) &&
	       take_integer(&der, raw + field_size, field_size) &&
	       der.size == 0;
}

static outcome sign_hash(struct pkey *key, enum pkey_scheme scheme,
			 struct text hash, unsigned char *out, size_t *size)
{
	EVP_PKEY_CTX *context = take_context(key, PKEY_SIGNS, scheme);

	if (context == NULL)
		return crypto_failed("cannot ready a key for signing");
	if (EVP_PKEY_sign(context, out, size, (const unsigned char *)hash.at,
			  hash.size) != 1) {
		EVP_PKEY_CTX_free(context);
		return crypto_failed("cannot sign");
	}
	give_back(key, PKEY_SIGNS, scheme, context);
	return DONE;
}

outcome pkey_sign(struct pkey *key, enum pkey_scheme scheme, struct text bytes,
		  struct buf *signature)
{
	unsigned char hash[DIGEST_MAX_SIZE];
	unsigned char out[PKEY_SIGNATURE_MAX];
	unsigned char raw[2 * PKEY_FIELD_SIZE_MAX];
	size_t field_size = pkey_field_size(key->type);
	size_t size = sizeof(out);

	MUST(key->is_private && pkey_fits(key, scheme));
	if (scheme == PKEY_EDDSA) {
		pkey_sign_ed25519(key, bytes, signature);
		return DONE;
	}
	TRY(sign_hash(key, scheme,
		      text_of(hash,
			      digest_of(schemes[scheme].digest, bytes, hash)),
		      out, &size));
	if (key->type == PKEY_RSA) {
		buf_add(signature, text_of(out, size));
		return DONE;
	}
	MUST(split_ecdsa(text_of(out, size), field_size, raw));
	buf_add(signature, text_of(raw, 2 * field_size));
	return DONE;
}

static bool verify_hash(struct pkey *key, enum pkey_scheme scheme,
			struct text hash, struct text signature)
{
	EVP_PKEY_CTX *context = take_context(key, PKEY_VERIFIES, scheme);
	bool is_right;

	if (context == NULL)
		return false;
	is_right = EVP_PKEY_verify(context, (const unsigned char *)signature.at,
				   signature.size,
				   (const unsigned char *)hash.at,
				   hash.size) == 1;
	give_back(key, PKEY_VERIFIES, scheme, context);
	return is_right;
}

static bool verify(struct pkey *key, enum pkey_scheme scheme, struct text bytes,
		   struct text signature)
{
	unsigned char hash[DIGEST_MAX_SIZE];
	struct text hashed;

	if (scheme == PKEY_EDDSA)
		return pkey_verify_ed25519(key, bytes, signature);
	hashed = text_of(hash, digest_of(schemes[scheme].digest, bytes, hash));
	if (key->type != PKEY_RSA)
		return pkey_ec_verify(key, hashed, signature);
	return signature.size == (key->bits + 7) / 8 &&
	       verify_hash(key, scheme, hashed, signature);
}

bool pkey_verify(struct pkey *key, enum pkey_scheme scheme, struct text bytes,
		 struct text signature)
{
	bool is_right = pkey_fits(key, scheme) &&
			verify(key, scheme, bytes, signature);

	if (!is_right)
		ERR_clear_error();
	return is_right;
}
