/* SPDX-License-Identifier: Apache-2.0 */
/* SQLSTATEs into fates (PostgreSQL's manual, appendix A). */
#include "store/postgres/internal.h"

/* A whole state, or the two letters of its class. */
static const struct {
	const char *state;
	enum postgres_fate fate;
} fates[] = {
	{"23505", POSTGRES_UNIQUE},
	{"40001", POSTGRES_RETRY}, /* serialization_failure */
	{"40P01", POSTGRES_RETRY}, /* deadlock_detected */
	{"55P03", POSTGRES_RETRY}, /* lock_not_available */
	{"26000", POSTGRES_STALE}, /* invalid_sql_statement_name */
	{"0A000", POSTGRES_STALE}, /* a cached plan's result has changed */
	{"25006", POSTGRES_DEMOTED}, /* read_only_sql_transaction */
	{"57014", POSTGRES_LATER}, /* query_canceled */
	{"22021", POSTGRES_UNHOLDABLE}, /* character_not_in_repertoire */
	{"22P05", POSTGRES_UNHOLDABLE}, /* untranslatable_character */
	{"LC001", POSTGRES_AWAY}, /* our own: watching.c */
	{"42P01", POSTGRES_AWAY}, /* undefined_table: it has another name now */
	{"42P07", POSTGRES_RACED}, /* duplicate_table; also of an index */
	{"42710", POSTGRES_RACED}, /* duplicate_object */
	{"40003", POSTGRES_UNKNOWN}, /* statement_completion_unknown */
	{"53", POSTGRES_LATER}, /* insufficient resources */
	{"08", POSTGRES_UNKNOWN}, /* connection exception */
	{"57", POSTGRES_UNKNOWN}, /* operator intervention */
	{"58", POSTGRES_UNKNOWN}, /* system error */
	{"XX", POSTGRES_UNKNOWN}, /* internal error */
};

enum postgres_fate postgres_fate_of(const char *state)
{
	struct text whole = text_from(state);

	/* libpq's own errors have none: the connection is broken. */
	if (whole.size == 0)
		return POSTGRES_UNKNOWN;
	for (size_t i = 0; i < COUNT_OF(fates); i++)
		if (text_starts_with(whole, text_from(fates[i].state)))
			return fates[i].fate;
	return POSTGRES_FAULT;
}
