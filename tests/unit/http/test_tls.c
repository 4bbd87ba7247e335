/* SPDX-License-Identifier: Apache-2.0 */
/* TLS as RFC 9325 wants it, seen by OpenSSL's own client (H17). */
#include "suite.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <unistd.h>

#include "base/event.h"
#include "certificate.h"
#include "h2_client.h"
#include "server.h"

#define LOOK(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static struct certificate certificate;
static struct server server;
static struct http_tls *tls;
static SSL_CTX *context;
static struct buf received;

static int make_certificate(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the composition root does */
	event_log_to(open("/dev/null", O_WRONLY | O_CLOEXEC), EVENT_INFO);
	certificate_make(&certificate);
	return 0;
}

static int wipe_certificate(void **state)
{
	(void)state;
	certificate_wipe(&certificate);
	return 0;
}

static int start(bool asks_certificates, bool allows_http2)
{
	const struct http_tls_options options = {
		.certificate_file = certificate.certificate_file,
		.key_file = certificate.key_file,
		.asks_certificates = asks_certificates,
		.allows_http2 = allows_http2,
	};
	const char *why = "";

	if (http_tls_new(&options, &tls, &why) != DONE)
		fail_msg("%s", why);
	server = (struct server){.limits = http_limits_default};
	server.limits.head_ms = 2000;
	server_start(&server, tls);
	/* The listener keeps its own reference. */
	http_tls_unref(&tls);
	assert_null(tls);
	context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(context, 0);
	received = buf_init(16 << 20);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return start(false, false);
}

static int set_up_http2(void **state)
{
	(void)state;
	return start(false, true);
}

static int set_up_asking(void **state)
{
	(void)state;
	return start(true, false);
}

static int tear_down(void **state)
{
	(void)state;
	server_stop(&server);
	SSL_CTX_free(context);
	buf_wipe(&received);
	return 0;
}

/* NULL when the server does not want it. */
static SSL *try_connect(void)
{
	SSL *ssl = SSL_new(context);

	assert_int_equal(SSL_set_fd(ssl, client_connect(&server)), 1);
	if (SSL_connect(ssl) == 1)
		return ssl;
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
	return NULL;
}

static SSL *connect_tls(void)
{
	SSL *ssl = try_connect();

	if (ssl == NULL)
		fail_msg("%s", ERR_reason_error_string(ERR_peek_error()));
	return ssl;
}

static void end(SSL *ssl)
{
	SSL_shutdown(ssl);
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
}

static void send_tls(SSL *ssl, const char *bytes)
{
	size_t size = strlen(bytes);

	assert_int_equal(SSL_write(ssl, bytes, (int)size), (int)size);
}

static void receive_tls(SSL *ssl, const char *mark, size_t count)
{
	char piece[16384];

	while (count_in(&received, mark) < count) {
		int got = SSL_read(ssl, piece, sizeof(piece));

		if (got <= 0)
			fail_msg("nothing more after: %.*s",
				 TEXT_ARG(buf_text(&received)));
		buf_add(&received, text_of(piece, (size_t)got));
	}
}

static void assert_serves(void)
{
	SSL *ssl = connect_tls();

	received.size = 0;
	send_tls(ssl, LOOK("/echo?tls"));
	receive_tls(ssl, "GET /echo?tls ", 1);
	end(ssl);
}

static void serves(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		SSL *ssl;

		SSL_CTX_set_min_proto_version(context, versions[i]);
		SSL_CTX_set_max_proto_version(context, versions[i]);
		received.size = 0;
		ssl = connect_tls();
		send_tls(ssl, LOOK("/echo?first"));
		receive_tls(ssl, "?first ", 1);
		send_tls(ssl, LOOK("/sleep") LOOK("/echo?last"));
		receive_tls(ssl, "?last ", 1);
		assert_int_equal(count_in(&received, "slept"), 1);
		end(ssl);
		SSL_CTX_set_max_proto_version(context, 0);
		SSL_CTX_set_min_proto_version(context, 0);
	}
	server_await_connections(&server, 0);
}

static void sends_big_replies(void **state)
{
	static char piece[65536];
	size_t count = 0;
	SSL *ssl = connect_tls();
	int got;

	(void)state;
	send_tls(ssl, LOOK("/big") LOOK("/big") LOOK("/close"));
	usleep(100000); /* until nothing more fits into the sockets */
	while ((got = SSL_read(ssl, piece, sizeof(piece))) > 0)
		for (int i = 0; i < got; i++)
			count += piece[i] == 'x';
	assert_int_equal(count, 2 * SERVER_BIG_SIZE);
	/* The end was told (close_notify), not just the connection cut. */
	assert_int_equal(SSL_get_error(ssl, got), SSL_ERROR_ZERO_RETURN);
	end(ssl);
}

static void refuses_old_versions(void **state)
{
	static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		SSL_CTX_set_min_proto_version(context, versions[i]);
		SSL_CTX_set_max_proto_version(context, versions[i]);
		assert_null(try_connect());
		assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
				 SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
		ERR_clear_error();
	}
}

static void refuses_weak_ciphers(void **state)
{
	static const char *const weak[] = {
		"AES128-GCM-SHA256",
		"ECDHE-RSA-AES128-SHA256",
		"ECDHE-RSA-AES128-SHA",
		"DHE-RSA-AES128-GCM-SHA256",
		"ECDHE-RSA-CAMELLIA128-SHA256",
		"AES256-SHA",
	};

	(void)state;
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	for (size_t i = 0; i < COUNT_OF(weak); i++) {
		if (SSL_CTX_set_cipher_list(context, weak[i]) != 1)
			fail_msg("the client does not know %s", weak[i]);
		if (try_connect() != NULL)
			fail_msg("%s was accepted", weak[i]);
		ERR_clear_error();
	}
	assert_int_equal(SSL_CTX_set_cipher_list(context,
						 "ECDHE-RSA-CHACHA20-POLY1305"),
			 1);
	assert_serves();
}

/* Without the extended master secret a session of 1.2 can be moved to another
 * handshake (RFC 7627). */
static void refuses_unbound_sessions(void **state)
{
	char piece[16];
	SSL *ssl;

	(void)state;
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	ssl = try_connect();
	if (ssl != NULL) {
		(void)SSL_write(ssl, LOOK("/echo"), sizeof(LOOK("/echo")) - 1);
		assert_true(SSL_read(ssl, piece, sizeof(piece)) <= 0);
		end(ssl);
	}
	server_await_connections(&server, 0);
	SSL_CTX_clear_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	assert_serves();
}

static void refuses_renegotiation(void **state)
{
	SSL *ssl;

	(void)state;
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	ssl = connect_tls();
	assert_int_equal(SSL_renegotiate(ssl), 1);
	assert_true(SSL_do_handshake(ssl) <= 0);
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
			 SSL_R_NO_RENEGOTIATION);
	ERR_clear_error();
	end(ssl);
}

static void chooses_the_protocol(void **state)
{
	static const unsigned char both[] = "\x02h2\x08http/1.1";
	static const unsigned char other[] = "\x02h2";
	const unsigned char *chosen;
	unsigned int size;
	SSL *ssl;

	(void)state;
	assert_int_equal(
		SSL_CTX_set_alpn_protos(context, both, sizeof(both) - 1), 0);
	ssl = connect_tls();
	SSL_get0_alpn_selected(ssl, &chosen, &size);
	assert_true(text_equal(text_of(chosen, size), TEXT("http/1.1")));
	end(ssl);
	assert_int_equal(
		SSL_CTX_set_alpn_protos(context, other, sizeof(other) - 1), 0);
	assert_null(try_connect());
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
			 SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
	ERR_clear_error();
}

static void assert_chosen(SSL *ssl, const char *protocol)
{
	const unsigned char *chosen;
	unsigned int size;

	SSL_get0_alpn_selected(ssl, &chosen, &size);
	assert_true(text_equal(text_of(chosen, size), text_from(protocol)));
}

static void speaks_http2(void **state)
{
	static const unsigned char both[] = "\x08http/1.1\x02h2";
	struct buf out = buf_init(4096);
	SSL *ssl;

	(void)state;
	SSL_CTX_set_alpn_protos(context, both, sizeof(both) - 1);
	ssl = connect_tls();
	assert_chosen(ssl, "h2");
	buf_add(&out, TEXT(H2_PREFACE));
	h2_add_frame(&out, H2_SETTINGS, 0, 0, TEXT(""));
	for (uint32_t i = 0; i < 8; i++)
		h2_add_get(&out, 1 + 2 * i, "/echo?over-tls");
	assert_int_equal(SSL_write(ssl, out.at, (int)out.size), out.size);
	receive_tls(ssl, "GET /echo?over-tls ", 8);
	end(ssl);
	server_await_connections(&server, 0);
	/* Who asks for neither gets HTTP/1.1, and so does who asks for it. */
	SSL_CTX_set_alpn_protos(context, both, 9);
	ssl = connect_tls();
	assert_chosen(ssl, "http/1.1");
	end(ssl);
	SSL_CTX_set_alpn_protos(context, NULL, 0);
	assert_serves();
	buf_wipe(&out);
}

static void resumes_without_early_data(void **state)
{
	SSL_SESSION *session;
	SSL *ssl;

	(void)state;
	ssl = connect_tls();
	send_tls(ssl, LOOK("/echo?one"));
	receive_tls(ssl, "?one ", 1);
	session = SSL_get1_session(ssl);
	assert_true(SSL_SESSION_is_resumable(session));
	assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
	end(ssl);
	ssl = SSL_new(context);
	assert_int_equal(SSL_set_session(ssl, session), 1);
	assert_int_equal(SSL_set_fd(ssl, client_connect(&server)), 1);
	assert_int_equal(SSL_connect(ssl), 1);
	assert_true(SSL_session_reused(ssl));
	send_tls(ssl, LOOK("/echo?two"));
	receive_tls(ssl, "?two ", 1);
	end(ssl);
	SSL_SESSION_free(session);
}

static void wear(const char *certificate_file, const char *key_file)
{
	assert_int_equal(SSL_CTX_use_certificate_file(context, certificate_file,
						      SSL_FILETYPE_PEM),
			 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(context, key_file,
						     SSL_FILETYPE_PEM),
			 1);
}

/* What /certificate says, over each version. */
static void assert_shown(const char *expected)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		SSL *ssl;

		SSL_CTX_set_min_proto_version(context, versions[i]);
		SSL_CTX_set_max_proto_version(context, versions[i]);
		ssl = connect_tls();
		received.size = 0;
		send_tls(ssl, LOOK("/certificate"));
		receive_tls(ssl, "bytes of certificate", 1);
		assert_int_equal(count_in(&received, expected), 1);
		assert_false(SSL_SESSION_is_resumable(SSL_get_session(ssl)));
		end(ssl);
	}
}

static void asks_for_certificates(void **state)
{
	char expected[64];

	(void)state;
	assert_shown("\r\n\r\n0 bytes of certificate");
	wear(certificate.certificate_file, certificate.key_file);
	snprintf(expected, sizeof(expected), "\r\n\r\n%d bytes of certificate",
		 i2d_X509(SSL_CTX_get0_certificate(context), NULL));
	assert_shown(expected);
}

static void asks_nobody_unless_told(void **state)
{
	SSL *ssl;

	(void)state;
	wear(certificate.certificate_file, certificate.key_file);
	ssl = connect_tls();
	send_tls(ssl, LOOK("/certificate"));
	receive_tls(ssl, "\r\n\r\n0 bytes of certificate", 1);
	end(ssl);
}

static void closes_plain_ones(void **state)
{
	int fd = client_connect(&server);

	(void)state;
	client_send(fd, LOOK("/echo"));
	client_receive_all(fd, &received);
	assert_int_equal(count_in(&received, "HTTP/1.1 200"), 0);
	close(fd);
	server_await_connections(&server, 0);
}

static void closes_slow_handshakes(void **state)
{
	int fd = client_connect(&server);

	(void)state;
	client_send(fd, "\x16\x03");
	client_receive_all(fd, &received);
	assert_int_equal(received.size, 0);
	close(fd);
	server_await_connections(&server, 0);
}

static void refuses_files(void **state)
{
	const struct http_tls_options rows[] = {
		{"/nonexistent/a.pem", certificate.key_file, NULL, false,
		 false},
		{certificate.certificate_file, "/nonexistent/b.pem", NULL,
		 false, false},
		{certificate.key_file, certificate.key_file, NULL, false,
		 false},
		{certificate.certificate_file, certificate.certificate_file,
		 NULL, false, false},
		{certificate.certificate_file, certificate.other_key_file, NULL,
		 false, false},
		{certificate.certificate_file, certificate.encrypted_key_file,
		 NULL, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_tls *refused = NULL;
		const char *why = NULL;

		assert_int_equal(http_tls_new(&rows[i], &refused, &why),
				 REFUSED);
		assert_null(refused);
		assert_non_null(strstr(why, ".pem"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("TLS 1.2 and 1.3 serve requests", serves, set_up,
			       tear_down),
		test_that_with("big replies arrive whole, and their end",
			       sends_big_replies, set_up, tear_down),
		test_that_with("TLS 1.0 and 1.1 are refused by an alert",
			       refuses_old_versions, set_up, tear_down),
		test_that_with("1.2 speaks only ECDHE with AEAD ciphers",
			       refuses_weak_ciphers, set_up, tear_down),
		test_that_with("1.2 without extended master secret is refused",
			       refuses_unbound_sessions, set_up, tear_down),
		test_that_with("renegotiation is refused",
			       refuses_renegotiation, set_up, tear_down),
		test_that_with("ALPN chooses http/1.1 or refuses",
			       chooses_the_protocol, set_up, tear_down),
		test_that_with("a client that may speak HTTP/2 does (ALPN)",
			       speaks_http2, set_up_http2, tear_down),
		test_that_with("tickets resume, without early data",
			       resumes_without_early_data, set_up, tear_down),
		test_that_with(
			"client certificates are asked for and handed on",
			asks_for_certificates, set_up_asking, tear_down),
		test_that_with("without the setting nobody is asked for one",
			       asks_nobody_unless_told, set_up, tear_down),
		test_that_with("plain HTTP is not answered", closes_plain_ones,
			       set_up, tear_down),
		test_that_with("a handshake that stops is cut off",
			       closes_slow_handshakes, set_up, tear_down),
		test_that("files that cannot serve are refused", refuses_files),
	};

	return cmocka_run_group_tests_name("http tls", tests, make_certificate,
					   wipe_certificate);
}
