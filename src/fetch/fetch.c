/* SPDX-License-Identifier: Apache-2.0 */
/* One GET by libcurl, with everything off that is not needed. */
#include "fetch/internal.h"
#include "fetch/library.h"

#include <stdlib.h>
#include <unistd.h>

#define URI_SIZE_MAX 2048

const char fetch_is_busy[] = "too many are waiting for others";

struct job {
	const struct fetch *fetch;
	char uri[URI_SIZE_MAX + 1];
	struct buf body; /* the heap's: threads share no arena */
	bool is_guarded; /* the guard refused an address */
	const char *why; /* NULL: done */
};

/* Plain http, where it is taken at all, stays on this machine. */
static bool is_loopback(const struct sockaddr *address)
{
	return guard_allows(&(struct guard){.allows_loopback = true},
			    address) &&
	       !guard_allows(&(struct guard){.allows_loopback = false},
			     address);
}

static bool allows(const struct job *job, const struct sockaddr *address)
{
	struct text uri = text_from(job->uri);

	if (!guard_allows(&job->fetch->guard, address))
		return false;
	return text_equal_nocase(text_first(uri, 6), TEXT("https:")) ||
	       is_loopback(address);
}

/* Asked for the very address that would be connected to, so that no name can be
 * resolved to another one afterwards (S01: DNS rebinding). */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
				 struct curl_sockaddr *address)
{
	struct job *job = context;

	if (purpose != CURLSOCKTYPE_IPCXN || !allows(job, &address->addr)) {
		job->is_guarded = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
		      address->protocol);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct job *job = context;

	buf_add(&job->body, text_of(bytes, size * count));
	return job->body.is_over ? 0 : size * count;
}

/* Only https, except towards this machine itself where that is allowed. */
static const char *protocols_of(const struct job *job)
{
	return job->fetch->guard.allows_loopback ? "http,https" : "https";
}

static bool set_up(const struct fetch_library *library, CURL *curl,
		   struct job *job)
{
	CURLcode failed = CURLE_OK;

#define SET(option, value) failed |= library->set(curl, option, (value))
	SET(CURLOPT_URL, job->uri);
	SET(CURLOPT_PROTOCOLS_STR, protocols_of(job));
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT, (long)FETCH_TIME_MAX);
	SET(CURLOPT_MAXFILESIZE, (long)FETCH_SIZE_MAX);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_USERAGENT, "licet");
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, job);
	SET(CURLOPT_WRITEFUNCTION, take_bytes);
	SET(CURLOPT_WRITEDATA, job);
	/* Besides it the system's folder of authorities is searched. */
	if (job->fetch->ca_file != NULL)
		SET(CURLOPT_CAINFO, job->fetch->ca_file);
#undef SET
	return failed == CURLE_OK;
}

static const char *why_of(const struct job *job, CURLcode code)
{
	if (job->is_guarded)
		return "its address is not one that may be connected to";
	if (job->body.is_over || code == CURLE_FILESIZE_EXCEEDED)
		return "it is larger than 64 KiB";
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "it took longer than 5 s";
	if (code == CURLE_UNSUPPORTED_PROTOCOL)
		return "it is not https";
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return "its certificate is not trusted";
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return "its name cannot be resolved";
	return "it cannot be reached";
}

static void perform(const struct fetch_library *library, CURL *curl,
		    struct job *job)
{
	CURLcode code = library->perform(curl);
	long status = 0;

	(void)library->ask(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		job->why = why_of(job, code);
	else if (status >= 300 && status < 400)
		job->why = "it redirects, which is not followed";
	else if (status != 200)
		job->why = "its status is not 200";
}

static void run(void *context)
{
	struct job *job = context;
	const struct fetch_library *library = fetch_library_open();
	CURL *curl = library == NULL ? NULL : library->init();

	if (curl == NULL) {
		job->why = "libcurl cannot be used";
		return;
	}
	if (set_up(library, curl, job))
		perform(library, curl, job);
	else
		job->why = "libcurl cannot be set up";
	library->cleanup(curl);
}

outcome fetch_get(struct fetch *fetch, struct text uri, struct buf *body,
		  const char **why_out)
{
	struct job job = {.fetch = fetch, .body = buf_init(FETCH_SIZE_MAX)};

	*why_out = "its URI is too long, or not one";
	if (uri.size == 0 || uri.size > URI_SIZE_MAX || text_has_control(uri))
		return REFUSED;
	memcpy(job.uri, uri.at, uri.size);
	if (worker_run(fetch->workers, run, &job) != DONE)
		job.why = fetch_is_busy;
	if (job.why == NULL)
		buf_add(body, buf_text(&job.body));
	buf_wipe(&job.body);
	*why_out = job.why;
	return job.why == NULL ? DONE : REFUSED;
}

struct fetch *fetch_new(const struct fetch_options *options)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	MUST(fetch != NULL);
	fetch->guard = options->guard;
	fetch->ca_file = options->ca_file;
	fetch->workers =
		worker_pool_new(options->thread_count, options->waiting_max);
	MUST(pthread_mutex_init(&fetch->lock, NULL) == 0);
	if (fetch->workers == NULL)
		fetch_free(&fetch);
	return fetch;
}

void fetch_free(struct fetch **fetch)
{
	if (*fetch == NULL)
		return;
	worker_pool_free(&(*fetch)->workers);
	for (size_t i = 0; i < DOCUMENT_COUNT_MAX; i++) {
		free((*fetch)->documents[i].uri);
		free((*fetch)->documents[i].body);
	}
	pthread_mutex_destroy(&(*fetch)->lock);
	free(*fetch);
	*fetch = NULL;
}
