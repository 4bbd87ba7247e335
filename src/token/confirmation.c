/* SPDX-License-Identifier: Apache-2.0 */
/* Makes confirmations (RFC 8705 section 3.1). */
#include "token/confirmation.h"

#include "crypto/certificate.h"

#define THUMBPRINT_SIZE 43 /* base64url of SHA-256 */

struct text confirmation_of_certificate(struct arena *arena, struct text der)
{
	struct buf confirmation = buf_init_arena(
		arena, CONFIRMATION_BY_CERTIFICATE.size + THUMBPRINT_SIZE);

	if (!text_is_present(der))
		return TEXT_ABSENT;
	buf_add(&confirmation, CONFIRMATION_BY_CERTIFICATE);
	certificate_thumbprint(der, &confirmation);
	return buf_text(&confirmation);
}
