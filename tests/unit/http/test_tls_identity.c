/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that change while they serve, staples (RFC 6960), tickets. */
#include "suite.h"

#include <fcntl.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../authority.h"
#include "base/event.h"
#include "loop/clock.h"
#include "server.h"

#define HOUR 3600

static char folder[64];
static char certificate_file[96];
static char key_file[96];
static char ocsp_file[96];
static char event_file[96];

static EVP_PKEY *issuer_key;
static EVP_PKEY *other_key;
static X509 *issuer;
static X509 *leaf; /* in certificate_file now */
static struct server server;
static struct http_tls *tls;
static SSL_CTX *context;

/* --- Files --- */

static void write_bytes(const char *file, struct text bytes)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	assert_int_equal(fwrite(bytes.at, 1, bytes.size, stream), bytes.size);
	fclose(stream);
}

static X509 *issue(EVP_PKEY *key, const char *subject, bool is_authority)
{
	long now = (long)(instant_to_seconds(clock_now()) - AUTHORITY_NOW);
	const struct authority_order order = {
		.subject = subject,
		.issuer = "CN=issuer",
		.key = key,
		.signer = issuer_key,
		.is_authority = is_authority,
		/* OpenSSL judges these by a clock that no test moves. */
		.from_for = now - 720 * HOUR,
		.until_for = now + 720 * HOUR,
	};
	struct buf der = buf_init(65536);
	const unsigned char *at;
	X509 *x509;

	authority_issue(&order, &der);
	at = (const unsigned char *)der.at;
	x509 = d2i_X509(NULL, &at, (long)der.size);
	assert_non_null(x509);
	buf_wipe(&der);
	return x509;
}

static void write_key(EVP_PKEY *key)
{
	FILE *stream = fopen(key_file, "w");

	assert_non_null(stream);
	assert_int_equal(PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL,
					      NULL),
			 1);
	fclose(stream);
}

/* A new leaf for the key, then the issuer. */
static void write_chain(EVP_PKEY *key)
{
	FILE *stream = fopen(certificate_file, "w");

	X509_free(leaf);
	leaf = issue(key, "CN=localhost", false);
	assert_non_null(stream);
	assert_int_equal(PEM_write_X509(stream, leaf), 1);
	assert_int_equal(PEM_write_X509(stream, issuer), 1);
	fclose(stream);
}

/* How a response is to be; what is left out is good. */
struct response {
	int status;
	long until_for; /* 0: an hour */
	X509 *about; /* NULL: the leaf */
	EVP_PKEY *signer; /* NULL: the issuer's */
	X509 *signer_certificate;
	bool by_sha256; /* the certificate's id */
};

static void write_response(const struct response *wanted)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id =
		OCSP_cert_to_id(wanted->by_sha256 ? EVP_sha256() : EVP_sha1(),
				wanted->about ? wanted->about : leaf, issuer);
	long until = wanted->until_for != 0 ? wanted->until_for : HOUR;
	time_t now = (time_t)instant_to_seconds(clock_now());
	ASN1_TIME *from_time = ASN1_TIME_set(NULL, now - 60);
	ASN1_TIME *until_time = ASN1_TIME_set(NULL, now + until);
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	int size;

	assert_non_null(OCSP_basic_add1_status(
		basic, id, wanted->status, 0,
		wanted->status == V_OCSP_CERTSTATUS_REVOKED ? from_time : NULL,
		from_time, until_time));
	assert_int_equal(OCSP_basic_sign(basic,
					 wanted->signer_certificate
						 ? wanted->signer_certificate
						 : issuer,
					 wanted->signer ? wanted->signer
							: issuer_key,
					 EVP_sha256(), NULL, 0),
			 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	size = i2d_OCSP_RESPONSE(response, &der);
	assert_true(size > 0);
	write_bytes(ocsp_file, text_of(der, (size_t)size));
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from_time);
	ASN1_TIME_free(until_time);
}

static void empty_events(void)
{
	assert_int_equal(truncate(event_file, 0), 0);
}

static size_t count_events(const char *name)
{
	struct buf events = buf_init(1 << 20);
	FILE *stream = fopen(event_file, "r");
	size_t count;

	assert_non_null(stream);
	buf_advance(&events,
		    fread(buf_reserve(&events, 1 << 20), 1, 1 << 20, stream));
	fclose(stream);
	count = count_in(&events, name);
	buf_wipe(&events);
	return count;
}

static void assert_event(const char *name)
{
	if (count_events(name) != 1)
		fail_msg("%s was told %zu times", name, count_events(name));
	empty_events();
}

/* --- The server --- */

static void name_file(char *file, size_t size, const char *name)
{
	int written = snprintf(file, size, "%s/%s", folder, name);

	assert_true(written > 0 && (size_t)written < size);
}

static int set_up(void **state)
{
	const struct http_tls_options options = {
		.certificate_file = certificate_file,
		.key_file = key_file,
		.ocsp_file = ocsp_file,
	};
	const char *why = "";

	(void)state;
	write_key(issuer_key);
	write_chain(issuer_key);
	write_response(&(struct response){.status = V_OCSP_CERTSTATUS_GOOD});
	if (http_tls_new(&options, &tls, &why) != DONE)
		fail_msg("%s", why);
	server = (struct server){.limits = http_limits_default};
	server_start(&server, tls);
	context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
	empty_events();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_stop(&server);
	http_tls_unref(&tls);
	SSL_CTX_free(context);
	return 0;
}

static int make_files(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(folder, sizeof(folder), "/tmp/licet-tls-XXXXXX");
	assert_non_null(mkdtemp(folder));
	name_file(certificate_file, sizeof(certificate_file), "chain.pem");
	name_file(key_file, sizeof(key_file), "key.pem");
	name_file(ocsp_file, sizeof(ocsp_file), "ocsp.der");
	name_file(event_file, sizeof(event_file), "events");
	event_log_to(open(event_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0600),
		     EVENT_INFO);
	issuer_key = authority_key();
	other_key = authority_key();
	issuer = issue(issuer_key, "CN=issuer", true);
	return 0;
}

static int wipe_files(void **state)
{
	(void)state;
	unlink(certificate_file);
	unlink(key_file);
	unlink(ocsp_file);
	unlink(event_file);
	rmdir(folder);
	X509_free(leaf);
	X509_free(issuer);
	EVP_PKEY_free(issuer_key);
	EVP_PKEY_free(other_key);
	return 0;
}

/* As often as it takes until a change has settled. */
static void tend(void)
{
	http_tls_tend(tls, false);
	http_tls_tend(tls, false);
}

/* --- A client --- */

static SSL *connect_with(SSL_SESSION *session)
{
	SSL *ssl = SSL_new(context);

	assert_int_equal(SSL_set_fd(ssl, client_connect(&server)), 1);
	if (session != NULL)
		assert_int_equal(SSL_set_session(ssl, session), 1);
	assert_int_equal(SSL_connect(ssl), 1);
	return ssl;
}

/* Asks for something, so that tickets have come when the reply has. */
static void assert_answers(SSL *ssl)
{
	static const char request[] = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";
	char piece[4096];
	int size;

	assert_int_equal(SSL_write(ssl, request, sizeof(request) - 1),
			 sizeof(request) - 1);
	size = SSL_read(ssl, piece, sizeof(piece));
	assert_true(size > 12);
	assert_memory_equal(piece, "HTTP/1.1 200", 12);
}

static void end(SSL *ssl)
{
	SSL_shutdown(ssl);
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
}

static bool is_shown(SSL *ssl, const X509 *expected)
{
	return X509_cmp(SSL_get0_peer_certificate(ssl), expected) == 0;
}

/* Connects, resumes when there is a session, and leaves its newest there. */
static bool resumes(SSL_SESSION **session)
{
	SSL *ssl = connect_with(*session);
	bool is_reused = SSL_session_reused(ssl) == 1;

	assert_answers(ssl);
	SSL_SESSION_free(*session);
	*session = SSL_get1_session(ssl);
	assert_int_equal(SSL_SESSION_get_max_early_data(*session), 0);
	end(ssl);
	return is_reused;
}

static bool is_stapled(void)
{
	SSL *ssl = connect_with(NULL);
	unsigned char *response = NULL;
	bool is_there = SSL_get_tlsext_status_ocsp_resp(ssl, &response) > 0;

	end(ssl);
	return is_there;
}

/* --- Certificates --- */

static void follows_files(void **state)
{
	SSL *before = connect_with(NULL);
	X509 *old = X509_dup(leaf);
	SSL *after;

	(void)state;
	assert_true(is_shown(before, old));
	write_chain(other_key);
	http_tls_tend(tls, false);
	/* The key is written a moment later: nothing is told of that. */
	write_key(other_key);
	tend();
	assert_event("http.tls.reloaded");
	assert_int_equal(count_events("http.tls.reload_failed"), 0);
	after = connect_with(NULL);
	assert_true(is_shown(after, leaf));
	assert_false(is_shown(after, old));
	assert_answers(before);
	assert_answers(after);
	empty_events();
	tend();
	assert_int_equal(count_events("http.tls"), 0);
	end(before);
	end(after);
	X509_free(old);
}

static void keeps_the_old(void **state)
{
	static const char *const bad[] = {"", "no PEM"};
	X509 *old = X509_dup(leaf);
	SSL *ssl;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		write_bytes(certificate_file, text_from(bad[i]));
		tend();
		assert_event("cannot read the certificate chain");
	}
	write_chain(other_key);
	tend();
	/* The key's file is named, and told once. */
	assert_event("does not belong to the key");
	tend();
	assert_int_equal(count_events("http.tls"), 0);
	ssl = connect_with(NULL);
	assert_true(is_shown(ssl, old));
	assert_answers(ssl);
	end(ssl);
	unlink(key_file);
	http_tls_tend(tls, true);
	assert_event("cannot use the private key");
	ssl = connect_with(NULL);
	assert_true(is_shown(ssl, old));
	end(ssl);
	X509_free(old);
}

/* --- Tickets --- */

static void changes_ticket_keys(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		SSL_SESSION *session = NULL;
		SSL_SESSION *first;

		SSL_CTX_set_min_proto_version(context, versions[i]);
		SSL_CTX_set_max_proto_version(context, versions[i]);
		assert_false(resumes(&session));
		first = SSL_SESSION_dup(session);
		assert_true(resumes(&session));
		clock_adjust(90 * 60 * INSTANT_SECOND);
		/* Of the key before; what comes back is of the new one. */
		assert_true(resumes(&session));
		clock_adjust(119 * 60 * INSTANT_SECOND);
		assert_true(resumes(&session));
		/* The first one's key has been forgotten. */
		assert_false(resumes(&first));
		SSL_SESSION_free(session);
		SSL_SESSION_free(first);
	}
}

static void resumes_after_a_reload(void **state)
{
	SSL_SESSION *session = NULL;

	(void)state;
	assert_false(resumes(&session));
	write_key(other_key);
	write_chain(other_key);
	tend();
	assert_event("http.tls.reloaded");
	assert_true(resumes(&session));
	SSL_SESSION_free(session);
}

static void refuses_mangled_tickets(void **state)
{
	SSL_SESSION *session = NULL;
	unsigned char *der = NULL;
	const unsigned char *ticket;
	const unsigned char *at;
	unsigned char *place;
	size_t size;
	int der_size;

	(void)state;
	assert_false(resumes(&session));
	SSL_SESSION_get0_ticket(session, &ticket, &size);
	der_size = i2d_SSL_SESSION(session, &der);
	assert_true(der_size > 0);
	place = memmem(der, (size_t)der_size, ticket, size);
	assert_non_null(place);
	place[size / 2] ^= 1;
	SSL_SESSION_free(session);
	at = der;
	session = d2i_SSL_SESSION(NULL, &at, der_size);
	assert_non_null(session);
	assert_false(resumes(&session));
	OPENSSL_free(der);
	SSL_SESSION_free(session);
}

/* --- Staples --- */

static void staples(void **state)
{
	const struct response by_sha256 = {.status = V_OCSP_CERTSTATUS_GOOD,
					   .by_sha256 = true};

	(void)state;
	assert_true(is_stapled());
	SSL_CTX_set_tlsext_status_type(context, -1);
	assert_false(is_stapled());
	SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
	write_response(&by_sha256);
	tend();
	assert_event("http.tls.reloaded");
	assert_true(is_stapled());
}

/* With a leaf of its own each, so that none of before may stay. */
static void staples_nothing_bad(void **state)
{
	X509 *foreign = issue(other_key, "CN=foreign", false);
	const struct response rows[] = {
		{.status = V_OCSP_CERTSTATUS_REVOKED},
		{.status = V_OCSP_CERTSTATUS_UNKNOWN},
		{.status = V_OCSP_CERTSTATUS_GOOD, .until_for = -30},
		{.status = V_OCSP_CERTSTATUS_GOOD, .about = issuer},
		{.status = V_OCSP_CERTSTATUS_GOOD,
		 .signer = other_key,
		 .signer_certificate = foreign},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write_chain(issuer_key);
		write_response(&rows[i]);
		tend();
		assert_event("http.tls.not_stapled");
		assert_false(is_stapled());
	}
	write_chain(issuer_key);
	write_bytes(ocsp_file, TEXT("no DER"));
	tend();
	assert_event("http.tls.not_stapled");
	assert_false(is_stapled());
	unlink(ocsp_file);
	tend();
	assert_event("http.tls.not_stapled");
	assert_false(is_stapled());
	X509_free(foreign);
}

static void keeps_a_fresh_staple(void **state)
{
	(void)state;
	write_bytes(ocsp_file, TEXT("no DER"));
	tend();
	assert_event("http.tls.not_stapled");
	assert_true(is_stapled());
}

static void stops_stapling_in_time(void **state)
{
	(void)state;
	clock_adjust((HOUR + 1) * INSTANT_SECOND);
	assert_false(is_stapled());
	tend();
	tend();
	assert_event("http.tls.not_stapled");
	write_response(&(struct response){.status = V_OCSP_CERTSTATUS_GOOD,
					  .until_for = 2 * HOUR});
	tend();
	assert_event("http.tls.reloaded");
	assert_true(is_stapled());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("new files serve new connections, old ones go "
			       "on with theirs",
			       follows_files, set_up, tear_down),
		test_that_with("files that cannot serve change nothing and are "
			       "told once",
			       keeps_the_old, set_up, tear_down),
		test_that_with("tickets resume under the keys of three hours, "
			       "not longer",
			       changes_ticket_keys, set_up, tear_down),
		test_that_with("tickets outlive a change of the certificate",
			       resumes_after_a_reload, set_up, tear_down),
		test_that_with("a mangled ticket begins a new session",
			       refuses_mangled_tickets, set_up, tear_down),
		test_that_with("a good response is stapled to who asks",
			       staples, set_up, tear_down),
		test_that_with("nothing revoked, stale, foreign or broken is "
			       "stapled",
			       staples_nothing_bad, set_up, tear_down),
		test_that_with("a fresh response stays when the next is broken",
			       keeps_a_fresh_staple, set_up, tear_down),
		test_that_with("a response is not stapled past its time",
			       stops_stapling_in_time, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("http tls_identity", tests,
					   make_files, wipe_files);
}
