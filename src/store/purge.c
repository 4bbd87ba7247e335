/* SPDX-License-Identifier: Apache-2.0 */
/* Housekeeping: rows whose time has passed, a bounded number at once. */
#include "store/internal.h"

static const enum store_query queries[] = {
	QUERY_PURGE_GRANTS,   QUERY_PURGE_SPENT,	QUERY_PURGE_REQUESTS,
	QUERY_PURGE_SESSIONS, QUERY_PURGE_SIGNING_KEYS, QUERY_PURGE_SERVERS,
	QUERY_PURGE_GOSSIP,
};

enum store_outcome store_purge(struct store *store, instant now, int64_t most,
			       int64_t *count_out)
{
	*count_out = 0;
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		struct store_change change = {0};
		enum store_outcome result;

		if (*count_out >= most)
			break;
		store_bind_integer(store_step_add(&change, queries[i], now,
						  STORE_DONE),
				   most - *count_out);
		result = store_apply(store, &change);
		if (result != STORE_DONE)
			return result;
		*count_out += change.steps[0].changed_count;
	}
	return STORE_DONE;
}
