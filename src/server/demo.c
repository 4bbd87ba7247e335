/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and runs a demo: its folder, its master key, its tenants. */
#include "server/demo.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/control.h"
#include "server/demo_tenants.h"
#include "server/schema.h"
#include "server/server.h"

#define FETCH_THREADS 2
#define PASSWORD_THREADS 2
#define PASSWORD_QUEUE 64
#define PUSHED_PER_MINUTE 600
#define DRAIN_FOR 10

static bool has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* "localhost" is both loopback addresses: browsers try either. */
static outcome fill_listeners(const struct demo_options *demo,
			      struct server_options *options, struct buf *why)
{
	bool is_localhost = strcmp(demo->host, "localhost") == 0;
	struct server_listener listener = {.port = demo->port,
					   .allows_http2 = true};

	if (!is_localhost && strcmp(demo->host, "127.0.0.1") != 0 &&
	    strcmp(demo->host, "::1") != 0) {
		buf_format(why,
			   "licet demo has passwords that everybody knows: it "
			   "listens on localhost, 127.0.0.1 or [::1] alone, "
			   "not on %s; for the real thing: licet serve\n",
			   demo->host);
		return REFUSED;
	}
	listener.address = is_localhost ? "127.0.0.1" : demo->host;
	options->listeners[options->listener_count++] = listener;
	if (is_localhost && has_ipv6()) {
		listener.address = "::1";
		options->listeners[options->listener_count++] = listener;
	}
	return DONE;
}

static outcome make_folder(const struct demo_options *options, char *folder,
			   size_t size, struct buf *why)
{
	const char *temporary = getenv("TMPDIR");

	if (options->folder != NULL) {
		snprintf(folder, size, "%s", options->folder);
		if (mkdir(folder, 0700) == 0 || errno == EEXIST)
			return DONE;
	} else {
		snprintf(folder, size, "%s/licet-demo-XXXXXX",
			 temporary != NULL ? temporary : "/tmp");
		if (mkdtemp(folder) != NULL)
			return DONE;
	}
	buf_format(why, "%s: %s\n", folder, strerror(errno));
	return REFUSED;
}

/* The folder is ours alone: everything in it is a file that we made. */
static void remove_folder(const char *folder)
{
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*", folder);
	if (glob(pattern, GLOB_PERIOD, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	rmdir(folder);
}

static outcome make_master(const struct site *site, struct buf *why)
{
	char sentence[512];

	if (access(site->master_key_file, F_OK) == 0)
		return DONE;
	if (master_create(site->master_key_file, sentence, sizeof(sentence)) ==
	    DONE)
		return DONE;
	buf_format(why, "%s\n", sentence);
	return REFUSED;
}

static outcome prepare(void *context, struct store *store,
		       const struct master *master, struct buf *why)
{
	const struct demo *demo = context;

	return demo_tenants_fill(demo, store, master, why);
}

static void is_ready(void *context)
{
	demo_tenants_print(context);
}

static outcome run_in(const struct demo_options *options, const char *folder,
		      struct buf *why)
{
	CLEANUP(site_free) struct site *site = site_of_folder(folder);
	struct server_options *server = calloc(1, sizeof(*server));
	struct demo demo = {
		.host = options->host,
		.port = options->port,
		.is_joining = control_is_anybody_there(folder),
	};
	outcome run;

	MUST(server != NULL);
	*server = (struct server_options){
		.site = site,
		.limits = http_limits_default,
		.loop_count = 1,
		.fetch = {.thread_count = FETCH_THREADS,
			  .waiting_max = SCHEMA_FETCH_WAITING},
		.password_threads = PASSWORD_THREADS,
		.password_queue = PASSWORD_QUEUE,
		.pushed_per_minute = PUSHED_PER_MINUTE,
		.drain_for = DRAIN_FOR,
		.log_least = EVENT_INFO,
		.prepare = prepare,
		.prepare_context = &demo,
		.is_ready = is_ready,
	};
	run = fill_listeners(options, server, why);
	if (run == DONE)
		run = make_master(site, why);
	if (run == DONE)
		run = server_run(server, why);
	free(server);
	return run;
}

outcome demo_run(const struct demo_options *options, struct buf *why)
{
	char folder[256];
	outcome run;

	umask(077);
	TRY(make_folder(options, folder, sizeof(folder), why));
	run = options->dsn == NULL
		      ? DONE
		      : site_put_on_postgres(folder, options->dsn, why);
	if (run == DONE)
		run = run_in(options, folder, why);
	if (options->folder == NULL)
		remove_folder(folder);
	return run;
}
