/* SPDX-License-Identifier: Apache-2.0 */
/* A request and its reply, as the rooms above see them (RFC 9110). */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/instant.h"

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER,
};

struct http_header {
	struct text name; /* as sent; compared without case */
	struct text value;
};

/* What a trusted edge said of the chain that a client showed (http/edge.h). */
enum http_chain_verdict {
	HTTP_CHAIN_UNJUDGED, /* nobody: it is to be verified here */
	HTTP_CHAIN_VERIFIED, /* by the edge, against authorities of its own */
	HTTP_CHAIN_FAILED, /* not verified by the edge, perhaps self-signed */
};

/*
 * The certificate whose key the client has proven to have, in the TLS handshake
 * with us or with an edge that we trust. That it has one says nothing about who
 * it is: nobody has judged the chain unless `verdict` says so.
 */
struct http_client_certificate {
	struct text der; /* one, whole; absent: none */
	struct text chain; /* what came with it: DERs one after the other */
	enum http_chain_verdict verdict;
	const char *fault; /* why the edge's headers cannot be read, or NULL */
};

/*
 * One request, whole. All texts are borrowed from the connection or the arena
 * and live until the reply is sent. `path` is raw: exactly the bytes between the
 * origin and '?', never decoded or normalised (attack H10); `query` is what
 * follows the first '?', absent when there is none. `host` is empty for an HTTP/1.0
 * request that names none (proxies' health checks do not).
 */
struct http_request {
	struct arena *arena; /* for whoever answers */
	enum http_method method;
	struct text method_name;
	struct text path;
	struct text query;
	struct text host; /* authority: Host or :authority, not checked */
	struct http_header *headers;
	size_t header_count;
	struct text body;
	/* The client's address without port: of the connection, or as a trusted
	 * edge says. */
	struct text peer;
	struct http_client_certificate certificate;
	bool is_tls;
	instant arrived_at;
};

/* The only header of that name; absent when there is none or there are several
 * (http_header_count tells). */
struct text http_header_find(const struct http_request *request,
			     const char *name);
size_t http_header_count(const struct http_request *request, const char *name);

/* Whether it is a token (RFC 9110 section 5.6.2): what the names of headers,
 * methods and cookies are. */
bool http_is_token(struct text text);

/*
 * The media type of the body without parameters, e.g. "application/json", with
 * surrounding space trimmed; absent when there is not exactly one Content-Type.
 */
struct text http_content_type(const struct http_request *request);

#define HTTP_REPLY_MAX (1024 * 1024)

/* A reply under construction. Headers are written as they are added. */
struct http_reply {
	int status;
	struct buf headers; /* "Name: value\r\n"… */
	struct buf body;
	bool must_close; /* close the connection afterwards */
};

/*
 * Adds a header. A name or value with CR, LF, NUL or another control is our own
 * bug or an attack (H14): the reply is marked and answered as 500.
 */
void http_reply_header(struct http_reply *reply, const char *name,
		       struct text value);
void http_reply_header_format(struct http_reply *reply, const char *name,
			      const char *format, ...) PRINTF_LIKE(3, 4);
bool http_reply_has_header(const struct http_reply *reply, const char *name);

/* What the layer above is: answers one request, in a task of the loop, where it
 * may park. Fills the reply; the layer below adds Date, Content-Length and
 * Connection, and for HEAD leaves the body out. */
struct http_service {
	void (*answer)(struct http_service *service,
		       const struct http_request *request,
		       struct http_reply *reply);
};

const char *http_status_phrase(int status);
