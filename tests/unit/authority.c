/* SPDX-License-Identifier: Apache-2.0 */
/* Issues certificates for tests. */
#include "authority.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include "base/encoding.h"
#include "suite.h"

EVP_PKEY *authority_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

/* "O=Corp/CN=web"; a value may hold anything but '/'. */
static X509_NAME *name_of(const char *text)
{
	X509_NAME *name = X509_NAME_new();
	struct text rest = text_from(text);
	struct text part;

	while (text_cut(&rest, '/', &part)) {
		struct text value = part;
		struct text type;
		char field[32];

		assert_true(text_cut(&value, '=', &type));
		assert_true(type.size < sizeof(field));
		memcpy(field, type.at, type.size);
		field[type.size] = '\0';
		assert_int_equal(X509_NAME_add_entry_by_txt(
					 name, field, MBSTRING_UTF8,
					 (const unsigned char *)value.at,
					 (int)value.size, -1, 0),
				 1);
	}
	return name;
}

static void extend(X509 *x509, int type, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, type, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void set_names(X509 *x509, const struct authority_order *order)
{
	X509_NAME *subject = name_of(order->subject);
	X509_NAME *issuer =
		name_of(order->issuer ? order->issuer : order->subject);

	X509_set_subject_name(x509, subject);
	X509_set_issuer_name(x509, issuer);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
}

static void set_times(X509 *x509, const struct authority_order *order)
{
	long from = order->from_for != 0 ? order->from_for : -3600;
	long until = order->until_for != 0 ? order->until_for : 3600;

	ASN1_TIME_set(X509_getm_notBefore(x509), AUTHORITY_NOW + from);
	ASN1_TIME_set(X509_getm_notAfter(x509), AUTHORITY_NOW + until);
}

void authority_issue(const struct authority_order *order, struct buf *der)
{
	static long serial;
	X509 *x509 = X509_new();
	unsigned char *at = NULL;
	int size;

	assert_int_equal(X509_set_version(x509, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
	set_names(x509, order);
	set_times(x509, order);
	X509_set_pubkey(x509, order->key);
	extend(x509, NID_basic_constraints,
	       order->is_authority ? "critical,CA:TRUE" : "CA:FALSE");
	if (order->usage != NULL)
		extend(x509, NID_ext_key_usage, order->usage);
	if (order->names != NULL)
		extend(x509, NID_subject_alt_name, order->names);
	if (order->change != NULL)
		order->change(x509);
	assert_true(X509_sign(x509, order->signer ? order->signer : order->key,
			      EVP_sha256()) > 0);
	size = i2d_X509(x509, &at);
	assert_true(size > 0);
	buf_add(der, text_of(at, (size_t)size));
	OPENSSL_free(at);
	X509_free(x509);
}

void authority_pem(struct text der, struct buf *pem)
{
	struct buf inside = buf_init(65536);

	base64_encode(&inside, der);
	buf_add_string(pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < inside.size; at += 64)
		buf_format(pem, "%.*s\n",
			   TEXT_ARG(text_first(
				   text_from_byte(buf_text(&inside), at), 64)));
	buf_add_string(pem, "-----END CERTIFICATE-----\n");
	buf_wipe(&inside);
}
