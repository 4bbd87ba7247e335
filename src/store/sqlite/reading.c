/* SPDX-License-Identifier: Apache-2.0 */
/* The reads of a loop's round share one read transaction. */
#include <stdatomic.h>

#include "store/sqlite/internal.h"

/*
 * To begin and end one takes file locks and a look at the log's index: 3 us with
 * each read. No read may miss what was answered before it was asked: once this
 * process has committed, the next read begins anew. What another process has
 * committed is seen in the next round at the latest; what the poll of the settings
 * has seen of it, at once.
 */

static void round_ended(struct loop_hook *hook)
{
	sqlite_reading_end(HOLDER_OF(hook, struct reading, hook));
}

void sqlite_reading_init(struct reading *reading,
			 struct sqlite_connection *connection)
{
	*reading = (struct reading){
		.connection = connection,
		.hook = {.round_ended = round_ended},
	};
	list_init(&reading->hook.link);
}

void sqlite_reading_end(struct reading *reading)
{
	if (!reading->is_open)
		return;
	reading->is_open = false;
	loop_hook_remove(&reading->hook);
	/* Nothing was written: there is nothing to lose. */
	sqlite_connection_roll_back(reading->connection);
}

int sqlite_reading_begin(struct reading *reading, uint64_t commits)
{
	int code;

	if (reading->is_open && reading->commits == commits)
		return SQLITE_OK;
	sqlite_reading_end(reading);
	code = sqlite_connection_control(reading->connection, CONTROL_BEGIN);
	if (code != SQLITE_OK)
		return code;
	reading->is_open = true;
	reading->commits = commits;
	loop_hook_add(loop_current(), &reading->hook);
	return SQLITE_OK;
}
