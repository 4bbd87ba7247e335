/* SPDX-License-Identifier: Apache-2.0 */
/* How a store on PostgreSQL is watched while it is copied to another. */
#include "store/postgres/internal.h"

#define NOTE(key)                                                              \
	" INSERT INTO copy_changes (noun, a, b, c, d, number)"                 \
	" VALUES ({noun}, " key                                                \
	", CAST(random() * 9007199254740992 AS BIGINT))"                       \
	" ON CONFLICT (noun, a, b, c, d) DO UPDATE SET"                        \
	" number = excluded.number;"

/* The note comes first: its lock on copy_changes is what `settle` waits for, and
 * what is read after it is as new as that lock. */
static const char *const begin[] = {
	"CREATE OR REPLACE FUNCTION copy_{table}() RETURNS trigger"
	" LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN"
	" IF NOT ({old:is_copied}) THEN RETURN NULL; END IF;" NOTE("{old}") //
	" ELSE IF NOT ({new:is_copied}) THEN RETURN NULL; END IF;" NOTE(
		"{new}") //
	" END IF; IF EXISTS (SELECT 1 FROM settings"
	" WHERE name = 'copy_state' AND value >= 2) THEN"
	" RAISE EXCEPTION 'the store is frozen' USING ERRCODE = 'LC001';"
	" END IF; RETURN NULL; END $$",
	"CREATE OR REPLACE TRIGGER copy_{table}"
	" AFTER INSERT OR UPDATE OR DELETE ON {table}"
	" FOR EACH ROW EXECUTE FUNCTION copy_{table}()",
	NULL,
};

static const char *const end[] = {
	"DROP TRIGGER IF EXISTS copy_{table} ON {table}",
	"DROP FUNCTION IF EXISTS copy_{table}()",
	NULL,
};

const struct store_watching postgres_watching = {
	.begin = begin,
	.end = end,
	.settle = "LOCK TABLE copy_changes IN EXCLUSIVE MODE",
	.hurry = "SET LOCAL lock_timeout = 300",
	/* An older snapshot would not show the frost. */
	.find_mistake =
		"SELECT 'default_transaction_isolation is ' || setting ||"
		" ': set it to read committed to copy from here'"
		" FROM (SELECT current_setting('default_transaction_isolation')"
		" AS setting) AS s WHERE setting <> 'read committed'",
	.no_bytes = "CAST('' AS BYTEA)",
};
