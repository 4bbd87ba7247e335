/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in headers: one reader per convention (RFC 9440, vendors'). */
#include "base/encoding.h"
#include "crypto/certificate.h"
#include "crypto/equal.h"
#include "http/edge.h"

#define AUTH0_SIZE_MAX 4096
#define DERS_SIZE_MAX 32768
#define HEADERS 3

typedef const char *reader(const struct http_edge *edge,
			   struct http_request *request);

/* --- What several share --- */

/* Percent-encoding alone: '+' is Base64's. */
static bool decode_percent(struct text text, struct buf *out)
{
	for (size_t i = 0; i < text.size; i++) {
		int byte;

		if (text.at[i] != '%') {
			buf_add_byte(out, text.at[i]);
			continue;
		}
		if (text.size - i < 3)
			return false;
		byte = hex_pair_value(text.at + i + 1);
		if (byte < 0)
			return false;
		buf_add_byte(out, (char)byte);
		i += 2;
	}
	return !out->is_over;
}

/* The first is the client's, the rest its chain. */
static const char *take_ders(struct text ders, struct http_request *request)
{
	struct text rest = ders;
	struct text leaf;
	struct text next;

	if (!certificate_cut(&rest, &leaf))
		return "what it carries is no certificate";
	request->certificate.chain = rest;
	while (rest.size > 0)
		if (!certificate_cut(&rest, &next))
			return "its chain holds what is no certificate";
	request->certificate.der = leaf;
	return NULL;
}

static const char *take_pem(struct text pem, struct http_request *request)
{
	struct buf ders = buf_init_arena(request->arena, DERS_SIZE_MAX);

	if (!certificate_decode_pem(pem, &ders))
		return "it is no PEM of a certificate";
	return take_ders(buf_text(&ders), request);
}

static const char *take_encoded_pem(struct text value,
				    struct http_request *request)
{
	struct buf pem = buf_init_arena(request->arena, value.size + 1);

	if (!decode_percent(value, &pem))
		return "it is not percent-encoded";
	return take_pem(buf_text(&pem), request);
}

/* --- auth0 --- */

static const char *read_auth0(const struct http_edge *edge,
			      struct http_request *request)
{
	struct text value = http_header_find(request, "client-certificate");
	struct text verdict =
		http_header_find(request, "client-certificate-ca-verified");

	if (verdict.size == 0 || text_equal(verdict, TEXT("NONE")))
		return NULL;
	if (text_equal(verdict, TEXT("SUCCESS")))
		request->certificate.verdict = HTTP_CHAIN_VERIFIED;
	else if (text_equal(verdict, TEXT("FAILED")) ||
		 text_starts_with(verdict, TEXT("FAILED:")))
		request->certificate.verdict = HTTP_CHAIN_FAILED;
	else
		return "client-certificate-ca-verified is not SUCCESS, FAILED, "
		       "FAILED:reason or NONE";
	if (value.size == 0)
		return "client-certificate-ca-verified came without "
		       "client-certificate";
	if (value.size > AUTH0_SIZE_MAX)
		return "client-certificate has more than 4096 bytes";
	return take_encoded_pem(value, request);
}

/* --- rfc9440 --- */

/* ":…:" (RFC 9651 section 3.3.5). */
static bool decode_byte_sequence(struct text item, struct buf *bytes)
{
	struct text inside = text_trim(item);

	if (inside.size < 2 || inside.at[0] != ':' ||
	    inside.at[inside.size - 1] != ':')
		return false;
	return base64_decode(text_first(text_from_byte(inside, 1),
					inside.size - 2),
			     bytes) &&
	       !bytes->is_over;
}

static const char *read_rfc9440(const struct http_edge *edge,
				struct http_request *request)
{
	struct text leaf = http_header_find(request, "Client-Cert");
	struct text chain = http_header_find(request, "Client-Cert-Chain");
	struct buf ders = buf_init_arena(request->arena, DERS_SIZE_MAX);
	struct text item;

	if (leaf.size == 0)
		return chain.size == 0
			       ? NULL
			       : "Client-Cert-Chain came without Client-Cert";
	if (!decode_byte_sequence(leaf, &ders))
		return "Client-Cert is no byte sequence (\":\", Base64, \":\")";
	while (chain.size > 0 && text_cut(&chain, ',', &item))
		if (!decode_byte_sequence(item, &ders))
			return "Client-Cert-Chain is no list of byte sequences";
	return take_ders(buf_text(&ders), request);
}

/* --- wso2 --- */

static const char *read_wso2(const struct http_edge *edge,
			     struct http_request *request)
{
	static const struct text begin = {"-----BEGIN CERTIFICATE-----", 27};
	struct text value = http_header_find(request, "x-wso2-mtls-cert");

	if (value.size == 0)
		return NULL;
	if (text_find_byte(value, '%') < value.size)
		return take_encoded_pem(value, request);
	if (text_starts_with(value, begin))
		return take_pem(value, request);
	return take_pem(arena_format(request->arena,
				     "-----BEGIN CERTIFICATE-----%.*s"
				     "-----END CERTIFICATE-----",
				     TEXT_ARG(value)),
			request);
}

/* --- envoy --- */

/* Where the pair ends: at `mark`, unless it stands in quotes. */
static size_t find_unquoted(struct text text, char mark)
{
	bool is_quoted = false;

	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '\\' && is_quoted)
			i++;
		else if (text.at[i] == '"')
			is_quoted = !is_quoted;
		else if (text.at[i] == mark && !is_quoted)
			return i;
	}
	return text.size;
}

static struct text without_quotes(struct text value)
{
	if (value.size < 2 || value.at[0] != '"' ||
	    value.at[value.size - 1] != '"')
		return value;
	return text_first(text_from_byte(value, 1), value.size - 2);
}

static struct text find_pair(struct text element, struct text wanted)
{
	struct text rest = element;

	while (rest.size > 0) {
		size_t end = find_unquoted(rest, ';');
		struct text value = text_first(rest, end);
		struct text name;

		if (text_cut(&value, '=', &name) && text_is_present(value) &&
		    text_equal_nocase(text_trim(name), wanted))
			return without_quotes(text_trim(value));
		rest = text_from_byte(rest, end + 1);
	}
	return TEXT_ABSENT;
}

/* The pairs behind Cert and Chain hold names that the client chose, without
 * quotes: what follows from one of them is not the edge's. */
static bool is_same_leaf(struct text cert, struct http_request *request)
{
	struct text leaf = request->certificate.der;

	return take_encoded_pem(cert, request) == NULL &&
	       text_equal(leaf, request->certificate.der);
}

static const char *read_chain(struct text chain, struct text cert,
			      struct http_request *request)
{
	const char *fault = take_encoded_pem(chain, request);
	struct text rest = request->certificate.chain;

	if (fault != NULL || cert.size == 0)
		return fault;
	if (!is_same_leaf(cert, request))
		return "Cert and Chain of x-forwarded-client-cert begin with "
		       "two certificates";
	request->certificate.chain = rest;
	return NULL;
}

/* Several elements would mean that somebody before the edge wrote one. */
static const char *read_envoy(const struct http_edge *edge,
			      struct http_request *request)
{
	struct text value =
		http_header_find(request, "x-forwarded-client-cert");
	struct text chain = find_pair(value, TEXT("Chain"));
	struct text cert = find_pair(value, TEXT("Cert"));

	if (value.size == 0)
		return NULL;
	if (find_unquoted(value, ',') < value.size)
		return "x-forwarded-client-cert has several elements: is "
		       "forward_client_cert_details SANITIZE_SET?";
	if (chain.size > 0)
		return read_chain(chain, cert, request);
	if (cert.size == 0)
		return "x-forwarded-client-cert has no Cert: is "
		       "set_current_client_cert_details cert: true?";
	return take_encoded_pem(cert, request);
}

/* --- All of them --- */

static const struct convention {
	const char *name;
	reader *read;
	const char *headers[HEADERS];
} conventions[HTTP_CERTIFICATE_CONVENTIONS] = {
	[HTTP_CERTIFICATE_NONE] = {"none", NULL, {NULL}},
	[HTTP_CERTIFICATE_AUTH0] = {"auth0",
				    read_auth0,
				    {"client-certificate",
				     "client-certificate-ca-verified",
				     "cname-api-key"}},
	[HTTP_CERTIFICATE_RFC9440] = {"rfc9440",
				      read_rfc9440,
				      {"Client-Cert", "Client-Cert-Chain"}},
	[HTTP_CERTIFICATE_WSO2] = {"wso2", read_wso2, {"x-wso2-mtls-cert"}},
	[HTTP_CERTIFICATE_ENVOY] = {"envoy",
				    read_envoy,
				    {"x-forwarded-client-cert"}},
};

enum http_certificate_convention
http_certificate_convention_find(struct text name)
{
	size_t found = 0;

	while (found < HTTP_CERTIFICATE_CONVENTIONS &&
	       !text_equal(name, text_from(conventions[found].name)))
		found++;
	return (enum http_certificate_convention)found;
}

static size_t count_most(const struct convention *convention,
			 const struct http_request *request)
{
	size_t most = 0;

	for (size_t i = 0; i < HEADERS && convention->headers[i] != NULL; i++) {
		size_t count =
			http_header_count(request, convention->headers[i]);

		most = count > most ? count : most;
	}
	return most;
}

bool http_edge_has_certificate(const struct http_edge *edge,
			       const struct http_request *request)
{
	return count_most(&conventions[edge->convention], request) > 0;
}

static bool is_key_right(const struct http_edge *edge,
			 const struct http_request *request)
{
	return edge->convention != HTTP_CERTIFICATE_AUTH0 ||
	       (edge->key.size > 0 &&
		equal_secret(http_header_find(request, "cname-api-key"),
			     edge->key));
}

/* A header twice: one of them is not the edge's. */
bool http_edge_read_certificate(const struct http_edge *edge,
				struct http_request *request)
{
	const struct convention *convention = &conventions[edge->convention];
	struct http_client_certificate *certificate = &request->certificate;

	if (count_most(convention, request) > 1) {
		certificate->fault = "a header of the edge came twice";
		return true;
	}
	if (!is_key_right(edge, request))
		return false;
	certificate->fault = convention->read(edge, request);
	if (certificate->fault != NULL)
		certificate->der = TEXT_ABSENT;
	return true;
}
