/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates that clients show (RFC 5280, RFC 8705). */
#pragma once

#include "crypto/pkey.h"

struct certificate; /* one, parsed; for one thread */

#define CERTIFICATE_SIZE_MAX 16384 /* DER */

/* Exactly one in DER; REFUSED for anything else, also with bytes behind it. */
outcome certificate_parse(struct text der, struct certificate **certificate_out)
	MUST_USE;
/* NULL-safe; clears *certificate. */
void certificate_free(struct certificate **certificate);

/*
 * Appends the DER of each block "CERTIFICATE" (RFC 7468), one after the other.
 * Inside a block any white space or none; what stands between blocks is skipped.
 * false, and nothing usable, when there is none or one is broken.
 */
MUST_USE bool certificate_decode_pem(struct text pem, struct buf *der);
/* Takes the first certificate off the front of DERs one after the other; false
 * when none is left, or what is left is none. */
MUST_USE bool certificate_cut(struct text *ders, struct text *der_out);

/* Appends base64url of the SHA-256 of its DER: x5t#S256 (RFC 8705 3.1). */
void certificate_thumbprint(struct text der, struct buf *thumbprint);
/* Appends the subject as RFC 4514 has it: most specific first, no space after
 * commas, UTF-8 as it is, all that could be mistaken escaped. */
outcome certificate_subject(const struct certificate *certificate,
			    struct buf *subject) MUST_USE;

/* The kinds of subjectAltName that RFC 8705 section 2.1.2 knows. */
enum certificate_name {
	CERTIFICATE_DNS,
	CERTIFICATE_URI,
	CERTIFICATE_IP,
	CERTIFICATE_EMAIL,
};

/* Whether it is one of its names of that kind, whole: DNS without case, an
 * address in any spelling, all else byte for byte. A wildcard stands for itself
 * alone. */
bool certificate_has_name(const struct certificate *certificate,
			  enum certificate_name kind, struct text name);
/* Appends its names of that kind, space-delimited, for explain. */
void certificate_list_names(const struct certificate *certificate,
			    enum certificate_name kind, struct buf *names);

/* Its key, when it is of a type and size that we support and one can compute
 * with it; REFUSED otherwise. */
outcome certificate_public_key(const struct certificate *certificate,
			       struct pkey **key_out) MUST_USE;

/* REFUSED, with why (static), outside of its time. `now` in seconds. */
outcome certificate_check_time(const struct certificate *certificate,
			       int64_t now, const char **why_out) MUST_USE;

/* REFUSED, with why (static), when its key has under 112 bits of security: no
 * chain with it would be verified. */
outcome certificate_check_strength(const struct certificate *certificate,
				   const char **why_out) MUST_USE;

/* Certificates that are trusted, parsed once; for any number of threads. */
struct certificate_authorities;

/* All blocks of a PEM; REFUSED when there is none or one is broken. */
outcome
certificate_authorities_read(struct text pem,
			     struct certificate_authorities **authorities_out)
	MUST_USE;
/* NULL-safe; clears *authorities. */
void certificate_authorities_free(struct certificate_authorities **authorities);

/* Against what a chain is verified. */
struct certificate_trust {
	const struct certificate_authorities *authorities; /* NULL: nobody */
	struct text chain; /* DERs: shown by the client, not trusted */
	int64_t now; /* seconds */
};

/*
 * Whether a chain leads from it to one of the authorities (RFC 5280 section 6),
 * for the purpose of a TLS client, with no weaker keys or digests than 112 bits.
 * REFUSED with why (static).
 */
outcome certificate_verify(const struct certificate *certificate,
			   const struct certificate_trust *trust,
			   const char **why_out) MUST_USE;
