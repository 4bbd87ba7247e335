/* SPDX-License-Identifier: Apache-2.0 */
/* JWE's names, and Concat KDF (RFC 7518 section 4.6.2, SP 800-56A 5.8.1). */
#include "crypto/digest.h"
#include "jose/jwe_internal.h"

static const char *const names[] = {
	[AEAD_A128CBC_HS256] = "A128CBC-HS256",
	[AEAD_A256CBC_HS512] = "A256CBC-HS512",
	[AEAD_A128GCM] = "A128GCM",
	[AEAD_A256GCM] = "A256GCM",
};

const char *jwe_encryption_name(enum aead encryption)
{
	return names[encryption];
}

bool jwe_encryption_find(struct text name, enum aead *encryption_out)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!text_equal(text_from(names[i]), name))
			continue;
		*encryption_out = (enum aead)i;
		return true;
	}
	return false;
}

const char *jwe_algorithm_for(const struct pkey *key)
{
	switch (pkey_type(key)) {
	case PKEY_RSA:
		return JWE_RSA;
	case PKEY_P256:
	case PKEY_P384:
	case PKEY_P521:
		return JWE_EC;
	case PKEY_ED25519:
		break;
	}
	return NULL;
}

static void add_word(struct buf *buf, size_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_add_byte(buf, (char)(number >> shift));
}

static void add_sized(struct buf *buf, struct text text)
{
	add_word(buf, text.size);
	buf_add(buf, text);
}

void jwe_agree(const struct jwe_agreement *agreement,
	       const struct secret *shared, unsigned char out[AEAD_KEY_MAX])
{
	size_t size = aead_key_size(agreement->encryption);
	unsigned char hash[SHA256_SIZE];

	for (size_t done = 0, round = 1; done < size; round++) {
		struct buf input = buf_init(JWE_SIZE_MAX);
		size_t step = size - done < SHA256_SIZE ? size - done
							: SHA256_SIZE;

		add_word(&input, round);
		buf_add(&input, secret_bytes(shared));
		add_sized(&input, text_from(names[agreement->encryption]));
		add_sized(&input, agreement->producer);
		add_sized(&input, agreement->consumer);
		add_word(&input, 8 * size);
		MUST(!input.is_over);
		digest_sha256(buf_text(&input), hash);
		memcpy(out + done, hash, step);
		buf_wipe(&input);
		done += step;
	}
	explicit_bzero(hash, sizeof(hash));
}
