/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of copying's own (store/copy), with any number of parameters. */
#include <endian.h>

#include "store/postgres/internal.h"

/* OIDs of pg_type, the same for ever; of a NULL the server finds the type. */
static const Oid oids[] = {
	[STORE_NULL] = 0,
	[STORE_INTEGER] = 20,
	[STORE_TEXT] = 25,
	[STORE_BYTES] = 17,
};

struct parameter {
	int64_t integer; /* in the network's order */
	const char *value;
	int size;
};

static struct parameter parameter_of(const struct store_value *value)
{
	switch (value->type) {
	case STORE_NULL:
		return (struct parameter){0};
	case STORE_INTEGER:
		return (struct parameter){
			.integer = (int64_t)htobe64((uint64_t)value->integer),
			.size = sizeof(value->integer),
		};
	case STORE_TEXT:
	case STORE_BYTES:
		return (struct parameter){
			.value = value->text.size > 0 ? value->text.at : "",
			.size = (int)value->text.size,
		};
	}
	MUST(false);
}

struct columns {
	Oid *types;
	const char **values;
	int *sizes;
	int *formats;
};

static void fill(struct columns *to, struct parameter *parameters,
		 const struct store_script *script)
{
	for (size_t i = 0; i < script->parameter_count; i++) {
		const struct store_value *value = &script->parameters[i];

		parameters[i] = parameter_of(value);
		to->types[i] = oids[value->type];
		to->values[i] = value->type == STORE_INTEGER
					? (const char *)&parameters[i].integer
					: parameters[i].value;
		to->sizes[i] = parameters[i].size;
		to->formats[i] = 1;
	}
}

bool postgres_send_script(struct postgres_connection *connection,
			  const struct store_script *script)
{
	size_t count = script->parameter_count;
	CLEANUP(arena_free)
	struct arena *arena = arena_new(4096 + (count + 1) * 128);
	struct columns columns = {
		.types = ARENA_ARRAY(arena, Oid, count),
		.values = ARENA_ARRAY(arena, const char *, count),
		.sizes = ARENA_ARRAY(arena, int, count),
		.formats = ARENA_ARRAY(arena, int, count),
	};

	fill(&columns, ARENA_ARRAY(arena, struct parameter, count), script);
	return connection->pq->PQsendQueryParams(connection->pg, script->text,
						 (int)count, columns.types,
						 columns.values, columns.sizes,
						 columns.formats, 1) == 1;
}

enum store_outcome postgres_run(struct store *store, struct arena *arena,
				const struct store_script *script,
				struct store_rows *rows_out)
{
	struct postgres_lane *lane =
		postgres_lane_plain(postgres_store_of(store));
	struct postgres_item *item = postgres_item_new(
		rows_out == NULL ? POSTGRES_COMMAND : POSTGRES_READ);

	item->script = script;
	item->arena = arena;
	item->rows = rows_out;
	if (rows_out != NULL)
		*rows_out = (struct store_rows){0};
	return postgres_lane_run(lane, item);
}
