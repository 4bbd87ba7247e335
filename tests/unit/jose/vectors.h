/* SPDX-License-Identifier: Apache-2.0 */
/* Examples of the JOSE specifications (RFC 7515, 7517, 7520, 7638, 8037). */
#pragma once

/* RFC 7515 appendix A.1: HS256 */
extern const char rfc7515_a1[];
/* RFC 7515 appendix A.2: RS256 */
extern const char rfc7515_a2[];
/* Its key */
extern const char rfc7515_a2_key[];
/* Its private key as PKCS #8, in base64 */
extern const char rfc7515_a2_private[];
/* RFC 7515 appendix A.3: ES256 */
extern const char rfc7515_a3[];
/* Its key */
extern const char rfc7515_a3_key[];
/* RFC 7515 appendix A.4: ES512 */
extern const char rfc7515_a4[];
/* Its key */
extern const char rfc7515_a4_key[];
/* RFC 7515 appendix A.5: none */
extern const char rfc7515_a5[];
/* The payload of A.1, A.2, A.3 and A.5, in base64url */
extern const char rfc7515_payload[];
/* RFC 7517 appendix A.1: two public keys */
extern const char rfc7517_a1[];
/* RFC 7638 section 3.1: the key, of the same values */
extern const char rfc7638_key[];
/* RFC 8037 appendix A.4: EdDSA */
extern const char rfc8037_a4[];
/* RFC 8037 appendix A.1: a private key */
extern const char rfc8037_a1[];
/* The same as PKCS #8, in base64 */
extern const char rfc8037_a1_private[];
/* RFC 8037 appendix A.2: its public half */
extern const char rfc8037_a2[];
/* RFC 7520 section 4.1: RS256 */
extern const char rfc7520_4_1[];
/* RFC 7520 section 4.2: PS384 */
extern const char rfc7520_4_2[];
/* RFC 7520 section 4.3: ES512 */
extern const char rfc7520_4_3[];
/* RFC 7520 section 3.3: the RSA key of 4.1 and 4.2 */
extern const char rfc7520_rsa[];
/* RFC 7520 section 3.1: the P-521 key of 4.3 */
extern const char rfc7520_ec[];
/* The payload of section 4 */
extern const char rfc7520_payload[];
