/* SPDX-License-Identifier: Apache-2.0 */
/* `licet demo` and `licet serve`. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/start.h"
#include "server/demo.h"
#include "server/serve.h"

#define LISTEN_DEFAULT "localhost:8080"
#define WHY_MAX ((size_t)64 * 1024)

extern char **environ;

static int end(outcome run, const struct buf *why)
{
	if (run == DONE)
		return COMMAND_DONE;
	fprintf(stderr, "%.*s", TEXT_ARG(buf_text(why)));
	return COMMAND_FAILED;
}

/* Without the brackets that an IPv6 address has before a port. */
static struct text bare_host(struct text host)
{
	if (host.size > 2 && host.at[0] == '[')
		return text_first(text_from_byte(host, 1), host.size - 2);
	return host;
}

int cli_demo(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(WHY_MAX);
	const char *written = command_value(line, 'l');
	struct start_listen listen;
	char host[64];
	struct demo_options options = {
		.folder = command_value(line, 'd'),
		.dsn = command_value(line, 'p'),
	};

	if (start_parse_listen(written != NULL ? written : LISTEN_DEFAULT,
			       &listen, &why) != DONE) {
		fprintf(stderr, "%.*s", TEXT_ARG(buf_text(&why)));
		return COMMAND_MISUSED;
	}
	snprintf(host, sizeof(host), "%.*s", TEXT_ARG(bare_host(listen.host)));
	options.host = host;
	options.port = listen.port;
	return end(demo_run(&options, &why), &why);
}

int cli_serve(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(WHY_MAX);

	return end(serve_run(command_value(line, 'c'),
			     (const char *const *)environ, &why),
		   &why);
}
