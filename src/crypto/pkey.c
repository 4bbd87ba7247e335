/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: which we take, how long they live, their DER (RFC 5958, RFC 5280). */
#include "crypto/pkey.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "crypto/internal.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
/* FIPS 186-5 appendix A.1.1 wants more than 2^16; what is larger than a word is
 * a way to make us slow. */
#define RSA_EXPONENT_BITS_MIN 17
#define RSA_EXPONENT_BITS_MAX 64

bool pkey_is_ec(enum pkey_type type)
{
	return type == PKEY_P256 || type == PKEY_P384 || type == PKEY_P521;
}

size_t pkey_field_size(enum pkey_type type)
{
	switch (type) {
	case PKEY_P256:
	case PKEY_ED25519:
		return 32;
	case PKEY_P384:
		return 48;
	case PKEY_P521:
		return 66;
	case PKEY_RSA:
		break;
	}
	return 0;
}

static bool curve_of(const EVP_PKEY *evp, enum pkey_type *type_out)
{
	char name[32];
	int is_explicit = 0;

	if (EVP_PKEY_get_group_name(evp, name, sizeof(name), NULL) != 1)
		return false;
	if (EVP_PKEY_get_int_param(
		    evp, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		    &is_explicit) == 1 &&
	    is_explicit != 0)
		return false;
	if (strcmp(name, "prime256v1") == 0)
		*type_out = PKEY_P256;
	else if (strcmp(name, "secp384r1") == 0)
		*type_out = PKEY_P384;
	else if (strcmp(name, "secp521r1") == 0)
		*type_out = PKEY_P521;
	else
		return false;
	return true;
}

static bool has_fit_rsa_numbers(const EVP_PKEY *evp)
{
	BIGNUM *modulus = NULL;
	BIGNUM *exponent = NULL;
	bool is_fit = EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_N,
					    &modulus) == 1 &&
		      EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E,
					    &exponent) == 1 &&
		      BN_is_odd(modulus) && BN_is_odd(exponent) &&
		      BN_num_bits(modulus) >= RSA_BITS_MIN &&
		      BN_num_bits(modulus) <= RSA_BITS_MAX &&
		      BN_num_bits(exponent) >= RSA_EXPONENT_BITS_MIN &&
		      BN_num_bits(exponent) <= RSA_EXPONENT_BITS_MAX;

	BN_free(modulus);
	BN_free(exponent);
	return is_fit;
}

static bool type_of(const EVP_PKEY *evp, enum pkey_type *type_out)
{
	if (EVP_PKEY_is_a(evp, "RSA")) {
		*type_out = PKEY_RSA;
		return has_fit_rsa_numbers(evp);
	}
	if (EVP_PKEY_is_a(evp, "ED25519")) {
		*type_out = PKEY_ED25519;
		return true;
	}
	return EVP_PKEY_is_a(evp, "EC") && curve_of(evp, type_out);
}

struct pkey *pkey_new(enum pkey_type type)
{
	struct pkey *key = calloc(1, sizeof(*key));

	MUST(key != NULL);
	atomic_init(&key->count, 1);
	key->type = type;
	return key;
}

outcome pkey_adopt(EVP_PKEY **evp, bool is_private, struct pkey **key_out)
{
	enum pkey_type type;
	struct pkey *key;

	if (*evp == NULL || !type_of(*evp, &type))
		return crypto_refused();
	key = pkey_new(type);
	key->bits = (unsigned int)EVP_PKEY_get_bits(*evp);
	key->is_private = is_private;
	key->evp = TAKE(*evp);
	if (type == PKEY_ED25519)
		pkey_ready_ed25519(key);
	if (pkey_is_ec(type) && !pkey_ec_read_point(key)) {
		pkey_unref(&key);
		return crypto_refused();
	}
	*key_out = key;
	return DONE;
}

EVP_PKEY *pkey_evp_of(const struct pkey *key)
{
	if (key->evp == NULL)
		return pkey_ec_evp(key);
	MUST(EVP_PKEY_up_ref(key->evp) == 1);
	return key->evp;
}

struct pkey *pkey_ref(struct pkey *key)
{
	atomic_fetch_add_explicit(&key->count, 1, memory_order_relaxed);
	return key;
}

static void free_contexts(struct pkey *key)
{
	for (size_t purpose = 0; purpose < PKEY_PURPOSES; purpose++) {
		for (size_t scheme = 0; scheme < PKEY_SCHEMES; scheme++) {
			for (size_t i = 0; i < PKEY_IDLE_MAX; i++)
				EVP_PKEY_CTX_free(
					key->idle[purpose][scheme][i]);
		}
	}
}

void pkey_unref(struct pkey **key)
{
	struct pkey *last = TAKE(*key);

	if (last == NULL)
		return;
	if (atomic_fetch_sub_explicit(&last->count, 1, memory_order_acq_rel) >
	    1)
		return;
	if (last->evp != NULL)
		free_contexts(last);
	secret_free(&last->ed25519);
	EVP_PKEY_free(last->evp);
	free(last->parts);
	free(last);
}

enum pkey_type pkey_type(const struct pkey *key)
{
	return key->type;
}

unsigned int pkey_bits(const struct pkey *key)
{
	return key->bits;
}

bool pkey_is_private(const struct pkey *key)
{
	return key->is_private;
}

static EVP_PKEY *generate(enum pkey_type type, unsigned int rsa_bits)
{
	switch (type) {
	case PKEY_RSA:
		MUST(rsa_bits >= RSA_BITS_MIN && rsa_bits <= RSA_BITS_MAX);
		return EVP_RSA_gen(rsa_bits);
	case PKEY_P256:
		return EVP_EC_gen("P-256");
	case PKEY_P384:
		return EVP_EC_gen("P-384");
	case PKEY_P521:
		return EVP_EC_gen("P-521");
	case PKEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

outcome pkey_generate(enum pkey_type type, unsigned int rsa_bits,
		      struct pkey **key_out)
{
	EVP_PKEY *evp = generate(type, rsa_bits);

	if (evp == NULL)
		return crypto_failed("cannot make a key");
	MUST(pkey_adopt(&evp, true, key_out) == DONE);
	return DONE;
}

outcome pkey_export_private(const struct pkey *key, struct secret *der_out)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *next;
	int size;

	MUST(key->is_private);
	info = EVP_PKEY2PKCS8(key->evp);
	size = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
	if (info == NULL || size <= 0) {
		PKCS8_PRIV_KEY_INFO_free(info);
		return crypto_failed("cannot write a private key");
	}
	*der_out = secret_new((size_t)size);
	next = der_out->at;
	MUST(i2d_PKCS8_PRIV_KEY_INFO(info, &next) == size);
	PKCS8_PRIV_KEY_INFO_free(info);
	return DONE;
}

outcome pkey_import_private(struct text der, struct pkey **key_out)
{
	const unsigned char *next = (const unsigned char *)der.at;
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *evp = NULL;
	outcome result = REFUSED;

	if (der.size == 0 || der.size > INT_MAX)
		return REFUSED;
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &next, (long)der.size);
	if (info != NULL && (const char *)next == der.at + der.size)
		evp = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (evp == NULL)
		return crypto_refused();
	result = pkey_adopt(&evp, true, key_out);
	EVP_PKEY_free(evp);
	return result;
}

outcome pkey_export_public(const struct pkey *key, struct buf *der)
{
	EVP_PKEY *evp = pkey_evp_of(key);
	unsigned char *bytes = NULL;
	int size = i2d_PUBKEY(evp, &bytes);

	EVP_PKEY_free(evp);
	if (size <= 0)
		return crypto_failed("cannot write a public key");
	buf_add(der, text_of(bytes, (size_t)size));
	OPENSSL_free(bytes);
	return DONE;
}

outcome pkey_import_public(struct text der, struct pkey **key_out)
{
	const unsigned char *next = (const unsigned char *)der.at;
	EVP_PKEY *evp = NULL;
	outcome result;

	if (der.size == 0 || der.size > INT_MAX)
		return REFUSED;
	evp = d2i_PUBKEY(NULL, &next, (long)der.size);
	if (evp != NULL && (const char *)next != der.at + der.size) {
		EVP_PKEY_free(evp);
		return crypto_refused();
	}
	result = pkey_adopt(&evp, false, key_out);
	EVP_PKEY_free(evp);
	return result;
}
