/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies whose word is taken: for a client's address and its certificate. */
#pragma once

#include "http/http.h"

/* Addresses that share their first bits; IPv4 as ::ffff:0:0/96. */
struct http_network {
	unsigned char address[16];
	unsigned int bits;
};

/* "192.0.2.1", "10.0.0.0/8", "2001:db8::/32"; false for anything else. */
MUST_USE bool http_network_parse(struct text text,
				 struct http_network *network_out);

/* In which headers an edge hands on the certificate that its client showed. */
enum http_certificate_convention {
	HTTP_CERTIFICATE_NONE,
	/* client-certificate (PEM, percent-encoded, at most 4096 bytes),
	 * client-certificate-ca-verified, and cname-api-key as the edge's own
	 * secret */
	HTTP_CERTIFICATE_AUTH0,
	/* Client-Cert and Client-Cert-Chain (RFC 9440) */
	HTTP_CERTIFICATE_RFC9440,
	/* x-wso2-mtls-cert: PEM or the Base64 inside it */
	HTTP_CERTIFICATE_WSO2,
	/* x-forwarded-client-cert, its Cert or Chain */
	HTTP_CERTIFICATE_ENVOY,
	HTTP_CERTIFICATE_CONVENTIONS,
};

/* HTTP_CERTIFICATE_CONVENTIONS when there is none of that name. */
enum http_certificate_convention
http_certificate_convention_find(struct text name);

struct http_edge {
	const struct http_network *trusted;
	size_t trusted_count;
	enum http_certificate_convention convention;
	struct text key; /* of convention auth0; a secret */
	bool reads_forwarded_for;
};

bool http_edge_trusts(const struct http_edge *edge, struct text address);

/*
 * Lets a trusted edge (the request's peer is one of its addresses) say who the
 * client is: `peer` becomes the last address of X-Forwarded-For that is not
 * trusted, `certificate` what the headers of the convention carry (of none:
 * nothing), never the edge's own. What cannot be read leaves its `fault`. From anyone else such
 * headers mean nothing: false when some came. `edge` may be NULL.
 */
MUST_USE bool http_edge_apply(const struct http_edge *edge,
			      struct http_request *request);

/* --- edge_certificate.c, for edge.c --- */

/* Whether any header of the convention is there. */
bool http_edge_has_certificate(const struct http_edge *edge,
			       const struct http_request *request);
/* Reads them; false when the edge did not prove itself by its key. */
MUST_USE bool http_edge_read_certificate(const struct http_edge *edge,
					 struct http_request *request);
