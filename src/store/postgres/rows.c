/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as the server sends them, in binary, into values in an arena. */
#include "store/postgres/internal.h"

static int64_t read_integer(const char *at, int size)
{
	uint64_t all = 0;

	/* Binary, in the network's order, signed. */
	for (int i = 0; i < size; i++)
		all = all << 8 | (unsigned char)at[i];
	switch (size) {
	case 2:
		return (int16_t)all;
	case 4:
		return (int32_t)all;
	default:
		return (int64_t)all;
	}
}

bool postgres_rows_read_value(const struct postgres_library *pq,
			      const PGresult *result, int row, int column,
			      struct store_value *value)
{
	const char *at = pq->PQgetvalue(result, row, column);
	int size = pq->PQgetlength(result, row, column);

	if (pq->PQgetisnull(result, row, column)) {
		*value = (struct store_value){.type = STORE_NULL};
		return true;
	}
	switch (pq->PQftype(result, column)) {
	case 20: /* int8 */
	case 21: /* int2 */
	case 23: /* int4 */
		value->type = STORE_INTEGER;
		value->integer = read_integer(at, size);
		return true;
	case 25: /* text */
		value->type = STORE_TEXT;
		break;
	case 17: /* bytea */
		value->type = STORE_BYTES;
		break;
	default:
		return false;
	}
	value->text = size == 0 ? TEXT("") : text_of(at, (size_t)size);
	return true;
}

static bool read_row(const struct postgres_library *pq, const PGresult *result,
		     int row, struct arena *arena, struct store_row *row_out)
{
	int count = pq->PQnfields(result);

	row_out->columns =
		ARENA_ARRAY(arena, struct store_value, (size_t)count);
	for (int i = 0; i < count; i++) {
		struct store_value *value = &row_out->columns[i];

		if (!postgres_rows_read_value(pq, result, row, i, value))
			return false;
		if (value->type > STORE_INTEGER && value->text.size > 0)
			value->text = arena_copy(arena, value->text);
	}
	return true;
}

bool postgres_rows_read(const struct postgres_library *pq,
			const PGresult *result, struct postgres_item *item)
{
	size_t count = (size_t)pq->PQntuples(result);

	item->rows->rows = ARENA_ARRAY(item->arena, struct store_row, count);
	item->rows->count = count;
	for (size_t i = 0; i < count; i++)
		if (!read_row(pq, result, (int)i, item->arena,
			      &item->rows->rows[i]))
			return false;
	return true;
}
