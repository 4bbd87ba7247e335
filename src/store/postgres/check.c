/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the database can lose what it has acknowledged: what its settings say,
 * before the first request is taken. */
#include <stdio.h>
#include <stdlib.h>

#include "store/postgres/internal.h"

#define CLOCK_MAX (2 * INSTANT_SECOND)

/* In the order of the columns. */
struct answers {
	struct text fsync;
	struct text full_page_writes;
	struct text synchronous_commit;
	struct text standby_names;
	struct text recovery; /* "true" or "false" */
	struct text names_file; /* absent: we may not know */
	struct text manager; /* "command line": as Patroni starts it */
};

static const char question[] =
	"SELECT current_setting('fsync'), current_setting('full_page_writes'),"
	" current_setting('synchronous_commit'),"
	" current_setting('synchronous_standby_names'),"
	" CAST(pg_is_in_recovery() AS TEXT),"
	" (SELECT sourcefile FROM pg_settings"
	"   WHERE name = 'synchronous_standby_names'),"
	" (SELECT source FROM pg_settings WHERE name = 'cluster_name')";

static bool says(struct text answer, const char *what)
{
	return text_equal(answer, text_from(what));
}

static const char *find_unsafe_setting(const struct answers *answers)
{
	if (says(answers->recovery, "true"))
		return "the server is in recovery: name the primary in the DSN";
	if (!says(answers->fsync, "on"))
		return "a crash would lose what was acknowledged: set fsync = "
		       "on";
	if (!says(answers->full_page_writes, "on"))
		return "a crash would tear pages: set full_page_writes = on";
	if (!says(answers->synchronous_commit, "on") &&
	    !says(answers->synchronous_commit, "remote_apply"))
		return "commits are acknowledged before they are safe: set "
		       "synchronous_commit = on, for this role and database "
		       "too";
	return NULL;
}

/* By ALTER SYSTEM, where a manager of failovers writes its own. */
static bool is_set_by_hand(const struct answers *answers)
{
	return says(answers->manager, "command line") &&
	       text_ends_with(answers->names_file,
			      TEXT("postgresql.auto.conf"));
}

static const char *find_missing_standby(const struct answers *answers)
{
	struct text names = text_trim(answers->standby_names);

	if (names.size == 0)
		return "no standby confirms a commit, and a failover would "
		       "lose some: set synchronous_standby_names (with "
		       "Patroni: synchronous_mode and "
		       "synchronous_mode_strict)";
	if (text_find_byte(names, '*') < names.size)
		return "any receiver would do as a standby, even one that "
		       "never takes over: name them in "
		       "synchronous_standby_names";
	if (is_set_by_hand(answers))
		return "synchronous_standby_names was set by ALTER SYSTEM "
		       "under a manager of failovers that does not know of it "
		       "and may promote another: ALTER SYSTEM RESET it, and "
		       "set the manager's own synchronous mode";
	return NULL;
}

static bool read_answers(struct postgres_lane *lane, struct arena *arena,
			 struct answers *answers)
{
	struct text *const at[] = {
		&answers->fsync,
		&answers->full_page_writes,
		&answers->synchronous_commit,
		&answers->standby_names,
		&answers->recovery,
		&answers->names_file,
		&answers->manager,
	};
	struct store_rows rows = {0};

	if (postgres_ask(lane, question, false, arena, &rows) != STORE_DONE ||
	    rows.count != 1)
		return false;
	for (size_t i = 0; i < COUNT_OF(at); i++) {
		const struct store_value *value = &rows.rows[0].columns[i];

		if (value->type == STORE_TEXT)
			*at[i] = value->text;
	}
	return true;
}

/* The machine's own clock counts here, not what it has been moved by. */
static bool is_clock_near(struct postgres_lane *lane)
{
	return postgres_clock_ask(lane) &&
	       llabs(postgres_clock_offset(&lane->store->clock)) < CLOCK_MAX;
}

outcome store_postgres_check(struct store *store, char *why, size_t why_size)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct postgres_lane *lane =
		postgres_lane_plain(postgres_store_of(store));
	struct answers answers = {0};
	const char *mistake;

	if (!read_answers(lane, arena, &answers))
		mistake = "its settings cannot be read: the event log says why";
	else
		mistake = find_unsafe_setting(&answers);
	if (mistake == NULL)
		mistake = find_missing_standby(&answers);
	if (mistake == NULL && !is_clock_near(lane))
		mistake = "its clock and this machine's are two seconds apart "
			  "or more: let both follow the same time";
	if (mistake == NULL)
		return DONE;
	(void)snprintf(why, why_size,
		       "store.availability is required, but of the database: "
		       "%s",
		       mistake);
	return REFUSED;
}
