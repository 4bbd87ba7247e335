/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate authority for tests: certificates of every kind, in DER. */
#pragma once

#include <openssl/x509.h>

#include "base/buf.h"

/* How a certificate is to be; what is left out is ordinary. */
struct authority_order {
	const char *subject; /* "CN=web" or "O=Corp/CN=web": the order of DER */
	const char *names; /* "DNS:web.example,IP:192.0.2.1" */
	const char *usage; /* extendedKeyUsage; "clientAuth" */
	const char *issuer; /* CN; by `subject`'s own when self-signed */
	EVP_PKEY *key; /* whose certificate */
	EVP_PKEY *signer; /* NULL: self-signed */
	bool is_authority;
	long from_for; /* seconds from AUTHORITY_NOW; 0: an hour before */
	long until_for; /* 0: an hour after */
	/* Makes it strange before it is signed; or NULL. */
	void (*change)(X509 *x509);
};

#define AUTHORITY_NOW 1750000000

/* A P-256 key; to be freed with EVP_PKEY_free. */
EVP_PKEY *authority_key(void);
/* Appends the DER. */
void authority_issue(const struct authority_order *order, struct buf *der);
/* Appends it as PEM. */
void authority_pem(struct text der, struct buf *pem);
