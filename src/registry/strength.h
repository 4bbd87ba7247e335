/* SPDX-License-Identifier: Apache-2.0 */
/* How many bits a machine's secret has at most (RULES: at least 128). */
#pragma once

#include "base/text.h"

#define STRENGTH_LEAST_BITS 128

/*
 * Its length times the bits of a character from the alphabet that it shows
 * (digits, hexadecimal, letters of one or both cases, others); 0 when it has
 * fewer than eight different characters. An upper bound: a guessable secret may
 * look strong.
 */
unsigned int strength_bits(struct text secret);
