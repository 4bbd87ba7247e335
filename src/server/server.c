/* SPDX-License-Identifier: Apache-2.0 */
/* Opens everything in order, answers, drains, closes in the reverse order. */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "crypto/crypto.h"
#include "decision/limiter.h"
#include "decision/memory.h"
#include "login/login.h"
#include "loop/clock.h"
#include "oidc/oidc.h"
#include "server/control.h"
#include "server/internal.h"

#define GUESSES_FREE 10
#define CROWD_GUESSES_FREE 100
#define GUESS_WAIT_MOST_FOR 60

/* What the requests of one round free, those of the next want again: giving it
 * back to the kernel at 128 KiB meant three page faults with each exchange, a
 * tenth of its time. */
#define HEAP_KEPT (8 * 1024 * 1024)

/* No secret in a core dump (attack K01), no file that others can read, no death
 * by a closed pipe. */
static void set_process(void)
{
	struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
}

static outcome open_store(struct server *server, struct buf *why)
{
	const struct server_options *options = server->options;

	TRY(site_load_master(options->site, &server->master, why));
	TRY(site_open_store(options->site, &server->store, why));
	site_go_along(options->site, &server->store);
	if (options->prepare == NULL)
		return DONE;
	return options->prepare(options->prepare_context, server->store,
				server->master, why);
}

static outcome open_secrets(struct server *server, struct buf *why)
{
	server->keys = keys_new(server->store, server->master, server->workers);
	keys_limit(server->keys, server->memory.keys_size);
	if (tokens_open(server->store, server->master, server->keys,
			clock_now(), &server->tokens) != DONE) {
		buf_format(why, "the server secrets cannot be read: is this "
				"the master key of this store?\n");
		return REFUSED;
	}
	server->config_epoch = tokens_epochs(server->tokens).config;
	return DONE;
}

static outcome open_tenants(struct server *server, struct buf *why)
{
	if (tenancy_load(server) == DONE)
		return DONE;
	buf_format(why, "tenants or their signing keys cannot be read: the "
			"event log says why\n");
	return BROKEN;
}

static outcome open_shards(struct server *server, struct buf *why)
{
	if (shards_start(server->options->site, server->store,
			 &server->shards) == DONE)
		return DONE;
	buf_format(why, "the kernel gives no threads\n");
	return BROKEN;
}

static outcome open_tls(struct server *server, struct buf *why)
{
	for (size_t i = 0; i < server->options->listener_count; i++) {
		const struct server_listener *listener =
			&server->options->listeners[i];
		struct http_tls_options wanted;
		const char *sentence = "";

		if (listener->certificate_file == NULL)
			continue;
		wanted = (struct http_tls_options){
			.certificate_file = listener->certificate_file,
			.key_file = listener->key_file,
			.ocsp_file = listener->ocsp_file,
			.asks_certificates = listener->asks_certificates,
			.allows_http2 = listener->allows_http2,
		};
		if (http_tls_new(&wanted, &server->tls[i], &sentence) != DONE) {
			buf_format(why, "%s\n", sentence);
			return REFUSED;
		}
	}
	return DONE;
}

static outcome open_control(struct server *server, struct buf *why)
{
	const char *sentence = "";

	if (control_open(server->loops[0].loop,
			 server->options->site->control_folder,
			 &server->control, &sentence) == DONE)
		return DONE;
	buf_format(why, "%s\n", sentence);
	return REFUSED;
}

static void compose(struct server *server)
{
	server->oauth = (struct oauth){
		.store = server->store,
		.master = server->master,
		.keys = server->keys,
		.tokens = server->tokens,
		.password_workers = server->workers,
		.fetch = server->fetch,
		.client_limiter = server->client_limiter,
		.push_limiter = server->push_limiter,
		.login_limiter = server->login_limiter,
		.login_crowd_limiter = server->login_crowd_limiter,
		.client_auth_methods = server_client_auth_methods,
		.client_auth_method_count = server_client_auth_method_count,
		.grant_types = server_grant_types,
		.grant_type_count = server_grant_type_count,
		.extension = &oidc_extension,
		.pages = &login_pages,
	};
}

static outcome server_open(struct server *server, struct buf *why)
{
	const struct server_options *options = server->options;

	if (crypto_open() != DONE) {
		buf_format(why, "OpenSSL or libsodium lack what is needed\n");
		return BROKEN;
	}
	TRY(memory_plan(options, 0, &server->memory, why));
	server->loop_count = server->memory.loop_count;
	decision_memory_limit(server->memory.decision_size);
	server->workers = worker_pool_new(server->memory.password_threads,
					  options->password_queue);
	server->fetch = fetch_new(&options->fetch);
	server->client_limiter = limiter_new(GUESSES_FREE, GUESS_WAIT_MOST_FOR);
	server->push_limiter = limiter_new(options->pushed_per_minute, 60);
	server->login_limiter = limiter_new(GUESSES_FREE, GUESS_WAIT_MOST_FOR);
	server->login_crowd_limiter =
		limiter_new(CROWD_GUESSES_FREE, GUESS_WAIT_MOST_FOR);
	TRY(open_store(server, why));
	gossip_open(server);
	TRY(open_secrets(server, why));
	TRY(open_tenants(server, why));
	TRY(open_shards(server, why));
	TRY(open_tls(server, why));
	compose(server);
	/* Again, now that the tenants are there. */
	TRY(memory_plan(options, memory_resident(), &server->memory, why));
	TRY(loops_open(server, why));
	return open_control(server, why);
}

static void server_close(struct server *server)
{
	control_close(&server->control);
	shards_stop(&server->shards);
	worker_pool_free(&server->workers);
	fetch_free(&server->fetch);
	tenants_unref(&server->tenants);
	tokens_close(&server->tokens);
	keys_free(&server->keys);
	if (server->store != NULL)
		store_close(&server->store);
	loops_free(server);
	for (size_t i = 0; i < COUNT_OF(server->tls); i++)
		http_tls_unref(&server->tls[i]);
	master_free(&server->master);
	limiter_free(&server->client_limiter);
	limiter_free(&server->push_limiter);
	limiter_free(&server->login_limiter);
	limiter_free(&server->login_crowd_limiter);
	pthread_rwlock_destroy(&server->tenants_lock);
	decision_memory_clear();
}

static void open_log_anew(const struct server_options *options)
{
	static int current = -1;
	const struct site *site = options->site;
	int before = current;
	int fd = STDERR_FILENO;

	if (site->log_file == NULL) {
		event_log_to(fd, options->log_least);
		return;
	}
	fd = open(site->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		  0600);
	if (fd < 0) {
		event_fault("log.open_failed", "%s: %s", site->log_file,
			    strerror(errno));
		return;
	}
	event_log_to(fd, options->log_least);
	current = fd;
	if (before >= 0)
		close(before);
}

/* The thread that waits for signals has time for what may block on files. */
static void wait_for_end(struct server *server, const sigset_t *signals)
{
	static const struct timespec look_every = {.tv_sec = 1};
	int received = 0;

	while (received != SIGTERM && received != SIGINT &&
	       !server->is_outdated) {
		received = sigtimedwait(signals, NULL, &look_every);
		if (received == SIGHUP)
			open_log_anew(server->options);
		if (received == SIGHUP || (received < 0 && errno == EAGAIN))
			tend(server, received == SIGHUP);
	}
}

static void tell(const char *name, const struct server *server)
{
	struct event event;

	event_begin(&event, EVENT_INFO, name);
	event_integer(&event, "process", getpid());
	event_integer(&event, "loops", (int64_t)server->loop_count);
	event_end(&event);
}

static outcome answer_until_signal(struct server *server,
				   const sigset_t *signals, struct buf *why)
{
	if (loops_start(server) != DONE) {
		buf_format(why, "the kernel gives no threads\n");
		return BROKEN;
	}
	tell("server.ready", server);
	if (server->options->is_ready != NULL)
		server->options->is_ready(server->options->prepare_context);
	if (tenancy_make_next_keys(server) != DONE)
		event_fault("key.next_failed",
			    "the next signing keys could not be made");
	wait_for_end(server, signals);
	tell("server.draining", server);
	loops_stop(server);
	presence_end(server);
	if (!server->is_outdated)
		return DONE;
	site_explain_end(server->store, why);
	return REFUSED;
}

outcome server_run(const struct server_options *options, struct buf *why)
{
	struct server *server = calloc(1, sizeof(*server));
	sigset_t signals;
	outcome run;

	MUST(server != NULL);
	server->options = options;
	server->service.answer = dispatch_answer;
	pthread_rwlock_init(&server->tenants_lock, NULL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	set_process();
	open_log_anew(options);
	run = server_open(server, why);
	if (run == DONE)
		run = answer_until_signal(server, &signals, why);
	server_close(server);
	free(server);
	return run;
}
