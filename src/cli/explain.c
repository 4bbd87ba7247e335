/* SPDX-License-Identifier: Apache-2.0 */
/* `licet explain`: why a request was answered as it was. */
#include "cli/explain.h"

#include <stdio.h>

#include "cli/commands.h"
#include "cli/place.h"

#define REQUEST_MAX 64

/* As X-Request-Id has it: base64url. */
static outcome check_request(const char *request, struct buf *why)
{
	size_t size = strspn(request, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				      "nopqrstuvwxyz0123456789-_");

	if (size > 0 && size <= REQUEST_MAX && request[size] == '\0')
		return DONE;
	buf_add(why, TEXT("licet explain: a request's id is what the reply's "
			  "header X-Request-Id says\n"));
	return REFUSED;
}

int cli_explain(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	CLEANUP(buf_wipe) struct buf found = buf_init(2 * EXPLAIN_LINE_MAX);
	CLEANUP(buf_wipe) struct buf words = buf_init(8 * EXPLAIN_LINE_MAX);
	CLEANUP(site_free) struct site *site = NULL;
	const char *request = line->words[0];

	if (check_request(request, &why) != DONE ||
	    place_find(line, &site, &why) != DONE ||
	    explain_find(site, request, &found, &why) != DONE)
		return place_failed(&why);
	if (command_value(line, 'j') != NULL)
		buf_format(&words, "%.*s\n", TEXT_ARG(buf_text(&found)));
	else if (explain_tell(buf_text(&found), &words) != DONE)
		return COMMAND_FAILED;
	printf("%.*s", TEXT_ARG(buf_text(&words)));
	return COMMAND_DONE;
}
