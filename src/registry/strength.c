/* SPDX-License-Identifier: Apache-2.0 */
/* Estimates a secret from above, by alphabet and length. */
#include "registry/strength.h"

#define LEAST_DIFFERENT 8

enum alphabet { LOWER = 1, UPPER = 2, DIGIT = 4, OTHER = 8 };

/* log2 of the alphabet's size in hundredths, by which of the four it shows. */
static const unsigned int bits_per_character[16] = {
	0,   470, 470, 570, 332, 517, 517, 595,
	500, 586, 586, 639, 539, 609, 609, 655,
};
#define BITS_OF_HEX 400

static enum alphabet alphabet_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return LOWER;
	if (c >= 'A' && c <= 'Z')
		return UPPER;
	return c >= '0' && c <= '9' ? DIGIT : OTHER;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static unsigned int count_different(struct text secret)
{
	bool seen[256] = {false};
	unsigned int count = 0;

	for (size_t i = 0; i < secret.size; i++) {
		bool *at = &seen[(unsigned char)secret.at[i]];

		count += !*at;
		*at = true;
	}
	return count;
}

unsigned int strength_bits(struct text secret)
{
	unsigned int alphabets = 0;
	unsigned int bits;
	bool is_all_hex = true;

	if (count_different(secret) < LEAST_DIFFERENT)
		return 0;
	for (size_t i = 0; i < secret.size; i++) {
		alphabets |= alphabet_of(secret.at[i]);
		is_all_hex = is_all_hex && is_hex(secret.at[i]);
	}
	bits = bits_per_character[alphabets];
	if (is_all_hex && bits > BITS_OF_HEX)
		bits = BITS_OF_HEX;
	return (unsigned int)(secret.size * bits / 100);
}
