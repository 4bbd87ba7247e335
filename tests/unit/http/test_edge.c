/* SPDX-License-Identifier: Apache-2.0 */
/* What a trusted edge may say, and that nobody else may. */
#include "suite.h"

#include "authority.h"
#include "base/encoding.h"
#include "crypto/crypto.h"
#include "http/edge.h"

static struct http_network trusted[3];
static struct buf leaf; /* DER */
static struct buf middle;
static struct arena *arena;
static struct http_header headers[4];
static struct http_request request;
static struct http_edge edge;

static int make_certificates(void **state)
{
	EVP_PKEY *key = authority_key();

	assert_int_equal(crypto_open(), DONE);
	leaf = buf_init(8192);
	middle = buf_init(8192);
	authority_issue(&(struct authority_order){.subject = "CN=web",
						  .key = key},
			&leaf);
	authority_issue(&(struct authority_order){.subject = "CN=Middle",
						  .key = key,
						  .is_authority = true},
			&middle);
	EVP_PKEY_free(key);
	assert_true(http_network_parse(TEXT("127.0.0.1"), &trusted[0]));
	assert_true(http_network_parse(TEXT("10.0.0.0/9"), &trusted[1]));
	assert_true(http_network_parse(TEXT("2001:db8::/32"), &trusted[2]));
	return 0;
}

static int wipe_certificates(void **state)
{
	buf_wipe(&leaf);
	buf_wipe(&middle);
	return 0;
}

static int set_up(void **state)
{
	arena = arena_new((size_t)4 << 20);
	request = (struct http_request){
		.arena = arena,
		.headers = headers,
		.peer = TEXT("127.0.0.1"),
		.certificate = {.der = TEXT("of the edge")},
	};
	edge = (struct http_edge){
		.trusted = trusted,
		.trusted_count = COUNT_OF(trusted),
		.key = TEXT("the-edge's-own-key"),
	};
	return 0;
}

static int tear_down(void **state)
{
	arena_free(&arena);
	return 0;
}

static void header(const char *name, struct text value)
{
	headers[request.header_count++] =
		(struct http_header){text_from(name), value};
}

static void begin(enum http_certificate_convention convention)
{
	request.header_count = 0;
	request.certificate =
		(struct http_client_certificate){.der = TEXT("of the edge")};
	edge.convention = convention;
}

/* As nginx's $ssl_client_escaped_cert. */
static struct text escaped(struct text der)
{
	struct buf pem = buf_init_arena(arena, 65536);
	struct buf out = buf_init_arena(arena, 3 * 65536);

	authority_pem(der, &pem);
	for (size_t i = 0; i < pem.size; i++) {
		if (strchr("\n+/= ", pem.at[i]) != NULL)
			buf_format(&out, "%%%02X", (unsigned char)pem.at[i]);
		else
			buf_add_byte(&out, pem.at[i]);
	}
	return buf_text(&out);
}

static struct text base64(struct text der)
{
	struct buf out = buf_init_arena(arena, 65536);

	base64_encode(&out, der);
	return buf_text(&out);
}

static void assert_certificate(struct text chain)
{
	assert_true(http_edge_apply(&edge, &request));
	if (request.certificate.fault != NULL)
		fail_msg("%s", request.certificate.fault);
	assert_true(text_equal(request.certificate.der, buf_text(&leaf)));
	assert_true(text_equal(request.certificate.chain, chain));
}

static void assert_none(void)
{
	assert_true(http_edge_apply(&edge, &request));
	assert_null(request.certificate.fault);
	assert_false(text_is_present(request.certificate.der));
}

static void assert_fault(const char *part)
{
	assert_true(http_edge_apply(&edge, &request));
	assert_non_null(request.certificate.fault);
	if (strstr(request.certificate.fault, part) == NULL)
		fail_msg("%s", request.certificate.fault);
	assert_false(text_is_present(request.certificate.der));
}

/* Not within an escape. */
static struct text first_half(struct text value)
{
	size_t size = value.size / 2;

	while (value.at[size - 1] == '%' || value.at[size - 2] == '%')
		size--;
	return text_first(value, size);
}

static void auth0(struct text value, const char *verdict, const char *key)
{
	begin(HTTP_CERTIFICATE_AUTH0);
	if (text_is_present(value))
		header("Client-Certificate", value);
	if (verdict != NULL)
		header("client-certificate-ca-verified", text_from(verdict));
	if (key != NULL)
		header("cname-api-key", text_from(key));
}

#define KEY "the-edge's-own-key"

static void reads_auth0(void **state)
{
	struct text value = escaped(buf_text(&leaf));

	auth0(value, "SUCCESS", KEY);
	assert_certificate(TEXT(""));
	assert_int_equal(request.certificate.verdict, HTTP_CHAIN_VERIFIED);
	auth0(value, "FAILED", KEY);
	assert_certificate(TEXT(""));
	assert_int_equal(request.certificate.verdict, HTTP_CHAIN_FAILED);
	auth0(value, "FAILED:self-signed certificate", KEY);
	assert_certificate(TEXT(""));
	auth0(TEXT_ABSENT, "NONE", KEY);
	assert_none();
	auth0(value, NULL, KEY);
	assert_none();
}

static void refuses_auth0(void **state)
{
	struct text value = escaped(buf_text(&leaf));
	struct buf big = buf_init_arena(arena, 8192);

	buf_add(&big, value);
	while (big.size <= 4096)
		buf_add_byte(&big, ' ');
	auth0(buf_text(&big), "SUCCESS", KEY);
	assert_fault("4096");
	auth0(value, "success", KEY);
	assert_fault("SUCCESS");
	auth0(TEXT_ABSENT, "SUCCESS", KEY);
	assert_fault("without");
	auth0(TEXT("%2"), "SUCCESS", KEY);
	assert_fault("percent");
	auth0(first_half(value), "SUCCESS", KEY);
	assert_fault("PEM");
	auth0(value, "SUCCESS", KEY);
	header("client-certificate", value);
	assert_fault("twice");
}

static void asks_the_edge_for_its_key(void **state)
{
	static const char *const keys[] = {NULL, "", "another",
					   "the-edge's-own-kez"};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		auth0(escaped(buf_text(&leaf)), "SUCCESS", keys[i]);
		assert_false(http_edge_apply(&edge, &request));
		assert_false(text_is_present(request.certificate.der));
	}
	edge.key = TEXT_ABSENT;
	auth0(escaped(buf_text(&leaf)), "SUCCESS", "");
	assert_false(http_edge_apply(&edge, &request));
}

static void reads_rfc9440(void **state)
{
	struct text value = arena_format(
		arena, ":%.*s:", TEXT_ARG(base64(buf_text(&leaf))));
	struct text chain = arena_format(
		arena, ":%.*s:, :%.*s:", TEXT_ARG(base64(buf_text(&middle))),
		TEXT_ARG(base64(buf_text(&middle))));

	begin(HTTP_CERTIFICATE_RFC9440);
	header("Client-Cert", value);
	assert_certificate(TEXT(""));
	header("Client-Cert-Chain", chain);
	assert_true(http_edge_apply(&edge, &request));
	assert_int_equal(request.certificate.chain.size, 2 * middle.size);
	begin(HTTP_CERTIFICATE_RFC9440);
	header("Client-Cert", base64(buf_text(&leaf)));
	assert_fault("byte sequence");
	begin(HTTP_CERTIFICATE_RFC9440);
	header("Client-Cert-Chain", chain);
	assert_fault("without");
	begin(HTTP_CERTIFICATE_RFC9440);
	header("Client-Cert", TEXT(":MAA=:"));
	assert_fault("no certificate");
}

static void reads_wso2(void **state)
{
	struct buf pem = buf_init_arena(arena, 65536);

	begin(HTTP_CERTIFICATE_WSO2);
	header("X-WSO2-Mtls-Cert", base64(buf_text(&leaf)));
	assert_certificate(TEXT(""));
	begin(HTTP_CERTIFICATE_WSO2);
	header("x-wso2-mtls-cert", escaped(buf_text(&leaf)));
	assert_certificate(TEXT(""));
	authority_pem(buf_text(&leaf), &pem);
	for (size_t i = 0; i < pem.size; i++)
		if (pem.at[i] == '\n')
			pem.at[i] = ' ';
	begin(HTTP_CERTIFICATE_WSO2);
	header("x-wso2-mtls-cert", buf_text(&pem));
	assert_certificate(TEXT(""));
}

static void reads_envoy(void **state)
{
	struct text value = escaped(buf_text(&leaf));

	begin(HTTP_CERTIFICATE_ENVOY);
	header("x-forwarded-client-cert",
	       arena_format(arena,
			    "By=spiffe://a/b;Hash=00;Cert=\"%.*s\";"
			    "Subject=\"CN=a,O=\\\"b;c\\\"\";DNS=web.example",
			    TEXT_ARG(value)));
	assert_certificate(TEXT(""));
	begin(HTTP_CERTIFICATE_ENVOY);
	header("x-forwarded-client-cert",
	       arena_format(arena, "Cert=\"%.*s\";Chain=\"%.*s%.*s\"",
			    TEXT_ARG(value), TEXT_ARG(value),
			    TEXT_ARG(escaped(buf_text(&middle)))));
	assert_certificate(buf_text(&middle));
	begin(HTTP_CERTIFICATE_ENVOY);
	header("x-forwarded-client-cert",
	       arena_format(arena, "Cert=\"%.*s\",Cert=\"%.*s\"",
			    TEXT_ARG(value), TEXT_ARG(value)));
	assert_fault("several");
	begin(HTTP_CERTIFICATE_ENVOY);
	header("x-forwarded-client-cert", TEXT("By=a;Hash=00"));
	assert_fault("no Cert");
}

/* Envoy puts no quotes around URI and DNS, which the client's certificate says:
 * here one that ends in a pair of somebody else's. */
static void refuses_envoy_names(void **state)
{
	struct text own = escaped(buf_text(&middle));
	struct text stolen = escaped(buf_text(&leaf));

	begin(HTTP_CERTIFICATE_ENVOY);
	header("x-forwarded-client-cert",
	       arena_format(arena, "Hash=00;Cert=\"%.*s\";URI=a:b;Chain=%.*s",
			    TEXT_ARG(own), TEXT_ARG(stolen)));
	assert_fault("two certificates");
	begin(HTTP_CERTIFICATE_ENVOY);
	header("x-forwarded-client-cert",
	       arena_format(arena, "Hash=00;Chain=\"%.*s\";URI=a:b;Cert=%.*s",
			    TEXT_ARG(own), TEXT_ARG(stolen)));
	assert_fault("two certificates");
}

/* H-rows: headers that only an edge may write, from somebody else. */
static void ignores_strangers(void **state)
{
	edge.reads_forwarded_for = true;
	auth0(escaped(buf_text(&leaf)), "SUCCESS", KEY);
	request.peer = TEXT("192.0.2.7");
	assert_false(http_edge_apply(&edge, &request));
	/* What it showed in its own handshake with us stays. */
	assert_true(text_equal(request.certificate.der, TEXT("of the edge")));
	begin(HTTP_CERTIFICATE_AUTH0);
	header("X-Forwarded-For", TEXT("203.0.113.9"));
	assert_false(http_edge_apply(&edge, &request));
	assert_true(text_equal(request.peer, TEXT("192.0.2.7")));
	begin(HTTP_CERTIFICATE_AUTH0);
	assert_true(http_edge_apply(&edge, &request));
	assert_true(http_edge_apply(NULL, &request));
}

static void drops_the_edge_s_own(void **state)
{
	begin(HTTP_CERTIFICATE_RFC9440);
	assert_none();
	begin(HTTP_CERTIFICATE_NONE);
	assert_none();
	/* Who is no edge speaks for itself. */
	begin(HTTP_CERTIFICATE_NONE);
	request.peer = TEXT("192.0.2.7");
	assert_true(http_edge_apply(&edge, &request));
	assert_true(text_equal(request.certificate.der, TEXT("of the edge")));
}

static void assert_peer(const char *first, const char *second,
			const char *expected)
{
	begin(HTTP_CERTIFICATE_NONE);
	request.peer = TEXT("127.0.0.1");
	edge.reads_forwarded_for = true;
	if (first != NULL)
		header("X-Forwarded-For", text_from(first));
	if (second != NULL)
		header("x-forwarded-for", text_from(second));
	assert_true(http_edge_apply(&edge, &request));
	if (!text_equal(request.peer, text_from(expected)))
		fail_msg("%.*s is not %s", TEXT_ARG(request.peer), expected);
}

static void names_the_client(void **state)
{
	assert_peer("203.0.113.9", NULL, "203.0.113.9");
	/* What the client itself wrote stands further left. */
	assert_peer("1.2.3.4, 203.0.113.9", NULL, "203.0.113.9");
	assert_peer("1.2.3.4", "203.0.113.9,10.1.2.3", "203.0.113.9");
	assert_peer("203.0.113.9 , 10.1.2.3, 2001:db8::5", NULL, "203.0.113.9");
	assert_peer("10.200.2.3", NULL, "10.200.2.3");
	assert_peer("10.1.2.3", NULL, "10.1.2.3");
	assert_peer("203.0.113.9:4711", NULL, "203.0.113.9");
	assert_peer("[2001:DB9::1]:443", NULL, "2001:db9::1");
	assert_peer("2001:DB9::1", NULL, "2001:db9::1");
	assert_peer("203.0.113.9, unknown", NULL, "127.0.0.1");
	assert_peer("", NULL, "127.0.0.1");
	assert_peer("[", NULL, "127.0.0.1");
	assert_peer(NULL, NULL, "127.0.0.1");
}

static void parses_networks(void **state)
{
	static const char *const bad[] = {
		"",	      "localhost",  "10.0.0.0/33", "10.0.0.0/",
		"10.0.0.0/x", "::1/129",    "127.0.0.1 ",  "/8",
		"10.0.0",     "10.0.0.1:80"};
	struct http_network network;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (http_network_parse(text_from(bad[i]), &network))
			fail_msg("%s", bad[i]);
	assert_true(http_network_parse(TEXT("0.0.0.0/0"), &network));
	edge.trusted = &network;
	edge.trusted_count = 1;
	assert_true(http_edge_trusts(&edge, TEXT("203.0.113.9")));
	assert_true(http_edge_trusts(&edge, TEXT("::ffff:203.0.113.9")));
	assert_false(http_edge_trusts(&edge, TEXT("2001:db8::1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("auth0's pair of headers is read", reads_auth0,
			       set_up, tear_down),
		test_that_with("what auth0's pair may not hold is refused",
			       refuses_auth0, set_up, tear_down),
		test_that_with("without cname-api-key the pair means nothing",
			       asks_the_edge_for_its_key, set_up, tear_down),
		test_that_with("RFC 9440's headers are read", reads_rfc9440,
			       set_up, tear_down),
		test_that_with("WSO2's header is read in its spellings",
			       reads_wso2, set_up, tear_down),
		test_that_with("Envoy's header is read, one element of it",
			       reads_envoy, set_up, tear_down),
		test_that_with("names in a certificate are no pair of Envoy's",
			       refuses_envoy_names, set_up, tear_down),
		test_that_with("nobody but a trusted peer is believed",
			       ignores_strangers, set_up, tear_down),
		test_that_with(
			"the edge's own certificate is never its client's",
			drops_the_edge_s_own, set_up, tear_down),
		test_that_with(
			"the last address that is not trusted is the client",
			names_the_client, set_up, tear_down),
		test_that_with("addresses and networks are parsed strictly",
			       parses_networks, set_up, tear_down),
	};

	return cmocka_run_group_tests_name(
		"http edge", tests, make_certificates, wipe_certificates);
}
