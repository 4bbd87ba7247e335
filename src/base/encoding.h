/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes and their spellings: base64url, base64, hexadecimal (RFC 4648). */
#pragma once

#include "base/buf.h"
#include "base/text.h"

/* Unpadded base64url (RFC 7515 section 2). */
#define BASE64URL_SIZE(size) (((size) * 4 + 2) / 3)

void base64url_encode(struct buf *buf, struct text bytes);
/*
 * Strict: no padding, no white space, no '+' or '/', no impossible length, and
 * the unused bits of the last character zero, so that each value has exactly
 * one spelling. Appends to *bytes; false (and nothing usable) otherwise.
 */
MUST_USE bool base64url_decode(struct text text, struct buf *bytes);

/* Base64 with padding (RFC 4648 section 4): HTTP Basic and PEM. Decoding takes
 * padding or none, and nothing else that base64url_decode would refuse. */
void base64_encode(struct buf *buf, struct text bytes);
MUST_USE bool base64_decode(struct text text, struct buf *bytes);

/* The value of a digit in either case, -1 for anything else. */
static inline int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Of two digits, likewise. */
static inline int hex_pair_value(const char pair[2])
{
	int high = hex_value(pair[0]);
	int low = hex_value(pair[1]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Lower case out; both cases in. */
void hex_encode(struct buf *buf, struct text bytes);
MUST_USE bool hex_decode(struct text text, struct buf *bytes);
