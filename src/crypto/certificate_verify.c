/* SPDX-License-Identifier: Apache-2.0 */
/* Judges certificates: their time, and their chain (RFC 5280 section 6). */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "crypto/internal.h"

/* Between the certificate and the authority. */
#define CHAIN_DEPTH_MAX 6
#define CHAIN_COUNT_MAX 64
/* 112 bits: RSA-2048, SHA-2. */
#define SECURITY_LEVEL 2
#define SECURITY_BITS 112

outcome certificate_check_time(const struct certificate *certificate,
			       int64_t now, const char **why_out)
{
	time_t at = (time_t)now;

	*why_out = "it is not valid yet";
	if (X509_cmp_time(X509_get0_notBefore(certificate->x509), &at) >= 0)
		return REFUSED;
	*why_out = "it has expired";
	if (X509_cmp_time(X509_get0_notAfter(certificate->x509), &at) <= 0)
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

/* What is behind a broken one is left out. */
static STACK_OF(X509) * read_chain(struct text ders)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *x509;

	MUST(chain != NULL);
	while (sk_X509_num(chain) < CHAIN_COUNT_MAX &&
	       (x509 = certificate_read(&ders)) != NULL)
		MUST(sk_X509_push(chain, x509) > 0);
	return chain;
}

outcome certificate_check_strength(const struct certificate *certificate,
				   const char **why_out)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate->x509);

	*why_out = "its key cannot be read";
	if (key == NULL)
		return crypto_refused();
	*why_out = "its key has under 112 bits of security";
	if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS)
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

/* --- Authorities --- */

struct certificate_authorities {
	X509_STORE *store;
};

static outcome add_all(X509_STORE *store, struct text ders)
{
	X509 *x509;

	while ((x509 = certificate_read(&ders)) != NULL) {
		int added = X509_STORE_add_cert(store, x509);

		X509_free(x509);
		if (added != 1)
			return crypto_refused();
	}
	return ders.size == 0 ? DONE : REFUSED;
}

outcome
certificate_authorities_read(struct text pem,
			     struct certificate_authorities **authorities_out)
{
	CLEANUP(certificate_authorities_free)
	struct certificate_authorities *authorities =
		calloc(1, sizeof(*authorities));
	CLEANUP(buf_wipe) struct buf ders = buf_init(pem.size + 1);

	MUST(authorities != NULL);
	authorities->store = X509_STORE_new();
	MUST(authorities->store != NULL);
	if (!certificate_decode_pem(pem, &ders))
		return REFUSED;
	TRY(add_all(authorities->store, buf_text(&ders)));
	*authorities_out = TAKE(authorities);
	return DONE;
}

void certificate_authorities_free(struct certificate_authorities **authorities)
{
	struct certificate_authorities *ended = TAKE(*authorities);

	if (ended == NULL)
		return;
	X509_STORE_free(ended->store);
	free(ended);
}

/* --- Chains --- */

/* An authority need not be a root: who names an intermediate one means it. */
static void set_rules(X509_STORE_CTX *context, int64_t now)
{
	X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);

	MUST(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT) ==
	     1);
	MUST(X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) ==
	     1);
	X509_VERIFY_PARAM_set_auth_level(rules, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_depth(rules, CHAIN_DEPTH_MAX);
	X509_VERIFY_PARAM_set_time(rules, (time_t)now);
}

outcome certificate_verify(const struct certificate *certificate,
			   const struct certificate_trust *trust,
			   const char **why_out)
{
	X509_STORE_CTX *context;
	STACK_OF(X509) * chain;
	bool is_verified;

	*why_out = "no authority is trusted";
	if (trust->authorities == NULL)
		return REFUSED;
	chain = read_chain(trust->chain);
	context = X509_STORE_CTX_new();
	MUST(context != NULL);
	MUST(X509_STORE_CTX_init(context, trust->authorities->store,
				 certificate->x509, chain) == 1);
	set_rules(context, trust->now);
	is_verified = X509_verify_cert(context) == 1;
	*why_out = is_verified ? NULL
			       : X509_verify_cert_error_string(
					 X509_STORE_CTX_get_error(context));
	X509_STORE_CTX_free(context);
	sk_X509_pop_free(chain, X509_free);
	ERR_clear_error();
	return is_verified ? DONE : REFUSED;
}
