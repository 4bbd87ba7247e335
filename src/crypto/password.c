/* SPDX-License-Identifier: Apache-2.0 */
/* Argon2id for people's passwords, by libsodium (RFC 9106). */
#include "crypto/password.h"

#include <sodium.h>

#include "base/event.h"

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_argon2id_STRBYTES,
	       "an encoded hash fits");

const struct password_cost password_cost_default = {
	.passes = 2,
	.memory_bytes = (size_t)19 * 1024 * 1024,
};

/* Of 32 random bytes that nobody has kept, at the default cost. */
static const char nobody[PASSWORD_HASH_MAX] =
	"$argon2id$v=19$m=19456,t=2,p=1$92ZmbU7NvUeWWj41x+cbzQ$s"
	"bzxuh7EuCq+h385KRO5DkruuAByHuqaBeGPY2tEGXw";

/* libsodium wants a place even for no bytes. */
static const char *place_of(struct text password)
{
	return password.at != NULL ? password.at : "";
}

static bool is_fit(struct text password)
{
	return password.size <= PASSWORD_MAX &&
	       text_find_byte(password, '\0') == password.size;
}

outcome password_hash(struct text password, const struct password_cost *cost,
		      struct buf *encoded)
{
	char out[crypto_pwhash_argon2id_STRBYTES];

	if (!is_fit(password))
		return REFUSED;
	if (crypto_pwhash_argon2id_str(out, place_of(password), password.size,
				       cost->passes, cost->memory_bytes) != 0) {
		event_fault("crypto.failed",
			    "Argon2id: no memory, or cost out of range");
		return BROKEN;
	}
	buf_add_string(encoded, out);
	return DONE;
}

static bool verify(const char *encoded, struct text password)
{
	return crypto_pwhash_argon2id_str_verify(encoded, place_of(password),
						 password.size) == 0;
}

bool password_verify(struct text password, struct text encoded)
{
	char terminated[PASSWORD_HASH_MAX] = "";
	bool is_right;

	if (!is_fit(password) || encoded.size >= sizeof(terminated) ||
	    !text_starts_with(encoded, TEXT("$argon2id$"))) {
		password_verify_nobody(password);
		return false;
	}
	memcpy(terminated, encoded.at, encoded.size);
	is_right = verify(terminated, password);
	explicit_bzero(terminated, sizeof(terminated));
	return is_right;
}

void password_verify_nobody(struct text password)
{
	bool is_right = verify(nobody, text_first(password, PASSWORD_MAX));

	(void)is_right;
}
