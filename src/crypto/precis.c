/* SPDX-License-Identifier: Apache-2.0 */
/* PRECIS's two profiles over GNU libunistring's tables. */
#include "crypto/precis.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* Code points on the heap, wiped when done: they may be a password. */
struct points {
	uint32_t *at;
	size_t count;
};

static void points_wipe(struct points *points)
{
	if (points->at != NULL)
		explicit_bzero(points->at, points->count * sizeof(uint32_t));
	free(points->at);
	*points = (struct points){0};
}

/* Takes over what the library made instead of what was there. */
static void replace(struct points *points, uint32_t *at, size_t count)
{
	MUST(at != NULL);
	points_wipe(points);
	*points = (struct points){at, count};
}

static outcome decode(struct text text, struct points *points,
		      const char **why_out)
{
	*why_out = "it is empty";
	if (text.size == 0)
		return REFUSED;
	*why_out = "it is not UTF-8";
	if (!text_is_utf8(text))
		return REFUSED;
	points->at = u8_to_u32((const uint8_t *)text.at, text.size, NULL,
			       &points->count);
	MUST(points->at != NULL);
	*why_out = NULL;
	return DONE;
}

static void compose(struct points *points)
{
	size_t count;
	uint32_t *at = u32_normalize(UNINORM_NFC, points->at, points->count,
				     NULL, &count);

	replace(points, at, count);
}

static outcome encode(const struct points *points, struct buf *mapped,
		      const char **why_out)
{
	size_t size;
	uint8_t *bytes = u32_to_u8(points->at, points->count, NULL, &size);

	MUST(bytes != NULL);
	buf_add(mapped, text_of(bytes, size));
	explicit_bzero(bytes, size);
	free(bytes);
	if (!mapped->is_over)
		return DONE;
	*why_out = "it is too long";
	return REFUSED;
}

static void map_width(struct points *points)
{
	for (size_t i = 0; i < points->count; i++) {
		ucs4_t mapped[UC_DECOMPOSITION_MAX_LENGTH];
		int tag;
		int count = uc_decomposition(points->at[i], &tag, mapped);

		if (count == 1 &&
		    (tag == UC_DECOMP_WIDE || tag == UC_DECOMP_NARROW))
			points->at[i] = mapped[0];
	}
}

static void map_case(struct points *points)
{
	size_t count;
	uint32_t *at = u32_tolower(points->at, points->count, NULL, NULL, NULL,
				   &count);

	replace(points, at, count);
}

/* Whether NFKC would change it (RFC 8264 section 9.17, HasCompat). */
static bool has_compatibility_form(ucs4_t point)
{
	uint32_t buffer[UC_DECOMPOSITION_MAX_LENGTH];
	size_t count = COUNT_OF(buffer);
	uint32_t *form = u32_normalize(UNINORM_NFKC, &point, 1, buffer, &count);
	bool has = form == NULL || count != 1 || form[0] != point;

	if (form != buffer)
		free(form);
	return has;
}

/* RFC 8264 section 9.6 (exceptions) and 9.9 (old Hangul jamo), disallowed. */
static bool is_excepted(ucs4_t point)
{
	return point == 0x0640 || point == 0x07fa || point == 0x302e ||
	       point == 0x302f || (point >= 0x3031 && point <= 0x3035) ||
	       point == 0x303b || (point >= 0x1100 && point <= 0x11ff) ||
	       (point >= 0xa960 && point <= 0xa97f) ||
	       (point >= 0xd7b0 && point <= 0xd7ff);
}

/* IdentifierClass (RFC 8264 section 4.2). */
static bool is_identifier(ucs4_t point)
{
	if (point < 0x80)
		return point > 0x20 && point < 0x7f;
	if (is_excepted(point) || has_compatibility_form(point))
		return false;
	return uc_is_general_category_withtable(
		point, UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu |
			       UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Lm |
			       UC_CATEGORY_MASK_Nd | UC_CATEGORY_MASK_Mn |
			       UC_CATEGORY_MASK_Mc);
}

#define BIDI(class) (1U << UC_BIDI_##class)
#define BIDI_RIGHT (BIDI(R) | BIDI(AL))
#define BIDI_ANY_RIGHT (BIDI_RIGHT | BIDI(AN))
#define BIDI_ALLOWED                                                           \
	(BIDI_ANY_RIGHT | BIDI(EN) | BIDI(ES) | BIDI(CS) | BIDI(ET) |          \
	 BIDI(ON) | BIDI(BN) | BIDI(NSM))

static unsigned int bidi_of(ucs4_t point)
{
	return 1U << uc_bidi_class(point);
}

/* RFC 5893 section 2, for a name with a letter that runs from the right; names
 * without one cannot break it. */
static bool fits_bidi_rule(const struct points *points)
{
	unsigned int seen = 0;
	unsigned int last = 0;

	for (size_t i = 0; i < points->count; i++) {
		unsigned int bidi = bidi_of(points->at[i]);

		seen |= bidi;
		if (bidi != BIDI(NSM))
			last = bidi;
	}
	if ((seen & BIDI_ANY_RIGHT) == 0)
		return true;
	return (bidi_of(points->at[0]) & BIDI_RIGHT) != 0 &&
	       (seen & ~BIDI_ALLOWED) == 0 &&
	       (last & (BIDI_ANY_RIGHT | BIDI(EN))) != 0 &&
	       ((seen & BIDI(EN)) == 0 || (seen & BIDI(AN)) == 0);
}

outcome precis_username(struct text name, struct buf *mapped,
			const char **why_out)
{
	CLEANUP(points_wipe) struct points points = {0};

	TRY(decode(name, &points, why_out));
	map_width(&points);
	map_case(&points);
	compose(&points);
	*why_out = "it has a character that no user name may have (a space, a "
		   "control, a symbol or a variant of another character)";
	for (size_t i = 0; i < points.count; i++)
		if (!is_identifier(points.at[i]))
			return REFUSED;
	*why_out = "it mixes letters that run from the left and from the right";
	if (!fits_bidi_rule(&points))
		return REFUSED;
	*why_out = NULL;
	return encode(&points, mapped, why_out);
}

outcome precis_password(struct text password, struct buf *mapped,
			const char **why_out)
{
	CLEANUP(points_wipe) struct points points = {0};

	TRY(decode(password, &points, why_out));
	*why_out = "it has a control character";
	for (size_t i = 0; i < points.count; i++) {
		if (uc_is_general_category_withtable(points.at[i],
						     UC_CATEGORY_MASK_Cc))
			return REFUSED;
		if (uc_is_general_category_withtable(points.at[i],
						     UC_CATEGORY_MASK_Zs))
			points.at[i] = ' ';
	}
	*why_out = NULL;
	compose(&points);
	return encode(&points, mapped, why_out);
}
