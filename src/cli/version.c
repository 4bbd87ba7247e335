/* SPDX-License-Identifier: Apache-2.0 */
/* `licet version`. */
#include <stdio.h>

#include "cli/commands.h"

int cli_version(const struct command_line *line)
{
	printf("licet " LICET_VERSION "\n");
	return COMMAND_DONE;
}
