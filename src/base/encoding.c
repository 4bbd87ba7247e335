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
	uint32_t bits = 0;
	unsigned int held = 0;

	if (out == NULL)
		return;
	for (size_t i = 0; i < bytes.size; i++) {
		bits = bits << 8 | at[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = alphabet[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*out = alphabet[bits << (6 - held) & 63];
	buf_advance(buf, size);
}

static int value_of(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == alphabet[62])
		return 62;
	return c == alphabet[63] ? 63 : -1;
}

static bool decode_base64(struct text text, struct buf *bytes,
			  const char *alphabet)
{
	char *out =
		buf_reserve(bytes, text.size / 4 * 3 + text.size % 4 * 3 / 4);
	char *start = out;
	uint32_t bits = 0;
	unsigned int held = 0;

	if (out == NULL || text.size % 4 == 1)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		int value = value_of(text.at[i], alphabet);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			*out++ = (char)(bits >> held);
		}
	}
	if ((bits & ((1u << held) - 1)) != 0)
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
	return decode_base64(text, bytes, url_alphabet);
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
	return decode_base64(text, bytes, plain_alphabet);
}

void hex_encode(struct buf *buf, struct text bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.size; i++) {
		buf_add_byte(buf, digits[(unsigned char)bytes.at[i] >> 4]);
		buf_add_byte(buf, digits[bytes.at[i] & 15]);
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
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
