/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator's own types: what is asked, of whom, and what came back. */
#pragma once

#include <netinet/in.h>

#include "base/buf.h"
#include "base/text.h"

#define LOAD_STREAMS_MAX 128
#define LOAD_CONNECTIONS_MAX 20000
#define LOAD_REQUESTS_MAX 2000000
#define LOAD_DPOP_KEYS_MAX 100000
#define LOAD_ANSWER_MAX ((size_t)1024 * 1024)

struct ssl_ctx_st;

/* --- target.c --- */

/* Whom to ask: an address of this machine's loopback, and no other. */
struct load_target {
	struct sockaddr_storage address;
	socklen_t address_size;
	char authority[128]; /* Host, :authority */
	bool is_tls;
	bool is_http2;
	struct ssl_ctx_st *tls; /* NULL: plain */
};

/*
 * From "http://127.0.0.1:8080" or "https://[::1]:8443": an address of 127.0.0.0/8
 * or ::1. REFUSED with a sentence (static) for every other one, names included:
 * nothing is resolved.
 */
outcome load_target_parse(struct text url, struct load_target *target_out,
			  const char **why_out) MUST_USE;
/* When it is to be asked by TLS: ready for that, with `is_http2` as it is now. */
outcome load_target_open_tls(struct load_target *target) MUST_USE;
void load_target_close_tls(struct load_target *target);
/* A connected descriptor, -1 on failure (errno says why). */
int load_target_connect(const struct load_target *target);

/* --- one request and its answer --- */

struct load_request {
	const char *method;
	struct text path; /* with its query */
	struct text headers; /* "name: value\r\n"…, names in lower case */
	struct text body;
};

struct load_answer {
	int status; /* 0: none came */
	struct text head; /* "name: value\r\n"… */
	struct text body;
};

/* A header's value, absent when there is none; the `nth` of that name, from 0. */
struct text load_answer_header(const struct load_answer *answer,
			       const char *name, size_t nth);

/* What gives requests and takes their answers. */
struct load_source {
	/* The next request and a number for it; false: none at the moment. What
	 * it borrows stays until the answer. */
	bool (*next)(struct load_source *source, size_t *index_out,
		     struct load_request *request_out);
	/* The answer lives until the return. */
	void (*answered)(struct load_source *source, size_t index,
			 const struct load_answer *answer);
};

/* --- drive.c --- */

struct load_drive {
	const struct load_target *target;
	struct load_source *source;
	size_t connection_count;
	size_t stream_count; /* under way per connection; HTTP/1.1: 1 */
	size_t request_count; /* at most */
	int64_t most_ms; /* at most; what is under way then is waited for */
	bool keeps_latencies;
	/* Called when all connections stand and none has asked yet, and when the
	 * last answer has come; both may be NULL. */
	void (*begins)(void *context);
	void (*ends)(void *context);
	void *context;
};

struct load_result {
	size_t answer_count;
	size_t lost_count; /* sent, and the connection broke */
	int64_t took_us;
	uint32_t *latencies; /* µs, of each answer; free() them */
};

/* BROKEN, with a sentence on standard error, when connections cannot be had. */
outcome load_drive(const struct load_drive *drive,
		   struct load_result *result_out) MUST_USE;

/* --- account.c --- */

/* What a process has used up. */
struct load_account {
	int64_t cpu_ns; /* user and system, of all its threads that live */
	int64_t peak_kib; /* highest resident size so far */
	int64_t resident_kib;
	int64_t private_kib; /* anonymous */
};

/* false when there is no such process. */
MUST_USE bool load_account_read(int pid, struct load_account *account_out);

/* The peak begins anew from what is resident now. */
void load_account_forget_peak(int pid);

/* --- browser.c --- */

struct load_person {
	const char *username;
	const char *password;
};

/*
 * Follows an authorization request through sign-in (and consent) to its end at
 * `redirect_uri`, and appends the value of Cookie that holds the session then.
 * REFUSED with a sentence on standard error.
 */
outcome load_browser_sign_in(const struct load_target *target,
			     struct text authorize, struct text redirect_uri,
			     const struct load_person *person,
			     struct buf *cookie) MUST_USE;

/* The sign-in page, filled in and not yet sent. */
struct load_form {
	struct buf cookie;
	struct buf path;
	struct buf body;
};
/* REFUSED with a sentence on standard error. */
outcome load_browser_fill_form(const struct load_target *target,
			       struct text authorize,
			       const struct load_person *person,
			       struct load_form *form) MUST_USE;

/* A parameter's value in a URL's query, as it stands there; absent: none. */
struct text load_query_find(struct text url, const char *name);
/* Appends the bytes in the spelling of application/x-www-form-urlencoded. */
void load_form_encode(struct buf *buf, struct text bytes);
