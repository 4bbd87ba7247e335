/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about TLS share. */
#pragma once

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "http/listener.h"

/* --- tls_tickets.c --- */

/* Keys that session tickets are sealed under (RFC 5077 section 4): in memory
 * alone, each of its own hour, and gone when the last of its tickets has ended. */
struct tls_tickets;

/* How long a session may be resumed, seconds. */
#define TLS_TICKET_FOR 7200

struct tls_tickets *tls_tickets_new(void);
/* After the last connection that may ask. */
void tls_tickets_free(struct tls_tickets **tickets);
/* Begins a new key when the current one's hour is over, forgets the old. */
void tls_tickets_renew(struct tls_tickets *tickets);
/* Lets them seal and open the tickets of its sessions. */
MUST_USE bool tls_tickets_serve(struct tls_tickets *tickets, SSL_CTX *context);

/* --- tls_staple.c --- */

/* A certificate's status as its authority signed it (RFC 6960). */
struct tls_staple {
	unsigned char *der; /* NULL: there is none */
	size_t size;
	instant from;
	instant until;
};

/*
 * Reads the response (DER) about the context's certificate. REFUSED, with a
 * sentence, unless it says "good", is signed by the issuer, which must be the
 * next certificate of the chain, or by whom the issuer has named for it, and
 * is valid now.
 */
outcome tls_staple_read(const char *file, SSL_CTX *context,
			struct tls_staple *staple_out, const char **why_out)
	MUST_USE;
MUST_USE bool tls_staple_is_valid(const struct tls_staple *staple);
/* Hands it to clients that ask (RFC 6066 section 8); the context takes it over
 * and frees it with itself. */
MUST_USE bool tls_staple_serve(struct tls_staple *staple, SSL_CTX *context);
/* That of a context; `der` NULL when it has none. Borrowed. */
struct tls_staple tls_staple_of(const SSL_CTX *context);
void tls_staple_wipe(struct tls_staple *staple);

/* --- tls_identity.c --- */

#define TLS_FILE_COUNT 3

struct http_tls {
	atomic_uint references;
	struct http_tls_options options;
	struct tls_tickets *tickets;
	pthread_mutex_t lock; /* of `context` */
	SSL_CTX *context; /* replaced whole; sessions keep the one before */
	/* Of who tends it: */
	struct stat read[TLS_FILE_COUNT]; /* when the files were read */
	struct stat seen[TLS_FILE_COUNT]; /* at the last look */
	bool is_staple_stale;
};

/* What new connections begin with; a reference, to be freed. */
SSL_CTX *tls_identity_context(struct http_tls *tls);
/* A sentence about the newest of OpenSSL's errors, which it clears; valid until
 * the thread's next. */
const char *tls_identity_say_why(const char *what, const char *file);

/* --- tls.c --- */

/* All that does not come from files. */
MUST_USE bool http_tls_set_rules(SSL_CTX *context,
				 const struct http_tls_options *options);
