/* SPDX-License-Identifier: Apache-2.0 */
/* EC points checked, and ECDSA verified by them (FIPS 186-5 section 6.4.2). */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>

#include "crypto/internal.h"

#define POINT_SIZE_MAX (1 + 2 * PKEY_FIELD_SIZE_MAX)

/*
 * An EVP_PKEY of a point and its context cost a tenth of a verification, and
 * clients that bring keys along come in any number. So each thread keeps one key
 * of each curve and puts into it the point that is next, which EVP does not
 * promise to work with contexts that are there; OpenSSL 3 calls this older
 * interface deprecated for what it lets one do with private keys and providers.
 */
struct crypto_ec {
	EC_KEY *key;
	ECDSA_SIG *pair;
	BIGNUM *r; /* of the pair */
	BIGNUM *s;
	unsigned char point[POINT_SIZE_MAX]; /* in the key; 0…: none */
};

static int curve_of(enum pkey_type type)
{
	switch (type) {
	case PKEY_P256:
		return NID_X9_62_prime256v1;
	case PKEY_P384:
		return NID_secp384r1;
	case PKEY_P521:
		return NID_secp521r1;
	case PKEY_RSA:
	case PKEY_ED25519:
		break;
	}
	MUST(false);
}

static struct crypto_ec *ec_new(enum pkey_type type)
{
	struct crypto_ec *ec = calloc(1, sizeof(*ec));

	MUST(ec != NULL);
	ec->key = EC_KEY_new_by_curve_name(curve_of(type));
	ec->pair = ECDSA_SIG_new();
	ec->r = BN_new();
	ec->s = BN_new();
	MUST(ec->key != NULL && ec->pair != NULL);
	MUST(ECDSA_SIG_set0(ec->pair, ec->r, ec->s) == 1);
	return ec;
}

void crypto_ec_free(struct crypto_ec **ec)
{
	struct crypto_ec *old = TAKE(*ec);

	if (old == NULL)
		return;
	EC_KEY_free(old->key);
	ECDSA_SIG_free(old->pair);
	free(old);
}

static struct crypto_ec *ec_for(enum pkey_type type)
{
	struct crypto_ec **ec = &crypto_contexts()->ec[type];

	if (*ec == NULL)
		*ec = ec_new(type);
	return *ec;
}

/* Uncompressed (SEC 1 section 2.3.3): a form that infinity does not have. */
static size_t write_point(struct text x, struct text y,
			  unsigned char point[POINT_SIZE_MAX])
{
	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	memcpy(point + 1, x.at, x.size);
	memcpy(point + 1 + x.size, y.at, y.size);
	return 1 + x.size + y.size;
}

/* false for coordinates outside the field and points off the curve. The cofactor
 * is 1: no point is of small order. */
static bool put_point(struct crypto_ec *ec, struct text x, struct text y)
{
	unsigned char point[POINT_SIZE_MAX];
	size_t size = write_point(x, y, point);

	if (text_equal(text_of(ec->point, size), text_of(point, size)))
		return true;
	ec->point[0] = 0;
	if (EC_KEY_oct2key(ec->key, point, size, NULL) != 1)
		return false;
	memcpy(ec->point, point, size);
	return true;
}

bool pkey_ec_is_point(enum pkey_type type, struct text x, struct text y)
{
	size_t size = pkey_field_size(type);

	return x.size == size && y.size == size &&
	       put_point(ec_for(type), x, y);
}

bool pkey_ec_verify(const struct pkey *key, struct text hash,
		    struct text signature)
{
	const unsigned char *at = (const unsigned char *)signature.at;
	struct crypto_ec *ec = ec_for(key->type);
	size_t size = key->a_size;

	if (signature.size != 2 * size ||
	    !put_point(ec, pkey_part_a(key), pkey_part_b(key)))
		return false;
	MUST(BN_bin2bn(at, (int)size, ec->r) != NULL);
	MUST(BN_bin2bn(at + size, (int)size, ec->s) != NULL);
	/* R and S out of range are refused there. */
	return ECDSA_do_verify((const unsigned char *)hash.at, (int)hash.size,
			       ec->pair, ec->key) == 1;
}

EVP_PKEY *pkey_ec_evp(const struct pkey *key)
{
	unsigned char point[POINT_SIZE_MAX];
	size_t size = write_point(pkey_part_a(key), pkey_part_b(key), point);
	EVP_PKEY *evp = EVP_PKEY_dup(crypto_curve(key->type));

	MUST(evp != NULL);
	MUST(EVP_PKEY_set1_encoded_public_key(evp, point, size) == 1);
	return evp;
}

static bool read_coordinate(const EVP_PKEY *evp, const char *name, size_t size,
			    unsigned char out[PKEY_FIELD_SIZE_MAX])
{
	BIGNUM *number = NULL;
	bool is_read = EVP_PKEY_get_bn_param(evp, name, &number) == 1 &&
		       BN_bn2binpad(number, out, (int)size) == (int)size;

	BN_free(number);
	return is_read;
}

bool pkey_ec_read_point(struct pkey *key)
{
	unsigned char x[PKEY_FIELD_SIZE_MAX];
	unsigned char y[PKEY_FIELD_SIZE_MAX];
	size_t size = pkey_field_size(key->type);

	if (!read_coordinate(key->evp, OSSL_PKEY_PARAM_EC_PUB_X, size, x) ||
	    !read_coordinate(key->evp, OSSL_PKEY_PARAM_EC_PUB_Y, size, y))
		return false;
	pkey_remember_parts(key, text_of(x, size), text_of(y, size));
	return true;
}
