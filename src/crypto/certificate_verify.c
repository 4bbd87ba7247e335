/* SPDX-License-Identifier: Apache-2.0 */
/* Judges certificates: their time, and their chain (RFC 5280 section 6). */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/internal.h"

/* Between the certificate and the authority. */
#define CHAIN_DEPTH_MAX 6
#define CHAIN_COUNT_MAX 64
/* 112 bits: RSA-2048, SHA-2. */
#define SECURITY_LEVEL 2

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

static X509_STORE *read_authorities(struct text ders)
{
	X509_STORE *store = X509_STORE_new();
	X509 *x509;

	MUST(store != NULL);
	while ((x509 = certificate_read(&ders)) != NULL) {
		MUST(X509_STORE_add_cert(store, x509) == 1);
		X509_free(x509);
	}
	return store;
}

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
	STACK_OF(X509) *chain = read_chain(trust->chain);
	X509_STORE *store = read_authorities(trust->authorities);
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool is_verified;

	MUST(context != NULL);
	MUST(X509_STORE_CTX_init(context, store, certificate->x509, chain) ==
	     1);
	set_rules(context, trust->now);
	is_verified = X509_verify_cert(context) == 1;
	*why_out = is_verified ? NULL
			       : X509_verify_cert_error_string(
					 X509_STORE_CTX_get_error(context));
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	sk_X509_pop_free(chain, X509_free);
	ERR_clear_error();
	return is_verified ? DONE : REFUSED;
}
