/* SPDX-License-Identifier: Apache-2.0 */
/* A row's bytes and their hash, and sums of these. */
#include <endian.h>

#include "crypto/digest.h"
#include "store/copy/internal.h"

#define ROW_MAX ((size_t)64 * 1024 * 1024)

static void add_number(struct buf *bytes, uint64_t number)
{
	uint64_t ordered = htobe64(number);

	buf_add(bytes, text_of(&ordered, sizeof(ordered)));
}

void copy_bytes_add(struct buf *bytes, const struct store_value *value)
{
	buf_add_byte(bytes, (char)('0' + value->type));
	switch (value->type) {
	case STORE_NULL:
		return;
	case STORE_INTEGER:
		add_number(bytes, (uint64_t)value->integer);
		return;
	case STORE_TEXT:
	case STORE_BYTES:
		add_number(bytes, value->text.size);
		buf_add(bytes, value->text);
		return;
	}
}

static bool take_number(struct text *bytes, uint64_t *number_out)
{
	if (bytes->size < sizeof(*number_out))
		return false;
	memcpy(number_out, bytes->at, sizeof(*number_out));
	*number_out = be64toh(*number_out);
	*bytes = text_from_byte(*bytes, sizeof(*number_out));
	return true;
}

static bool take_value(struct text *bytes, struct store_value *value)
{
	uint64_t number;

	if (bytes->size == 0)
		return false;
	value->type = (enum store_type)(bytes->at[0] - '0');
	*bytes = text_from_byte(*bytes, 1);
	if (value->type == STORE_NULL)
		return true;
	if (value->type > STORE_BYTES || !take_number(bytes, &number))
		return false;
	if (value->type == STORE_INTEGER) {
		value->integer = (int64_t)number;
		return true;
	}
	if (number > bytes->size)
		return false;
	value->text = number == 0 ? TEXT("") : text_first(*bytes, number);
	*bytes = text_from_byte(*bytes, number);
	return true;
}

bool copy_bytes_read(struct text bytes, struct store_value *values,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!take_value(&bytes, &values[i]))
			return false;
	return bytes.size == 0;
}

struct copy_sum copy_sum_row(const struct copy_table *table,
			     const struct store_row *row)
{
	CLEANUP(buf_wipe) struct buf bytes = buf_init(ROW_MAX);
	struct copy_sum sum = {.count = 1};
	unsigned char hash[SHA256_SIZE];

	for (size_t i = 0; i < table->column_count; i++)
		copy_bytes_add(&bytes, &row->columns[i]);
	MUST(!bytes.is_over);
	digest_sha256(buf_text(&bytes), hash);
	memcpy(&sum.low, hash, sizeof(sum.low));
	memcpy(&sum.high, hash + sizeof(sum.low), sizeof(sum.high));
	return sum;
}

struct copy_sum copy_sum_rows(const struct copy_table *table,
			      const struct store_rows *rows)
{
	struct copy_sum sum = {0};

	for (size_t i = 0; i < rows->count; i++)
		copy_sum_add(&sum, copy_sum_row(table, &rows->rows[i]));
	return sum;
}

void copy_sum_add(struct copy_sum *sum, struct copy_sum more)
{
	sum->count += more.count;
	sum->low += more.low;
	sum->high += more.high;
}

void copy_sum_subtract(struct copy_sum *sum, struct copy_sum less)
{
	sum->count -= less.count;
	sum->low -= less.low;
	sum->high -= less.high;
}

bool copy_sum_equal(struct copy_sum a, struct copy_sum b)
{
	return a.count == b.count && a.low == b.low && a.high == b.high;
}

/* --- Rows among others ---------------------------------------------------- */

static bool is_value_equal(const struct store_value *a,
			   const struct store_value *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == STORE_NULL)
		return true;
	if (a->type == STORE_INTEGER)
		return a->integer == b->integer;
	return text_equal(a->text, b->text);
}

static bool begins_with(const struct store_row *row,
			const struct store_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_value_equal(&row->columns[i], &values[i]))
			return false;
	return true;
}

const struct store_row *copy_rows_find(const struct copy_table *table,
				       const struct store_rows *rows,
				       const struct store_value *key)
{
	for (size_t i = 0; i < rows->count; i++)
		if (begins_with(&rows->rows[i], key, copy_key_size(table)))
			return &rows->rows[i];
	return NULL;
}

bool copy_rows_have(const struct copy_table *table,
		    const struct store_rows *rows, const struct store_row *row)
{
	const struct store_row *found =
		copy_rows_find(table, rows, row->columns);

	return found != NULL &&
	       begins_with(found, row->columns, table->column_count);
}
