/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes: space-delimited sets of tokens (RFC 6749 section 3.3). */
#pragma once

#include "base/buf.h"
#include "base/text.h"

#define SCOPE_SIZE_MAX 4096
#define SCOPE_COUNT_MAX 100

/* Whether it holds only characters that a scope may have, within the maxima. */
bool scope_is_well_formed(struct text scope);
/* Each word once, single spaces, in their order. */
struct text scope_normalize(struct arena *arena, struct text scope);
/* The words of `scope` that stand in `allowed`, in their order. */
struct text scope_intersection(struct arena *arena, struct text scope,
			       struct text allowed);
/* The first word of `part` that `whole` lacks; absent when there is none. */
struct text scope_first_missing(struct text part, struct text whole);
/* Appends the word unless the set has it already. */
void scope_add(struct buf *set, struct text word);
/* The words of both, those of `a` first. */
struct text scope_union(struct arena *arena, struct text a, struct text b);
