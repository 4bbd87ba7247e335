/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2 and 1.3 as RFC 9325 wants them: the rules, and each connection. */
#include <openssl/err.h>
#include <sys/epoll.h>

#include "base/event.h"
#include "http/connection.h"
#include "http/tls_internal.h"

#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS "X25519:P-256:P-384"
/* All that a client may show of itself. */
#define CLIENT_CHAIN_SIZE_MAX 32768

/* --- A server's settings --- */

/* What is spoken inside, best first, as lists of ALPN name it (RFC 7301). */
static const struct text protocols = {"\x02h2\x08http/1.1", 12};
static const struct text protocols_without_2 = {"\x08http/1.1", 9};

static int choose_protocol(SSL *ssl, const unsigned char **chosen,
			   unsigned char *chosen_size,
			   const unsigned char *offered,
			   unsigned int offered_size, void *context)
{
	const struct text *spoken = context;
	unsigned char *found;

	(void)ssl;
	if (SSL_select_next_proto(&found, chosen_size,
				  (const unsigned char *)spoken->at,
				  (unsigned int)spoken->size, offered,
				  offered_size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*chosen = found;
	return SSL_TLSEXT_ERR_OK;
}

static void set_protocols(SSL_CTX *context, bool allows_http2)
{
	const struct text *spoken = allows_http2 ? &protocols
						 : &protocols_without_2;

	SSL_CTX_set_alpn_select_cb(context, choose_protocol,
				   (void *)(uintptr_t)spoken);
}

/* An encrypted key is refused, rather than asked for on a terminal. */
static int no_passphrase(char *at, int size, int is_for_writing, void *context)
{
	(void)at;
	(void)size;
	(void)is_for_writing;
	(void)context;
	return 0;
}

/* Whose certificate it is, and whether to believe it, is judged above. */
static int accept_any(X509_STORE_CTX *context, void *unused)
{
	(void)context;
	(void)unused;
	return 1;
}

/* A ticket does not carry the chain: sessions are not resumed then. */
static void ask_certificates(SSL_CTX *context)
{
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, accept_any, NULL);
	SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_SIZE_MAX);
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
	MUST(SSL_CTX_set_num_tickets(context, 0) == 1);
}

bool http_tls_set_rules(SSL_CTX *context,
			const struct http_tls_options *options)
{
	static const unsigned char session_context[] = "licet";

	SSL_CTX_set_security_level(context, 2);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_NO_COMPRESSION |
					     SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
					  SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Tickets, not a cache: nothing is kept per session here. */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	set_protocols(context, options->allows_http2);
	if (options->asks_certificates)
		ask_certificates(context);
	return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(context, CIPHERS_1_2) == 1 &&
	       SSL_CTX_set1_groups_list(context, GROUPS) == 1 &&
	       SSL_CTX_set_max_early_data(context, 0) == 1 &&
	       SSL_CTX_set_session_id_context(context, session_context,
					      sizeof(session_context) - 1) == 1;
}

/* --- One connection --- */

struct ssl_st *http_tls_open(struct http_tls *tls, int fd)
{
	SSL_CTX *context = tls_identity_context(tls);
	SSL *session = SSL_new(context);

	SSL_CTX_free(context);
	if (session == NULL || SSL_set_fd(session, fd) != 1) {
		SSL_free(session);
		ERR_clear_error();
		return NULL;
	}
	SSL_set_accept_state(session);
	return session;
}

static void add_der(X509 *x509, struct buf *ders)
{
	unsigned char *at = NULL;
	int size = i2d_X509(x509, &at);

	if (size > 0)
		buf_add(ders, text_of(at, (size_t)size));
	OPENSSL_free(at);
}

void http_tls_client_certificate(struct ssl_st *session, struct arena *arena,
				 struct http_client_certificate *shown_out)
{
	struct buf leaf = buf_init_arena(arena, CLIENT_CHAIN_SIZE_MAX);
	struct buf chain = buf_init_arena(arena, CLIENT_CHAIN_SIZE_MAX);
	X509 *x509 = SSL_get0_peer_certificate(session);
	STACK_OF(X509) *shown = SSL_get_peer_cert_chain(session);

	*shown_out = (struct http_client_certificate){.fault = NULL};
	if (x509 == NULL)
		return;
	add_der(x509, &leaf);
	/* A server's view of the chain leaves the leaf out. */
	for (int i = 0; i < sk_X509_num(shown); i++)
		add_der(sk_X509_value(shown, i), &chain);
	shown_out->der = buf_text(&leaf);
	shown_out->chain = buf_text(&chain);
	ERR_clear_error();
}

/* Reads the error queue right after the call that filled it. */
static struct io failed(SSL *session, int result)
{
	switch (SSL_get_error(session, result)) {
	case SSL_ERROR_WANT_READ:
		return (struct io){.state = IO_AGAIN, .wants = EPOLLIN};
	case SSL_ERROR_WANT_WRITE:
		return (struct io){.state = IO_AGAIN, .wants = EPOLLOUT};
	case SSL_ERROR_ZERO_RETURN:
		return (struct io){.state = IO_ENDED};
	default:
		return (struct io){.state = IO_BROKEN};
	}
}

static void tell_refused(const char *why)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "http.tls.refused");
	event_string(&event, "why", why);
	event_end(&event);
}

/* Sessions of 1.2 must be bound to their handshake (RFC 9325 section 3.5). */
static bool is_bound(SSL *session)
{
	if (SSL_version(session) != TLS1_2_VERSION ||
	    SSL_get_extms_support(session) == 1)
		return true;
	tell_refused("no extended master secret");
	return false;
}

struct io http_tls_handshake(struct ssl_st *session)
{
	const char *reason;
	struct io io;
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(session);
	if (result == 1)
		return (struct io){.state = is_bound(session) ? IO_DONE
							      : IO_BROKEN};
	io = failed(session, result);
	reason = ERR_reason_error_string(ERR_peek_error());
	/* Silent when the peer simply went away. */
	if (io.state != IO_AGAIN && reason != NULL)
		tell_refused(reason);
	ERR_clear_error();
	return io;
}

bool http_tls_speaks_http2(struct ssl_st *session)
{
	const unsigned char *at;
	unsigned int size;

	SSL_get0_alpn_selected(session, &at, &size);
	return text_equal(text_of(at, size), TEXT("h2"));
}

struct io http_tls_read(struct ssl_st *session, char *at, size_t size)
{
	size_t got = 0;
	int result;

	ERR_clear_error();
	result = SSL_read_ex(session, at, size, &got);
	if (result == 1)
		return (struct io){.state = IO_DONE, .size = got};
	return failed(session, result);
}

struct io http_tls_write(struct ssl_st *session, struct text bytes)
{
	size_t sent = 0;
	int result;

	ERR_clear_error();
	result = SSL_write_ex(session, bytes.at, bytes.size, &sent);
	if (result == 1)
		return (struct io){.state = IO_DONE, .size = sent};
	return failed(session, result);
}

void http_tls_end(struct ssl_st *session)
{
	ERR_clear_error();
	(void)SSL_shutdown(session);
	ERR_clear_error();
}

void http_tls_close(struct ssl_st **session)
{
	SSL_free(TAKE(*session));
}
