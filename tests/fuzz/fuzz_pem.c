/* SPDX-License-Identifier: Apache-2.0 */
/* PEM and DER from strangers: what is read of a certificate, and judged. */
#include <stdint.h>

#include "crypto/certificate.h"
#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct text der,
		     const struct certificate_authorities *authorities)
{
	struct certificate *certificate = NULL;
	struct pkey *key = NULL;
	struct buf out = buf_init(65536);
	const char *why = NULL;
	struct buf a = buf_init(1024);
	struct buf b = buf_init(1024);
	struct certificate_trust trust = {
		.authorities = authorities,
		.chain = der,
		.now = 1750000000,
	};

	if (certificate_parse(der, &certificate) != DONE)
		return;
	(void)!certificate_subject(certificate, &out);
	for (enum certificate_name kind = CERTIFICATE_DNS;
	     kind <= CERTIFICATE_EMAIL; kind++) {
		certificate_list_names(certificate, kind, &out);
		MUST(!certificate_has_name(certificate, kind, TEXT("")));
	}
	(void)!certificate_check_time(certificate, trust.now, &why);
	if (certificate_verify(certificate, &trust, &why) != DONE)
		MUST(why != NULL);
	(void)!certificate_check_strength(certificate, &why);
	if (certificate_public_key(certificate, &key) == DONE) {
		MUST(!pkey_is_private(key));
		MUST(pkey_public_parts(key, &a, &b) == DONE);
		MUST(!a.is_over && !b.is_over);
	}
	buf_wipe(&a);
	buf_wipe(&b);
	pkey_unref(&key);
	buf_wipe(&out);
	certificate_free(&certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf der = buf_init(65536);
	struct certificate_authorities *authorities = NULL;
	struct text rest;
	struct text one;

	MUST(crypto_open() == DONE);
	if (certificate_authorities_read(text_of(data, size), &authorities) !=
	    DONE)
		MUST(authorities == NULL);
	read_all(text_of(data, size), authorities);
	if (certificate_decode_pem(text_of(data, size), &der)) {
		rest = buf_text(&der);
		while (certificate_cut(&rest, &one))
			read_all(one, authorities);
	}
	certificate_authorities_free(&authorities);
	buf_wipe(&der);
	return 0;
}
