/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as the numbers that a JWK holds (RFC 7518 section 6, RFC 8037).
 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/internal.h"

#define RSA_SIZE_MAX 512
#define RSA_EXPONENT_SIZE_MAX 8

/* `size` 0: as many bytes as the number needs. */
static outcome add_number(const struct pkey *key, const char *name, size_t size,
			  struct buf *bytes)
{
	unsigned char out[RSA_SIZE_MAX];
	BIGNUM *number = NULL;
	int written;

	if (EVP_PKEY_get_bn_param(key->evp, name, &number) != 1)
		return crypto_failed(name);
	if (size == 0)
		size = (size_t)BN_num_bytes(number);
	MUST(size <= sizeof(out));
	written = BN_bn2binpad(number, out, (int)size);
	BN_free(number);
	MUST(written == (int)size);
	buf_add(bytes, text_of(out, size));
	return DONE;
}

outcome pkey_public_parts(const struct pkey *key, struct buf *a, struct buf *b)
{
	unsigned char point[32];
	size_t size = sizeof(point);

	if (key->parts != NULL) {
		buf_add(a, pkey_part_a(key));
		buf_add(b, pkey_part_b(key));
		return DONE;
	}
	if (key->type == PKEY_RSA) {
		TRY(add_number(key, OSSL_PKEY_PARAM_RSA_N, 0, a));
		return add_number(key, OSSL_PKEY_PARAM_RSA_E, 0, b);
	}
	if (EVP_PKEY_get_raw_public_key(key->evp, point, &size) != 1)
		return crypto_failed("cannot read an Ed25519 key");
	buf_add(a, text_of(point, size));
	return DONE;
}

static bool is_canonical_number(struct text number, size_t size_max)
{
	return number.size > 0 && number.size <= size_max && number.at[0] != 0;
}

static EVP_PKEY *build_rsa(OSSL_PARAM_BLD *build, const BIGNUM *n,
			   const BIGNUM *e)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *evp = NULL;

	if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (context == NULL || params == NULL ||
	    EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &evp, EVP_PKEY_PUBLIC_KEY, params) != 1)
		evp = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(context);
	return evp;
}

static EVP_PKEY *new_rsa(struct text modulus, struct text exponent)
{
	OSSL_PARAM_BLD *build;
	BIGNUM *n;
	BIGNUM *e;
	EVP_PKEY *evp;

	if (!is_canonical_number(modulus, RSA_SIZE_MAX) ||
	    !is_canonical_number(exponent, RSA_EXPONENT_SIZE_MAX))
		return NULL;
	build = OSSL_PARAM_BLD_new();
	n = BN_bin2bn((const unsigned char *)modulus.at, (int)modulus.size,
		      NULL);
	e = BN_bin2bn((const unsigned char *)exponent.at, (int)exponent.size,
		      NULL);
	MUST(build != NULL && n != NULL && e != NULL);
	evp = build_rsa(build, n, e);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return evp;
}

/* With a point of small order some signatures fit every message. */
static EVP_PKEY *new_ed25519(struct text x, struct text y)
{
	const unsigned char *point = (const unsigned char *)x.at;

	if (x.size != crypto_core_ed25519_BYTES || y.size != 0 ||
	    crypto_core_ed25519_is_valid_point(point) != 1)
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, point,
					      x.size);
}

void pkey_remember_parts(struct pkey *key, struct text a, struct text b)
{
	key->parts = malloc(a.size + b.size);
	MUST(key->parts != NULL);
	memcpy(key->parts, a.at, a.size);
	if (b.size > 0)
		memcpy(key->parts + a.size, b.at, b.size);
	key->a_size = a.size;
	key->b_size = b.size;
}

struct text pkey_part_a(const struct pkey *key)
{
	return text_of(key->parts, key->a_size);
}

struct text pkey_part_b(const struct pkey *key)
{
	return text_of(key->parts + key->a_size, key->b_size);
}

static outcome from_point(enum pkey_type type, struct text x, struct text y,
			  struct pkey **key_out)
{
	if (!pkey_ec_is_point(type, x, y))
		return crypto_refused();
	*key_out = pkey_new(type);
	(*key_out)->bits = type == PKEY_P521 ? 521 : 8 * (unsigned int)x.size;
	pkey_remember_parts(*key_out, x, y);
	return DONE;
}

outcome pkey_from_public_parts(enum pkey_type type, struct text a,
			       struct text b, struct pkey **key_out)
{
	EVP_PKEY *evp;
	outcome result;

	if (pkey_is_ec(type))
		return from_point(type, a, b, key_out);
	*key_out = pkey_kept_find(type, a, b);
	if (*key_out != NULL)
		return DONE;
	evp = type == PKEY_RSA ? new_rsa(a, b) : new_ed25519(a, b);
	if (evp == NULL)
		return crypto_refused();
	result = pkey_adopt(&evp, false, key_out);
	EVP_PKEY_free(evp);
	TRY(result);
	pkey_remember_parts(*key_out, a, b);
	pkey_kept_add(*key_out);
	return DONE;
}
