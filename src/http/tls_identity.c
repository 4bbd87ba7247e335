/* SPDX-License-Identifier: Apache-2.0 */
/* A server's certificate, key and staple, and how they change while it runs. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "http/connection.h"
#include "http/tls_internal.h"

static _Thread_local char why_buffer[512];

const char *tls_identity_say_why(const char *what, const char *file)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(why_buffer, sizeof(why_buffer), "%s %.200s%s%s%s", what, file,
		 reason != NULL ? " (" : "", reason != NULL ? reason : "",
		 reason != NULL ? ")" : "");
	ERR_clear_error();
	return why_buffer;
}

/* --- From files --- */

/* Also a key of another type: OpenSSL looks for its own certificate then. */
static bool is_of_another_certificate(void)
{
	switch (ERR_GET_REASON(ERR_peek_last_error())) {
	case X509_R_KEY_VALUES_MISMATCH:
	case X509_R_KEY_TYPE_MISMATCH:
	case SSL_R_NO_CERTIFICATE_ASSIGNED:
		return true;
	default:
		return false;
	}
}

static outcome load_files(SSL_CTX *context,
			  const struct http_tls_options *options,
			  const char **why_out)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(
		    context, options->certificate_file) != 1) {
		*why_out = tls_identity_say_why(
			"cannot read the certificate chain",
			options->certificate_file);
		return REFUSED;
	}
	if (SSL_CTX_use_PrivateKey_file(context, options->key_file,
					SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(context) == 1)
		return DONE;
	*why_out = tls_identity_say_why(
		is_of_another_certificate()
			? "the certificate does not belong to the key"
			: "cannot use the private key",
		options->key_file);
	return REFUSED;
}

static void tell(enum event_level level, const char *name, const char *field,
		 const struct http_tls *tls, const char *why)
{
	struct event event;

	event_begin(&event, level, name);
	event_string(&event, field, tls->options.certificate_file);
	if (why != NULL)
		event_string(&event, "why", why);
	event_end(&event);
}

/* A valid response of before serves on when the new one does not, as long as
 * the certificate is the same. */
static void keep_staple(SSL_CTX *context, const SSL_CTX *before,
			struct tls_staple *staple_out)
{
	struct tls_staple kept;

	if (before == NULL || X509_cmp(SSL_CTX_get0_certificate(before),
				       SSL_CTX_get0_certificate(context)) != 0)
		return;
	kept = tls_staple_of(before);
	if (!tls_staple_is_valid(&kept))
		return;
	kept.der = OPENSSL_memdup(kept.der, kept.size);
	MUST(kept.der != NULL);
	*staple_out = kept;
}

/* A server without its response serves all the same, but says so. */
static bool load_staple(const struct http_tls *tls, SSL_CTX *context)
{
	struct tls_staple staple = {.der = NULL};
	const char *why;

	if (tls->options.ocsp_file == NULL)
		return true;
	if (tls_staple_read(tls->options.ocsp_file, context, &staple, &why) !=
	    DONE) {
		tell(EVENT_WARNING, "http.tls.not_stapled", "certificate", tls,
		     why);
		keep_staple(context, tls->context, &staple);
	}
	return tls_staple_serve(&staple, context);
}

static outcome load_context(const struct http_tls *tls, SSL_CTX **context_out,
			    const char **why_out)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	outcome done = REFUSED;

	if (context == NULL || !http_tls_set_rules(context, &tls->options) ||
	    !tls_tickets_serve(tls->tickets, context)) {
		*why_out = tls_identity_say_why("OpenSSL refuses the rules for",
						"TLS");
	} else {
		done = load_files(context, &tls->options, why_out);
		if (done == DONE && !load_staple(tls, context)) {
			*why_out =
				tls_identity_say_why("OpenSSL does not staple",
						     tls->options.ocsp_file);
			done = REFUSED;
		}
	}
	if (done == DONE)
		*context_out = context;
	else
		SSL_CTX_free(context);
	return done;
}

/* --- Changes --- */

/* A file that is not there looks like none. */
static void look(const struct http_tls *tls, struct stat *looks)
{
	const char *const files[TLS_FILE_COUNT] = {
		tls->options.certificate_file,
		tls->options.key_file,
		tls->options.ocsp_file,
	};

	for (size_t i = 0; i < TLS_FILE_COUNT; i++)
		if (files[i] == NULL || stat(files[i], &looks[i]) != 0)
			memset(&looks[i], 0, sizeof(looks[i]));
}

static bool is_alike(const struct stat *a, const struct stat *b)
{
	for (size_t i = 0; i < TLS_FILE_COUNT; i++)
		if (a[i].st_ino != b[i].st_ino || a[i].st_dev != b[i].st_dev ||
		    a[i].st_size != b[i].st_size ||
		    a[i].st_mtim.tv_sec != b[i].st_mtim.tv_sec ||
		    a[i].st_mtim.tv_nsec != b[i].st_mtim.tv_nsec)
			return false;
	return true;
}

static void replace(struct http_tls *tls, SSL_CTX *context)
{
	SSL_CTX *before;

	pthread_mutex_lock(&tls->lock);
	before = tls->context;
	tls->context = context;
	pthread_mutex_unlock(&tls->lock);
	/* Sessions under way have references of their own. */
	SSL_CTX_free(before);
	tls->is_staple_stale = false;
}

static void read_anew(struct http_tls *tls)
{
	SSL_CTX *context;
	const char *why;

	if (load_context(tls, &context, &why) != DONE) {
		tell(EVENT_ERROR, "http.tls.reload_failed", "certificate", tls,
		     why);
		return;
	}
	replace(tls, context);
	tell(EVENT_INFO, "http.tls.reloaded", "certificate", tls, NULL);
}

static void tell_stale(struct http_tls *tls)
{
	struct tls_staple staple = tls_staple_of(tls->context);

	if (staple.der == NULL || tls->is_staple_stale ||
	    tls_staple_is_valid(&staple))
		return;
	tls->is_staple_stale = true;
	tell(EVENT_WARNING, "http.tls.not_stapled", "certificate", tls,
	     "the OCSP response has run out");
}

void http_tls_tend(struct http_tls *tls, bool reads_anew)
{
	struct stat now[TLS_FILE_COUNT];
	bool is_settled;

	tls_tickets_renew(tls->tickets);
	look(tls, now);
	is_settled = is_alike(now, tls->seen);
	memcpy(tls->seen, now, sizeof(now));
	/* Who replaces one file may be about to replace the next. */
	if (reads_anew || (is_settled && !is_alike(now, tls->read))) {
		memcpy(tls->read, now, sizeof(now));
		read_anew(tls);
	}
	tell_stale(tls);
}

/* --- Life --- */

outcome http_tls_new(const struct http_tls_options *options,
		     struct http_tls **tls_out, const char **why_out)
{
	CLEANUP(http_tls_unref) struct http_tls *tls = calloc(1, sizeof(*tls));

	MUST(tls != NULL);
	atomic_init(&tls->references, 1);
	pthread_mutex_init(&tls->lock, NULL);
	tls->options = *options;
	tls->tickets = tls_tickets_new();
	look(tls, tls->read);
	memcpy(tls->seen, tls->read, sizeof(tls->seen));
	TRY(load_context(tls, &tls->context, why_out));
	*tls_out = TAKE(tls);
	return DONE;
}

struct http_tls *http_tls_ref(struct http_tls *tls)
{
	atomic_fetch_add(&tls->references, 1);
	return tls;
}

void http_tls_unref(struct http_tls **tls)
{
	struct http_tls *ended = TAKE(*tls);

	if (ended == NULL || atomic_fetch_sub(&ended->references, 1) > 1)
		return;
	SSL_CTX_free(ended->context);
	tls_tickets_free(&ended->tickets);
	pthread_mutex_destroy(&ended->lock);
	free(ended);
}

SSL_CTX *tls_identity_context(struct http_tls *tls)
{
	SSL_CTX *context;

	pthread_mutex_lock(&tls->lock);
	context = tls->context;
	MUST(SSL_CTX_up_ref(context) == 1);
	pthread_mutex_unlock(&tls->lock);
	return context;
}
