/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of an edge: what is taken for a certificate is one. The first byte
 * says which convention, each line that follows is a header's value. */
#include <stdint.h>

#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "http/edge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[HTTP_CERTIFICATE_CONVENTIONS][3] = {
	[HTTP_CERTIFICATE_AUTH0] = {"client-certificate",
				    "client-certificate-ca-verified",
				    "X-Forwarded-For"},
	[HTTP_CERTIFICATE_RFC9440] = {"Client-Cert", "Client-Cert-Chain",
				      "X-Forwarded-For"},
	[HTTP_CERTIFICATE_WSO2] = {"x-wso2-mtls-cert", "X-Forwarded-For"},
	[HTTP_CERTIFICATE_ENVOY] = {"x-forwarded-client-cert",
				    "X-Forwarded-For"},
};

static void check(const struct http_client_certificate *certificate)
{
	struct certificate *parsed = NULL;

	MUST(certificate->fault == NULL || !text_is_present(certificate->der));
	if (!text_is_present(certificate->der) ||
	    certificate->der.size > CERTIFICATE_SIZE_MAX)
		return;
	MUST(certificate_parse(certificate->der, &parsed) == DONE);
	certificate_free(&parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(16 * size + ((size_t)1 << 20));
	struct text rest = text_of(data + 1, size > 0 ? size - 1 : 0);
	struct http_header headers[4] = {{TEXT("cname-api-key"), TEXT("key")}};
	struct http_network here = {.bits = 0};
	struct http_request request = {
		.arena = arena,
		.headers = headers,
		.header_count = 1,
		.peer = TEXT("127.0.0.1"),
	};
	struct http_edge edge = {
		.trusted = &here,
		.trusted_count = 1,
		.key = TEXT("key"),
		.reads_forwarded_for = true,
	};
	struct text line;

	MUST(crypto_open() == DONE);
	edge.convention = (enum http_certificate_convention)(
		size > 0 ? data[0] % HTTP_CERTIFICATE_CONVENTIONS : 0);
	while (size > 1 && request.header_count < COUNT_OF(headers) &&
	       text_cut(&rest, '\n', &line)) {
		const char *name =
			names[edge.convention][request.header_count - 1];

		if (name == NULL)
			break;
		headers[request.header_count++] =
			(struct http_header){text_from(name), line};
	}
	MUST(http_edge_apply(&edge, &request));
	check(&request.certificate);
	arena_free(&arena);
	return 0;
}
