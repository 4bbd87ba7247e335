/* SPDX-License-Identifier: Apache-2.0 */
/* `licet config check`: what is wrong in a configuration, and where. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "server/schema.h"
#include "server/serve.h"

int cli_config_check(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	CLEANUP(config_free) struct config *config = NULL;

	if (config_load(line->words[0], (const char *const *)environ,
			&server_schema, &mistakes, &config) != DONE ||
	    serve_check(config, &mistakes) != DONE) {
		fprintf(stderr, "%.*s", TEXT_ARG(buf_text(&mistakes)));
		return COMMAND_FAILED;
	}
	printf("%s: no mistakes\n", line->words[0]);
	return COMMAND_DONE;
}
