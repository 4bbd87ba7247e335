/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: what is read of them, and which chains are verified (A13). */
#include "suite.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "authority.h"
#include "crypto/certificate.h"
#include "crypto/crypto.h"

static EVP_PKEY *root_key;
static EVP_PKEY *other_key;
static EVP_PKEY *middle_key;
static EVP_PKEY *key;
static struct buf root;
static struct buf other;
static struct buf middle;

static int set_up(void **state)
{
	assert_int_equal(crypto_open(), DONE);
	root_key = authority_key();
	other_key = authority_key();
	middle_key = authority_key();
	key = authority_key();
	root = buf_init(8192);
	other = buf_init(8192);
	middle = buf_init(8192);
	authority_issue(&(struct authority_order){.subject = "CN=Root",
						  .key = root_key,
						  .is_authority = true},
			&root);
	/* The same name, another key. */
	authority_issue(&(struct authority_order){.subject = "CN=Root",
						  .key = other_key,
						  .is_authority = true},
			&other);
	authority_issue(&(struct authority_order){.subject = "CN=Middle",
						  .issuer = "CN=Root",
						  .key = middle_key,
						  .signer = root_key,
						  .is_authority = true},
			&middle);
	return 0;
}

static int tear_down(void **state)
{
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(middle_key);
	EVP_PKEY_free(key);
	buf_wipe(&root);
	buf_wipe(&other);
	buf_wipe(&middle);
	return 0;
}

static struct certificate *issue(struct authority_order order)
{
	struct certificate *certificate = NULL;
	struct buf der = buf_init(16384);

	if (order.key == NULL)
		order.key = key;
	authority_issue(&order, &der);
	assert_int_equal(certificate_parse(buf_text(&der), &certificate), DONE);
	buf_wipe(&der);
	return certificate;
}

/* NULL of no DERs: nobody is trusted. */
static struct certificate_authorities *trusted(struct text ders)
{
	struct certificate_authorities *authorities = NULL;
	CLEANUP(buf_wipe) struct buf pem = buf_init(65536);
	struct text der;

	while (certificate_cut(&ders, &der))
		authority_pem(der, &pem);
	if (pem.size > 0)
		assert_int_equal(certificate_authorities_read(buf_text(&pem),
							      &authorities),
				 DONE);
	return authorities;
}

static outcome verify(struct authority_order order, struct text authorities,
		      struct text chain, const char **why)
{
	CLEANUP(certificate_authorities_free)
	struct certificate_authorities *all = trusted(authorities);
	struct certificate *certificate = issue(order);
	struct certificate_trust trust = {
		.authorities = all,
		.chain = chain,
		.now = AUTHORITY_NOW,
	};
	outcome verified = certificate_verify(certificate, &trust, why);

	certificate_free(&certificate);
	return verified;
}

#define LEAF                                                                   \
	.subject = "CN=web", .issuer = "CN=Root", .signer = root_key,          \
	.usage = "clientAuth"

static void verifies(void **state)
{
	const char *why = NULL;

	assert_int_equal(verify((struct authority_order){LEAF}, buf_text(&root),
				TEXT_ABSENT, &why),
			 DONE);
	assert_null(why);
	/* Without extendedKeyUsage any purpose is allowed (RFC 5280). */
	assert_int_equal(verify((struct authority_order){.subject = "CN=web",
							 .issuer = "CN=Root",
							 .signer = root_key},
				buf_text(&root), TEXT_ABSENT, &why),
			 DONE);
}

static void verifies_by_a_chain(void **state)
{
	struct authority_order order = {.subject = "CN=web",
					.issuer = "CN=Middle",
					.signer = middle_key,
					.usage = "clientAuth"};
	const char *why = NULL;

	assert_int_equal(
		verify(order, buf_text(&root), buf_text(&middle), &why), DONE);
	assert_int_equal(verify(order, buf_text(&root), TEXT_ABSENT, &why),
			 REFUSED);
	/* An authority need not be a root. */
	assert_int_equal(verify(order, buf_text(&middle), TEXT_ABSENT, &why),
			 DONE);
}

static void refuses_chains(void **state)
{
	struct buf both = buf_init(16384);
	const char *why = NULL;

	buf_add(&both, buf_text(&middle));
	buf_add(&both, buf_text(&root));
	assert_int_equal(verify((struct authority_order){LEAF,
							 .from_for = -7200,
							 .until_for = -60},
				buf_text(&root), TEXT_ABSENT, &why),
			 REFUSED);
	assert_string_equal(why, "certificate has expired");
	assert_int_equal(verify((struct authority_order){LEAF, .from_for = 60},
				buf_text(&root), TEXT_ABSENT, &why),
			 REFUSED);
	assert_string_equal(why, "certificate is not yet valid");
	assert_int_equal(verify((struct authority_order){LEAF},
				buf_text(&other), TEXT_ABSENT, &why),
			 REFUSED);
	/* What the client shows is not trusted. */
	assert_int_equal(verify((struct authority_order){LEAF},
				buf_text(&other), buf_text(&both), &why),
			 REFUSED);
	assert_int_equal(verify((struct authority_order){LEAF}, TEXT_ABSENT,
				TEXT_ABSENT, &why),
			 REFUSED);
	assert_int_equal(verify((struct authority_order){.subject = "CN=web",
							 .issuer = "CN=Root",
							 .signer = root_key,
							 .usage = "serverAuth"},
				buf_text(&root), TEXT_ABSENT, &why),
			 REFUSED);
	assert_non_null(strstr(why, "purpose"));
	/* Signed by one that is no authority. */
	assert_int_equal(verify((struct authority_order){.subject = "CN=web"},
				buf_text(&root), TEXT_ABSENT, &why),
			 REFUSED);
	buf_wipe(&both);
}

static void refuses_leaves_as_issuers(void **state)
{
	struct buf leaf = buf_init(8192);
	const char *why = NULL;

	authority_issue(&(struct authority_order){LEAF, .key = key}, &leaf);
	assert_int_equal(verify((struct authority_order){.subject = "CN=admin",
							 .issuer = "CN=web",
							 .signer = key,
							 .key = other_key,
							 .usage = "clientAuth"},
				buf_text(&root), buf_text(&leaf), &why),
			 REFUSED);
	buf_wipe(&leaf);
}

static void assert_subject(const char *order, const char *expected)
{
	struct certificate *certificate =
		issue((struct authority_order){.subject = order});
	struct buf subject = buf_init(1024);

	assert_int_equal(certificate_subject(certificate, &subject), DONE);
	if (!text_equal(buf_text(&subject), text_from(expected)))
		fail_msg("%.*s is not %s", TEXT_ARG(buf_text(&subject)),
			 expected);
	buf_wipe(&subject);
	certificate_free(&certificate);
}

static void tells_subjects_apart(void **state)
{
	assert_subject("C=SE/O=Corp/CN=web", "CN=web,O=Corp,C=SE");
	assert_subject("CN=web,O=Corp", "CN=web\\,O=Corp");
	assert_subject("CN=web+OU=x", "CN=web\\+OU=x");
	assert_subject("CN= web ", "CN=\\ web\\ ");
	assert_subject("CN=a\"b;c<d>\\e", "CN=a\\\"b\\;c\\<d\\>\\\\e");
	assert_subject("CN=#1", "CN=\\#1");
	assert_subject("CN=Bj\xc3\xb6rk", "CN=Bj\xc3\xb6rk");
	assert_subject("CN=a\nb", "CN=a\\0Ab");
}

static void compares_names_whole(void **state)
{
	struct certificate *certificate = issue((struct authority_order){
		.subject = "CN=cn.example",
		.names = "DNS:web.example,DNS:*.wild.example,IP:192.0.2.1,"
			 "IP:2001:db8::1,URI:spiffe://a/b,email:Me@a.example",
	});
	static const struct {
		enum certificate_name kind;
		struct text name;
		bool has;
	} rows[] = {
		{CERTIFICATE_DNS, {"web.example", 11}, true},
		{CERTIFICATE_DNS, {"WEB.example", 11}, true},
		{CERTIFICATE_DNS, {"a.wild.example", 14}, false},
		{CERTIFICATE_DNS, {"eb.example", 10}, false},
		{CERTIFICATE_DNS, {"cn.example", 10}, false},
		{CERTIFICATE_DNS, {"web.example\0", 12}, false},
		{CERTIFICATE_DNS, {"192.0.2.1", 9}, false},
		{CERTIFICATE_DNS, {"", 0}, false},
		{CERTIFICATE_IP, {"192.0.2.1", 9}, true},
		{CERTIFICATE_IP, {"192.0.2.10", 10}, false},
		{CERTIFICATE_IP, {"2001:DB8:0::1", 13}, true},
		{CERTIFICATE_IP, {"web.example", 11}, false},
		{CERTIFICATE_URI, {"spiffe://a/b", 12}, true},
		{CERTIFICATE_URI, {"spiffe://a/B", 12}, false},
		{CERTIFICATE_EMAIL, {"Me@a.example", 12}, true},
		{CERTIFICATE_EMAIL, {"me@a.example", 12}, false},
	};
	struct buf names = buf_init(256);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (certificate_has_name(certificate, rows[i].kind,
					 rows[i].name) != rows[i].has)
			fail_msg("%.*s", TEXT_ARG(rows[i].name));
	certificate_list_names(certificate, CERTIFICATE_IP, &names);
	assert_true(
		text_equal(buf_text(&names), TEXT("192.0.2.1 2001:db8::1")));
	buf_wipe(&names);
	certificate_free(&certificate);
}

static void reads_pem(void **state)
{
	struct buf pem = buf_init(65536);
	struct buf der = buf_init(65536);
	struct text rest;
	struct text one = TEXT_ABSENT;

	buf_add_string(&pem, "Some comment\n");
	authority_pem(buf_text(&root), &pem);
	authority_pem(buf_text(&middle), &pem);
	assert_true(certificate_decode_pem(buf_text(&pem), &der));
	rest = buf_text(&der);
	assert_true(certificate_cut(&rest, &one));
	assert_true(text_equal(one, buf_text(&root)));
	assert_true(certificate_cut(&rest, &one));
	assert_true(text_equal(one, buf_text(&middle)));
	assert_false(certificate_cut(&rest, &one));
	der.size = 0;
	assert_false(certificate_decode_pem(TEXT(""), &der));
	assert_false(certificate_decode_pem(
		text_first(buf_text(&pem), pem.size - 4), &der));
	buf_wipe(&pem);
	buf_wipe(&der);
}

static void refuses_bytes(void **state)
{
	struct certificate *certificate = NULL;
	struct buf der = buf_init(65536);

	buf_add(&der, buf_text(&root));
	buf_add_byte(&der, 0);
	assert_int_equal(certificate_parse(buf_text(&der), &certificate),
			 REFUSED);
	for (size_t size = 0; size < root.size; size += 7)
		assert_int_equal(
			certificate_parse(text_first(buf_text(&root), size),
					  &certificate),
			REFUSED);
	assert_null(certificate);
	buf_wipe(&der);
}

static void gives_its_key(void **state)
{
	struct certificate *certificate =
		issue((struct authority_order){.subject = "CN=web"});
	struct pkey *public_key = NULL;
	struct buf thumbprint = buf_init(64);

	assert_int_equal(certificate_public_key(certificate, &public_key),
			 DONE);
	assert_int_equal(pkey_type(public_key), PKEY_P256);
	assert_false(pkey_is_private(public_key));
	certificate_thumbprint(TEXT(""), &thumbprint);
	assert_true(text_equal(
		buf_text(&thumbprint),
		TEXT("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")));
	pkey_unref(&public_key);
	buf_wipe(&thumbprint);
	certificate_free(&certificate);
}

static void knows_its_time(void **state)
{
	struct certificate *certificate =
		issue((struct authority_order){.subject = "CN=web"});
	const char *why = NULL;

	assert_int_equal(
		certificate_check_time(certificate, AUTHORITY_NOW, &why), DONE);
	assert_int_equal(certificate_check_time(certificate,
						AUTHORITY_NOW + 3601, &why),
			 REFUSED);
	assert_string_equal(why, "it has expired");
	assert_int_equal(certificate_check_time(certificate,
						AUTHORITY_NOW - 3601, &why),
			 REFUSED);
	assert_string_equal(why, "it is not valid yet");
	certificate_free(&certificate);
}

/* --- Strange keys: what the sender of a certificate can choose --- */

static EVP_PKEY *rsa_of(int bits, int exponent_bits)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *rsa = NULL;
	BIGNUM *n = BN_new();
	BIGNUM *e = BN_new();

	assert_true(BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	assert_true(
		BN_rand(e, exponent_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n));
	assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &rsa, EVP_PKEY_PUBLIC_KEY,
					   params),
			 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	return rsa;
}

static void put_infinity(X509 *x509)
{
	unsigned char *point = OPENSSL_zalloc(1);

	assert_int_equal(X509_PUBKEY_set0_param(
				 X509_get_X509_PUBKEY(x509),
				 OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
				 V_ASN1_OBJECT,
				 OBJ_nid2obj(NID_X9_62_prime256v1), point, 1),
			 1);
}

static void put_negative_serial(X509 *x509)
{
	ASN1_INTEGER_set(X509_get_serialNumber(x509), -5);
}

/* Takes over the key; whether a JWK could hold it, and whether it is strong. */
static void assert_key(EVP_PKEY *odd, void (*change)(X509 *), bool is_read,
		       bool is_strong)
{
	struct certificate *certificate =
		issue((struct authority_order){.subject = "CN=odd",
					       .key = odd,
					       .signer = root_key,
					       .issuer = "CN=Root",
					       .change = change});
	CLEANUP(pkey_unref) struct pkey *public_key = NULL;
	struct buf a = buf_init(512);
	struct buf b = buf_init(512);
	const char *why = NULL;

	assert_int_equal(certificate_public_key(certificate, &public_key),
			 is_read ? DONE : REFUSED);
	if (is_read)
		assert_int_equal(pkey_public_parts(public_key, &a, &b), DONE);
	assert_int_equal(certificate_check_strength(certificate, &why),
			 is_strong ? DONE : REFUSED);
	assert_true(is_strong == (why == NULL));
	buf_wipe(&a);
	buf_wipe(&b);
	certificate_free(&certificate);
	EVP_PKEY_free(odd);
}

static void refuses_strange_keys(void **state)
{
	assert_key(authority_key(), NULL, true, true);
	assert_key(authority_key(), put_infinity, false, true);
	assert_key(EVP_EC_gen("P-224"), NULL, false, true);
	assert_key(EVP_EC_gen("P-192"), NULL, false, false);
	assert_key(EVP_EC_gen("secp256k1"), NULL, false, true);
	assert_key(rsa_of(2048, 17), NULL, true, true);
	assert_key(rsa_of(1024, 17), NULL, false, false);
	assert_key(rsa_of(16384, 17), NULL, false, true);
	assert_key(rsa_of(2048, 64), NULL, true, true);
	assert_key(rsa_of(2048, 65), NULL, false, true);
	assert_key(rsa_of(2048, 8000), NULL, false, true);
	assert_key(rsa_of(2048, 1), NULL, false, true);
	assert_key(authority_key(), put_negative_serial, true, true);
}

/* CVE-2020-0601: the registered point on a generator of the sender's own. */
static void refuses_own_generators(void **state)
{
	static const char *const numbers[] = {OSSL_PKEY_PARAM_EC_P,
					      OSSL_PKEY_PARAM_EC_A,
					      OSSL_PKEY_PARAM_EC_B,
					      OSSL_PKEY_PARAM_EC_ORDER,
					      OSSL_PKEY_PARAM_EC_COFACTOR};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *values[COUNT_OF(numbers)] = {NULL};
	EVP_PKEY *forged = NULL;
	unsigned char point[65];
	OSSL_PARAM *params;
	size_t size = 0;

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		assert_true(EVP_PKEY_get_bn_param(key, numbers[i], &values[i]));
		assert_true(
			OSSL_PARAM_BLD_push_BN(build, numbers[i], values[i]));
	}
	assert_true(EVP_PKEY_get_octet_string_param(
		key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size));
	assert_true(OSSL_PARAM_BLD_push_octet_string(
		build, OSSL_PKEY_PARAM_EC_GENERATOR, point, size));
	assert_true(OSSL_PARAM_BLD_push_octet_string(
		build, OSSL_PKEY_PARAM_PUB_KEY, point, size));
	assert_true(OSSL_PARAM_BLD_push_utf8_string(
		build, OSSL_PKEY_PARAM_EC_FIELD_TYPE, SN_X9_62_prime_field, 0));
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &forged,
					   EVP_PKEY_PUBLIC_KEY, params),
			 1);
	assert_key(forged, NULL, false, true);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		BN_free(values[i]);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
}

static void verifies_what_is_strange_but_sound(void **state)
{
	const char *why = NULL;

	assert_int_equal(
		verify((struct authority_order){LEAF,
						.change = put_negative_serial},
		       buf_text(&root), TEXT_ABSENT, &why),
		DONE);
}

static void reads_authorities(void **state)
{
	CLEANUP(buf_wipe) struct buf pem = buf_init(65536);
	struct certificate_authorities *authorities = NULL;

	assert_int_equal(certificate_authorities_read(TEXT(""), &authorities),
			 REFUSED);
	assert_int_equal(certificate_authorities_read(
				 TEXT("-----BEGIN CERTIFICATE-----\nMAA=\n"
				      "-----END CERTIFICATE-----\n"),
				 &authorities),
			 REFUSED);
	assert_null(authorities);
	/* One of them twice does no harm. */
	authority_pem(buf_text(&root), &pem);
	authority_pem(buf_text(&root), &pem);
	authority_pem(buf_text(&middle), &pem);
	assert_int_equal(certificate_authorities_read(buf_text(&pem),
						      &authorities),
			 DONE);
	certificate_authorities_free(&authorities);
	assert_null(authorities);
	certificate_authorities_free(&authorities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("A13: a chain to an authority verifies", verifies),
		test_that("A13: a chain by an intermediate verifies",
			  verifies_by_a_chain),
		test_that(
			"A13: expired, early, of another authority or purpose: refused",
			refuses_chains),
		test_that("A13: one that is no authority issues nothing",
			  refuses_leaves_as_issuers),
		test_that("A13: no subject reads like another",
			  tells_subjects_apart),
		test_that(
			"A13: names are compared whole, wildcards match nothing",
			compares_names_whole),
		test_that("PEM gives the certificates in it", reads_pem),
		test_that("what is not one certificate is refused",
			  refuses_bytes),
		test_that("key and thumbprint are the certificate's",
			  gives_its_key),
		test_that("a certificate knows its time", knows_its_time),
		test_that("A13: a key that no JWK may have is refused, an "
			  "infinite point and a huge exponent among them",
			  refuses_strange_keys),
		test_that("A13: a key on a generator of the sender's own is "
			  "not the registered one",
			  refuses_own_generators),
		test_that("a negative serial number does no harm",
			  verifies_what_is_strange_but_sound),
		test_that("authorities are read whole or not at all",
			  reads_authorities),
	};

	return cmocka_run_group_tests_name("crypto certificate", tests, set_up,
					   tear_down);
}
