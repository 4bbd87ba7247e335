/* SPDX-License-Identifier: Apache-2.0 */
/* The public keys that a thread has met lately, ready to verify with. */
#include <stdlib.h>

#include "crypto/internal.h"

/* Sets and ways: who looks for a key looks at four places, whatever is kept. */
struct pkey_kept {
	struct pkey *keys[PKEY_KEPT_SETS][PKEY_KEPT_WAYS];
	size_t next; /* the way to give way */
};

/* Any bytes of a key will do: who makes many of one set loses but his own. */
static size_t set_of(struct text a)
{
	const unsigned char *last = (const unsigned char *)a.at + a.size - 2;

	return ((size_t)last[0] << 8 | last[1]) % PKEY_KEPT_SETS;
}

static bool is_made_of(const struct pkey *key, enum pkey_type type,
		       struct text a, struct text b)
{
	return key->type == type &&
	       text_equal(text_of(key->parts, key->a_size), a) &&
	       text_equal(text_of(key->parts + key->a_size, key->b_size), b);
}

struct pkey *pkey_kept_find(enum pkey_type type, struct text a, struct text b)
{
	struct pkey_kept *kept = crypto_contexts()->keys;
	struct pkey **set;

	if (kept == NULL || a.size < 2)
		return NULL;
	set = kept->keys[set_of(a)];
	for (size_t i = 0; i < PKEY_KEPT_WAYS && set[i] != NULL; i++) {
		if (is_made_of(set[i], type, a, b))
			return pkey_ref(set[i]);
	}
	return NULL;
}

static struct pkey **place_for(struct pkey_kept *kept, struct text a)
{
	struct pkey **set = kept->keys[set_of(a)];

	for (size_t i = 0; i < PKEY_KEPT_WAYS; i++) {
		if (set[i] == NULL)
			return &set[i];
	}
	return &set[kept->next++ % PKEY_KEPT_WAYS];
}

void pkey_kept_add(struct pkey *key)
{
	struct crypto_contexts *contexts = crypto_contexts();
	struct pkey **place;

	if (contexts->keys == NULL) {
		contexts->keys = calloc(1, sizeof(*contexts->keys));
		MUST(contexts->keys != NULL);
	}
	place = place_for(contexts->keys, text_of(key->parts, key->a_size));
	pkey_unref(place);
	*place = pkey_ref(key);
}

void pkey_kept_free(struct pkey_kept **kept)
{
	struct pkey_kept *old = TAKE(*kept);

	if (old == NULL)
		return;
	for (size_t i = 0; i < PKEY_KEPT_SETS; i++) {
		for (size_t j = 0; j < PKEY_KEPT_WAYS; j++)
			pkey_unref(&old->keys[i][j]);
	}
	free(old);
}
