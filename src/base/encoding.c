/* SPDX-License-Identifier: Apache-2.0 */
/* Base64url, base64 and hexadecimal, each value with one spelling (RFC 4648).
 */
#include "base/encoding.h"

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789-_";
static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_base64(struct buf *buf, struct text bytes,
			  const char *alphabet)
{
	const unsigned char *at = (const unsigned char *)bytes.at;
	size_t size = BASE64URL_SIZE(bytes.size);
	char *out = buf_reserve(buf, size);
	uint32_t bits;
	size_t left;

	if (out == NULL)
		return;
	for (left = bytes.size; left >= 3; left -= 3, at += 3) {
		bits = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = alphabet[bits >> 6 & 63];
		*out++ = alphabet[bits & 63];
	}
	if (left > 0) {
		bits = (uint32_t)at[0] << 16 |
		       (left > 1 ? (uint32_t)at[1] << 8 : 0);
		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		if (left > 1)
			*out = alphabet[bits >> 6 & 63];
	}
	buf_advance(buf, size);
}

/* By character: its value, or NO_VALUE. Random text would have a branch by range
 * go wrong at every other character. */
#define NO_VALUE 0xff
static unsigned char url_values[256];
static unsigned char plain_values[256];

static void fill_values(unsigned char values[256], const char *alphabet)
{
	memset(values, NO_VALUE, 256);
	for (unsigned char i = 0; i < 64; i++)
		values[(unsigned char)alphabet[i]] = i;
}

__attribute__((constructor)) static void fill_tables(void)
{
	fill_values(url_values, url_alphabet);
	fill_values(plain_values, plain_alphabet);
}

static bool decode_base64(struct text text, struct buf *bytes,
			  const unsigned char *values)
{
	char *out =
		buf_reserve(bytes, text.size / 4 * 3 + text.size % 4 * 3 / 4);
	const unsigned char *at = (const unsigned char *)text.at;
	char *start = out;
	uint32_t seen = 0;
	uint32_t bits = 0;
	size_t left;

	if (out == NULL || text.size % 4 == 1)
		return false;
	for (left = text.size; left >= 4; left -= 4, at += 4) {
		seen |= values[at[0]] | values[at[1]] | values[at[2]] |
			values[at[3]];
		bits = (uint32_t)values[at[0]] << 18 |
		       (uint32_t)values[at[1]] << 12 |
		       (uint32_t)values[at[2]] << 6 | values[at[3]];
		*out++ = (char)(bits >> 16);
		*out++ = (char)(bits >> 8);
		*out++ = (char)bits;
	}
	bits = 0;
	for (size_t i = 0; i < left; i++) {
		seen |= values[at[i]];
		bits |= (uint32_t)values[at[i]] << (18 - 6 * i);
	}
	for (size_t i = 1; i < left; i++, bits <<= 8)
		*out++ = (char)(bits >> 16);
	/* What a last character has too much is zero. */
	if (seen > 63 || (bits & 0xffffff) != 0)
		return false;
	buf_advance(bytes, (size_t)(out - start));
	return true;
}

void base64url_encode(struct buf *buf, struct text bytes)
{
	encode_base64(buf, bytes, url_alphabet);
}

bool base64url_decode(struct text text, struct buf *bytes)
{
	return decode_base64(text, bytes, url_values);
}

void base64_encode(struct buf *buf, struct text bytes)
{
	encode_base64(buf, bytes, plain_alphabet);
	for (size_t i = bytes.size; i % 3 != 0; i++)
		buf_add_byte(buf, '=');
}

bool base64_decode(struct text text, struct buf *bytes)
{
	if (text.size % 4 == 0 && text_ends_with(text, TEXT("==")))
		text.size -= 2;
	else if (text.size % 4 == 0 && text_ends_with(text, TEXT("=")))
		text.size -= 1;
	return decode_base64(text, bytes, plain_values);
}

void hex_encode(struct buf *buf, struct text bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *out = buf_reserve(buf, 2 * bytes.size);

	if (out == NULL)
		return;
	for (size_t i = 0; i < bytes.size; i++) {
		*out++ = digits[(unsigned char)bytes.at[i] >> 4];
		*out++ = digits[bytes.at[i] & 15];
	}
	buf_advance(buf, 2 * bytes.size);
}

bool hex_decode(struct text text, struct buf *bytes)
{
	char *out = buf_reserve(bytes, text.size / 2);

	if (out == NULL || text.size % 2 != 0)
		return false;
	for (size_t i = 0; i < text.size; i += 2) {
		int high = hex_value(text.at[i]);
		int low = hex_value(text.at[i + 1]);

		if (high < 0 || low < 0)
			return false;
		*out++ = (char)(high << 4 | low);
	}
	buf_advance(bytes, text.size / 2);
	return true;
}
