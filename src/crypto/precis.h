/* SPDX-License-Identifier: Apache-2.0 */
/* User names and passwords as one spelling each (PRECIS, RFC 8264, 8265). */
#pragma once

#include "base/buf.h"

/*
 * UsernameCaseMapped (RFC 8265 section 3.3): full- and half-width forms become
 * ordinary ones, upper case becomes lower, the result is NFC. REFUSED, with a
 * sentence (static) in *why_out: what is empty, longer than the buffer takes,
 * not UTF-8, or holds a space, a control, a symbol, a compatibility character,
 * or mixes writing directions against RFC 5893's rule. Contextual characters
 * (joiners) are refused as well.
 */
outcome precis_username(struct text name, struct buf *mapped,
			const char **why_out) MUST_USE;

/*
 * OpaqueString (RFC 8265 section 4.2): spaces of other kinds become ordinary
 * ones, the result is NFC; nothing is trimmed. REFUSED: what is empty, not
 * UTF-8 or holds a control.
 */
outcome precis_password(struct text password, struct buf *mapped,
			const char **why_out) MUST_USE;
