/* SPDX-License-Identifier: Apache-2.0 */
/* Optimal string alignment distance, over three rows of its table. */
#include "base/nearest.h"

struct nearest nearest_init(struct text wanted)
{
	size_t most = wanted.size / 3 > 0 ? wanted.size / 3 : 1;

	return (struct nearest){wanted, TEXT_ABSENT, most + 1};
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_swap(struct text a, struct text b, size_t i, size_t j)
{
	return i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
	       a.at[i - 2] == b.at[j - 1];
}

static size_t distance(struct text a, struct text b)
{
	size_t rows[3][NEAREST_SIZE_MAX + 1];

	for (size_t j = 0; j <= b.size; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.size; i++) {
		size_t *row = rows[i % 3];
		size_t *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t change = a.at[i - 1] != b.at[j - 1];

			row[j] = least(least(row[j - 1], above[j]) + 1,
				       above[j - 1] + change);
			if (is_swap(a, b, i, j))
				row[j] = least(row[j],
					       rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a.size % 3][b.size];
}

void nearest_offer(struct nearest *nearest, struct text candidate)
{
	struct text wanted = nearest->wanted;
	size_t found;

	if (wanted.size > NEAREST_SIZE_MAX || candidate.size > NEAREST_SIZE_MAX)
		return;
	found = distance(wanted, candidate);
	if (wanted.size >= 3 && text_starts_with(candidate, wanted))
		found = least(found, 1);
	if (found >= nearest->distance)
		return;
	nearest->distance = found;
	nearest->best = candidate;
}
