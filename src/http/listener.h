/* SPDX-License-Identifier: Apache-2.0 */
/* Accepts connections on a loop and turns them into requests and replies. */
#pragma once

#include "http/edge.h"
#include "loop/loop.h"

struct http_listener;
struct http_tls; /* a server's certificate and settings; counted */

/*
 * What one connection may cost; all are maxima, and a time of 0 is none. When
 * all connections are taken, one gives way to the next: one that is idle, else
 * one that has been slow for a second, rather of the address that has the most.
 * When there is none, new ones wait in the kernel (event http.listener.full).
 */
struct http_limits {
	size_t head_size; /* request line and headers, bytes: 16384 */
	size_t header_count; /* 100 */
	size_t body_size; /* 65536 */
	unsigned int head_ms; /* first byte to end of head: 10000 */
	unsigned int body_ms; /* end of head to end of body: 20000 */
	unsigned int idle_ms; /* between requests: 60000 */
	unsigned int write_ms; /* a reply's bytes without progress: 20000 */
	size_t connection_count; /* per listener: 10000 */
	/* Of one address (IPv6: one /64) that is no trusted edge; 0: as many
	 * as there are. */
	size_t connection_count_per_address;
};

extern const struct http_limits http_limits_default;

/*
 * What all connections of one loop hold together, and may: requests, replies
 * that wait, stacks of tasks, TLS. When a request finds no room, requests that
 * have been slow for a second give way to it, else it is answered 503 with
 * Retry-After; new connections wait in the kernel meanwhile.
 */
struct http_budget {
	_Atomic size_t share; /* bytes; 0: without end; any thread sets it */
	size_t held;
};

struct http_listener_options {
	const char *address; /* "127.0.0.1", "::1", "0.0.0.0" */
	uint16_t port; /* 0: the kernel chooses */
	bool shares_port; /* SO_REUSEPORT, one listener per loop */
	struct http_tls *tls; /* NULL: plain; borrowed, referenced */
	struct http_service *service;
	/* A plain client may speak HTTP/2 from the first byte on; a TLS one is
	 * asked by `tls`. */
	bool allows_http2;
	const struct http_limits *limits; /* borrowed */
	struct http_budget *budget; /* borrowed; outlives tasks; NULL: none */
	const struct http_edge
		*edge; /* NULL: nobody's word is taken; borrowed */
};

/* Listens at once. REFUSED, with a sentence (arena-free, static buffer of the
 * thread) in *why_out, when the address cannot be bound. */
outcome http_listener_open(struct loop *loop,
			   const struct http_listener_options *options,
			   struct http_listener **listener_out,
			   const char **why_out) MUST_USE;
uint16_t http_listener_port(const struct http_listener *listener);
/*
 * Draining: closes the listening socket and idle connections at once, answers
 * what is under way with "Connection: close", or behind a GOAWAY. http_listener_is_idle tells when
 * nothing is left.
 */
void http_listener_drain(struct http_listener *listener);
bool http_listener_is_idle(const struct http_listener *listener);
/* Cuts what is left. */
void http_listener_close(struct http_listener **listener);

/* All borrowed; must outlive it. */
struct http_tls_options {
	const char *certificate_file; /* PEM: the certificate, then its chain */
	const char *key_file; /* PEM, not encrypted */
	/* DER of an OCSP response, handed to clients that ask while it is good
	 * and fresh; NULL: none. */
	const char *ocsp_file;
	/*
	 * Asks clients for a certificate. Any will do, also a self-signed one or
	 * none: the client proves that it has the key, all else is judged above.
	 * Sessions are not resumed then, because a ticket does not carry the
	 * chain.
	 */
	bool asks_certificates;
	bool allows_http2; /* clients may choose it (ALPN) */
};

/*
 * TLS 1.2 and 1.3 (RFC 9325): for 1.2 only ECDHE with AES-GCM or ChaCha20, no
 * renegotiation, no early data; sessions are resumed by tickets whose keys live
 * in memory for three hours. REFUSED with a sentence when certificate or key
 * cannot be read or do not belong together.
 */
outcome http_tls_new(const struct http_tls_options *options,
		     struct http_tls **tls_out, const char **why_out) MUST_USE;
/*
 * To be called about every second, always by one thread: reads files anew that
 * have changed and then been left alone since the call before (or all, when
 * `reads_anew`), and renews the tickets' keys. New connections get what the
 * files say; when they cannot serve, the old stay, and an event says why.
 */
void http_tls_tend(struct http_tls *tls, bool reads_anew);
void http_tls_unref(struct http_tls **tls);
