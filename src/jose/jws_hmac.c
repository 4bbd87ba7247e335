/* SPDX-License-Identifier: Apache-2.0 */
/* HS256, HS384, HS512 (RFC 7518 section 3.2): verified and signed. */
#include "jose/jws_hmac.h"

#include "base/encoding.h"
#include "crypto/equal.h"

static const struct jws_hmac algorithms[] = {
	{"HS256", DIGEST_SHA256, 32},
	{"HS384", DIGEST_SHA384, 48},
	{"HS512", DIGEST_SHA512, 64},
};

const struct jws_hmac *jws_hmac_at(size_t index)
{
	return index < COUNT_OF(algorithms) ? &algorithms[index] : NULL;
}

const struct jws_hmac *jws_hmac_find(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		if (text_equal(text_from(algorithms[i].name), name))
			return &algorithms[i];
	}
	return NULL;
}

outcome jws_hmac_verify(const struct jws *jws, struct text secret,
			const struct jws_hmac *algorithm,
			struct text *payload_out)
{
	unsigned char mac[DIGEST_MAX_SIZE];
	size_t size;
	bool is_right;

	if (!text_equal(jws->algorithm, text_from(algorithm->name)) ||
	    secret.size < algorithm->secret_min)
		return REFUSED;
	size = digest_hmac(algorithm->digest, secret, jws->signing_input, mac);
	is_right = jws->signature.size == size &&
		   equal_secret(text_of(mac, size), jws->signature);
	explicit_bzero(mac, sizeof(mac));
	if (!is_right)
		return REFUSED;
	*payload_out = jws->unverified_payload;
	return DONE;
}

outcome jws_hmac_sign(struct text secret, const struct jws_hmac *algorithm,
		      struct text header, struct text payload,
		      struct buf *compact)
{
	struct buf input = buf_init(JWS_SIZE_MAX);
	unsigned char mac[DIGEST_MAX_SIZE];
	size_t size;

	if (secret.size < algorithm->secret_min)
		return REFUSED;
	jws_signing_input(&input, header, payload);
	size = digest_hmac(algorithm->digest, secret, buf_text(&input), mac);
	buf_add(compact, buf_text(&input));
	buf_add_byte(compact, '.');
	base64url_encode(compact, text_of(mac, size));
	compact->is_over = compact->is_over || input.is_over;
	buf_wipe(&input);
	return DONE;
}
