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

/* Lower case out; both cases in. */
void hex_encode(struct buf *buf, struct text bytes);
MUST_USE bool hex_decode(struct text text, struct buf *bytes);
