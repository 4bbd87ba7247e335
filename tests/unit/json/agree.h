/* SPDX-License-Identifier: Apache-2.0 */
/* The parser against jansson: two that were written apart (docs/decisions). */
#pragma once

#include "base/buf.h"

/* Whether both refuse the text, or both take it and read the same values. */
bool agree_on(struct text text);

/*
 * What jansson reads, value by value: its type, then its count, size or number, its
 * bytes, its members in their order. false when it refuses the text, or when that
 * has a NUL or is deeper than JSON_DEPTH_MAX: bounds that jansson has not.
 */
bool agree_jansson_spells(struct text text, struct buf *spelled);
