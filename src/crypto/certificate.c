/* SPDX-License-Identifier: Apache-2.0 */
/* Reads certificates: PEM, DER, subject, names, key (RFC 5280, 7468, 4514). */
#include "crypto/certificate.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "crypto/internal.h"

#define PEM_BEGIN TEXT("-----BEGIN CERTIFICATE-----")
#define PEM_END TEXT("-----END CERTIFICATE-----")

/* --- Bytes --- */

X509 *certificate_read(struct text *ders)
{
	const unsigned char *at = (const unsigned char *)ders->at;
	X509 *x509;

	if (ders->size == 0 || ders->size > LONG_MAX)
		return NULL;
	x509 = d2i_X509(NULL, &at, (long)ders->size);
	if (x509 == NULL) {
		ERR_clear_error();
		return NULL;
	}
	*ders = text_from_byte(*ders,
			       (size_t)(at - (const unsigned char *)ders->at));
	return x509;
}

outcome certificate_parse(struct text der, struct certificate **certificate_out)
{
	struct text rest = der;
	X509 *x509;

	if (der.size > CERTIFICATE_SIZE_MAX)
		return REFUSED;
	x509 = certificate_read(&rest);
	if (x509 == NULL || rest.size > 0) {
		X509_free(x509);
		return REFUSED;
	}
	*certificate_out = calloc(1, sizeof(**certificate_out));
	MUST(*certificate_out != NULL);
	(*certificate_out)->x509 = x509;
	return DONE;
}

void certificate_free(struct certificate **certificate)
{
	struct certificate *ended = TAKE(*certificate);

	if (ended == NULL)
		return;
	X509_free(ended->x509);
	free(ended);
}

bool certificate_cut(struct text *ders, struct text *der_out)
{
	struct text all = *ders;
	X509 *x509 = certificate_read(ders);

	if (x509 == NULL)
		return false;
	X509_free(x509);
	*der_out = text_first(all, all.size - ders->size);
	return true;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool decode_block(struct text inside, struct buf *der)
{
	struct buf packed = buf_init(inside.size + 1);
	bool is_decoded;

	for (size_t i = 0; i < inside.size; i++)
		if (!is_space(inside.at[i]))
			buf_add_byte(&packed, inside.at[i]);
	is_decoded = packed.size > 0 && base64_decode(buf_text(&packed), der) &&
		     !der->is_over;
	buf_wipe(&packed);
	return is_decoded;
}

bool certificate_decode_pem(struct text pem, struct buf *der)
{
	struct text rest = pem;
	size_t count = 0;

	for (;;) {
		size_t begin = text_find(rest, PEM_BEGIN);
		size_t end;

		if (begin == rest.size)
			return count > 0;
		rest = text_from_byte(rest, begin + PEM_BEGIN.size);
		end = text_find(rest, PEM_END);
		if (end == rest.size ||
		    !decode_block(text_first(rest, end), der))
			return false;
		rest = text_from_byte(rest, end + PEM_END.size);
		count++;
	}
}

void certificate_thumbprint(struct text der, struct buf *thumbprint)
{
	unsigned char hash[SHA256_SIZE];

	digest_sha256(der, hash);
	base64url_encode(thumbprint, text_of(hash, sizeof(hash)));
}

/* --- What it says --- */

/* RFC 2253's escapes, but UTF-8 stays readable as RFC 4514 allows. */
#define SUBJECT_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

outcome certificate_subject(const struct certificate *certificate,
			    struct buf *subject)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *at = NULL;
	long size;

	MUST(bio != NULL);
	if (X509_NAME_print_ex(bio, X509_get_subject_name(certificate->x509), 0,
			       SUBJECT_FLAGS) < 0) {
		BIO_free(bio);
		return crypto_refused();
	}
	size = BIO_get_mem_data(bio, &at);
	buf_add(subject, text_of(at, size > 0 ? (size_t)size : 0));
	BIO_free(bio);
	return subject->is_over ? REFUSED : DONE;
}

static int type_of(enum certificate_name kind)
{
	switch (kind) {
	case CERTIFICATE_DNS:
		return GEN_DNS;
	case CERTIFICATE_URI:
		return GEN_URI;
	case CERTIFICATE_IP:
		return GEN_IPADD;
	case CERTIFICATE_EMAIL:
		return GEN_EMAIL;
	}
	return -1;
}

/* All names of these kinds are ASN.1 strings. */
static struct text text_of_name(const GENERAL_NAME *name)
{
	const ASN1_STRING *string = name->d.ia5;

	return text_of(ASN1_STRING_get0_data(string),
		       (size_t)ASN1_STRING_length(string));
}

static bool is_address(struct text bytes, struct text name)
{
	char spelling[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];

	if (name.size >= sizeof(spelling))
		return false;
	memcpy(spelling, name.at, name.size);
	spelling[name.size] = '\0';
	if (strlen(spelling) != name.size)
		return false;
	if (inet_pton(AF_INET, spelling, address) == 1)
		return text_equal(bytes, text_of(address, 4));
	return inet_pton(AF_INET6, spelling, address) == 1 &&
	       text_equal(bytes, text_of(address, 16));
}

static bool is_name(enum certificate_name kind, struct text own,
		    struct text name)
{
	if (kind == CERTIFICATE_IP)
		return is_address(own, name);
	if (kind == CERTIFICATE_DNS)
		return text_equal_nocase(own, name);
	return text_equal(own, name);
}

static GENERAL_NAMES *names_of(const struct certificate *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
		certificate->x509, NID_subject_alt_name, NULL, NULL);

	ERR_clear_error();
	return names;
}

bool certificate_has_name(const struct certificate *certificate,
			  enum certificate_name kind, struct text name)
{
	GENERAL_NAMES *names = names_of(certificate);
	bool has = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *own = sk_GENERAL_NAME_value(names, i);

		if (own->type == type_of(kind))
			has = has || is_name(kind, text_of_name(own), name);
	}
	GENERAL_NAMES_free(names);
	return has && name.size > 0;
}

static void list_address(struct text bytes, struct buf *names)
{
	char spelling[INET6_ADDRSTRLEN] = "";

	if (bytes.size == 4)
		(void)inet_ntop(AF_INET, bytes.at, spelling, sizeof(spelling));
	if (bytes.size == 16)
		(void)inet_ntop(AF_INET6, bytes.at, spelling, sizeof(spelling));
	buf_add_string(names, spelling);
}

void certificate_list_names(const struct certificate *certificate,
			    enum certificate_name kind, struct buf *names)
{
	GENERAL_NAMES *all = names_of(certificate);

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *own = sk_GENERAL_NAME_value(all, i);

		if (own->type != type_of(kind))
			continue;
		if (names->size > 0)
			buf_add_byte(names, ' ');
		if (kind == CERTIFICATE_IP)
			list_address(text_of_name(own), names);
		else
			buf_add(names, text_of_name(own));
	}
	GENERAL_NAMES_free(all);
}

outcome certificate_public_key(const struct certificate *certificate,
			       struct pkey **key_out)
{
	EVP_PKEY *evp = X509_get_pubkey(certificate->x509);
	outcome adopted;

	if (evp == NULL)
		return crypto_refused();
	adopted = pkey_adopt(&evp, false, key_out);
	EVP_PKEY_free(evp);
	return adopted;
}
