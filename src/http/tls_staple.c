/* SPDX-License-Identifier: Apache-2.0 */
/* Staples what the authority says of the certificate (RFC 6960, RFC 6066). */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "http/tls_internal.h"
#include "loop/clock.h"

/* A response has one to four thousand bytes. */
#define RESPONSE_SIZE_MAX 65536
/* How far an authority's clock may be ahead of ours. */
#define SKEW_FOR 300

/* --- Reading --- */

static outcome read_file(const char *file, struct buf *bytes,
			 const char **why_out)
{
	FILE *stream = fopen(file, "re");
	char *at = buf_reserve(bytes, RESPONSE_SIZE_MAX);
	size_t size = 0;

	if (stream != NULL) {
		size = fread(at, 1, RESPONSE_SIZE_MAX, stream);
		fclose(stream);
	}
	buf_advance(bytes, size);
	if (size > 0 && size < RESPONSE_SIZE_MAX)
		return DONE;
	ERR_clear_error();
	*why_out = tls_identity_say_why("there is no OCSP response in", file);
	return REFUSED;
}

/* The status of the one certificate, by whichever digest it is named. */
static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, const X509 *leaf,
				    const X509 *issuer)
{
	const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256()};
	int at = -1;

	for (size_t i = 0; i < COUNT_OF(digests) && at < 0; i++) {
		OCSP_CERTID *id = OCSP_cert_to_id(digests[i], leaf, issuer);

		if (id != NULL)
			at = OCSP_resp_find(basic, id, -1);
		OCSP_CERTID_free(id);
	}
	return at < 0 ? NULL : OCSP_resp_get0(basic, at);
}

static bool parse_time(const ASN1_TIME *at, instant *instant_out)
{
	struct tm parts;

	if (at == NULL || ASN1_TIME_to_tm(at, &parts) != 1)
		return false;
	*instant_out = instant_from_seconds(timegm(&parts));
	return true;
}

bool tls_staple_is_valid(const struct tls_staple *staple)
{
	instant now = clock_now();

	return staple->der != NULL &&
	       staple->from <= instant_after(now, SKEW_FOR) &&
	       now < staple->until;
}

/* --- Judging --- */

/* Only the issuer, itself or by a certificate of its own for this purpose. */
static bool is_signed(OCSP_BASICRESP *basic, X509 *issuer,
		      STACK_OF(X509) * rest)
{
	X509_STORE *store = X509_STORE_new();
	bool is_good =
		store != NULL && X509_STORE_add_cert(store, issuer) == 1 &&
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
		OCSP_basic_verify(basic, rest, store, 0) == 1;

	X509_STORE_free(store);
	return is_good;
}

/* What is wrong with it, NULL for nothing. */
static const char *judge(OCSP_BASICRESP *basic, SSL_CTX *context,
			 struct tls_staple *staple)
{
	STACK_OF(X509) *rest = NULL;
	ASN1_GENERALIZEDTIME *from = NULL;
	ASN1_GENERALIZEDTIME *until = NULL;
	OCSP_SINGLERESP *single;
	X509 *issuer;

	SSL_CTX_get0_chain_certs(context, &rest);
	issuer = sk_X509_value(rest, 0);
	if (issuer == NULL)
		return "the issuer is not in the certificate's file, so that "
		       "nobody can judge";
	single = find_single(basic, SSL_CTX_get0_certificate(context), issuer);
	if (single == NULL)
		return "another certificate is meant in";
	if (!is_signed(basic, issuer, rest))
		return "the issuer has not signed";
	if (OCSP_single_get0_status(single, NULL, NULL, &from, &until) !=
	    V_OCSP_CERTSTATUS_GOOD)
		return "the certificate is revoked or unknown, according to";
	if (!parse_time(from, &staple->from) ||
	    !parse_time(until, &staple->until))
		return "no time of the next update is in";
	return tls_staple_is_valid(staple) ? NULL : "it is not the time for";
}

static const char *judge_response(const struct tls_staple *staple,
				  SSL_CTX *context,
				  struct tls_staple *times_out)
{
	const unsigned char *at = staple->der;
	OCSP_RESPONSE *response =
		d2i_OCSP_RESPONSE(NULL, &at, (long)staple->size);
	OCSP_BASICRESP *basic = NULL;
	const char *what = "there is no successful OCSP response in";

	*times_out = *staple;
	if (response != NULL &&
	    OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	if (basic != NULL)
		what = judge(basic, context, times_out);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return what;
}

outcome tls_staple_read(const char *file, SSL_CTX *context,
			struct tls_staple *staple_out, const char **why_out)
{
	struct buf bytes = buf_init(RESPONSE_SIZE_MAX);
	struct tls_staple staple;
	const char *what;
	outcome done = read_file(file, &bytes, why_out);

	if (done == DONE) {
		staple = (struct tls_staple){.der = (unsigned char *)bytes.at,
					     .size = bytes.size};
		what = judge_response(&staple, context, &staple);
		if (what != NULL) {
			*why_out = tls_identity_say_why(what, file);
			done = REFUSED;
		}
	}
	if (done == DONE) {
		*staple_out = staple;
		staple_out->der = OPENSSL_memdup(bytes.at, bytes.size);
		MUST(staple_out->der != NULL);
	}
	buf_wipe(&bytes);
	return done;
}

void tls_staple_wipe(struct tls_staple *staple)
{
	OPENSSL_free(staple->der);
	*staple = (struct tls_staple){.der = NULL};
}

/* --- Handing it out --- */

static int place;
static pthread_once_t place_once = PTHREAD_ONCE_INIT;

static void free_with_context(void *parent, void *staple, CRYPTO_EX_DATA *data,
			      int index, long number, void *context)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)number;
	(void)context;
	if (staple == NULL)
		return;
	tls_staple_wipe(staple);
	free(staple);
}

static void take_place(void)
{
	place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL,
					 free_with_context);
	MUST(place >= 0);
}

struct tls_staple tls_staple_of(const SSL_CTX *context)
{
	const struct tls_staple *staple;

	pthread_once(&place_once, take_place);
	staple = SSL_CTX_get_ex_data(context, place);
	return staple != NULL ? *staple : (struct tls_staple){.der = NULL};
}

static int staple_asked(SSL *session, void *unused)
{
	struct tls_staple staple = tls_staple_of(SSL_get_SSL_CTX(session));
	unsigned char *copy;

	(void)unused;
	if (!tls_staple_is_valid(&staple))
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(staple.der, staple.size);
	MUST(copy != NULL);
	SSL_set_tlsext_status_ocsp_resp(session, copy, (long)staple.size);
	return SSL_TLSEXT_ERR_OK;
}

bool tls_staple_serve(struct tls_staple *staple, SSL_CTX *context)
{
	struct tls_staple *kept = malloc(sizeof(*kept));

	MUST(kept != NULL);
	pthread_once(&place_once, take_place);
	*kept = *staple;
	*staple = (struct tls_staple){.der = NULL};
	if (SSL_CTX_set_ex_data(context, place, kept) == 1)
		return SSL_CTX_set_tlsext_status_cb(context, staple_asked) == 1;
	tls_staple_wipe(kept);
	free(kept);
	return false;
}
