/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWE (RFC 7516 sections 5.2, 7.1): parsed, and decrypted. */
#include "jose/jwe.h"

#include "base/encoding.h"
#include "crypto/random.h"
#include "jose/jwe_internal.h"
#include "jose/jwk.h"

#define PARTS 5
/* Of apu and apv, in bytes. */
#define PARTY_MAX 512

static outcome refused(const char **why_out, const char *why)
{
	*why_out = why;
	return REFUSED;
}

/* The five parts; false when there are not exactly five. */
static bool split(struct text compact, struct text part_out[PARTS])
{
	struct text rest = compact;
	size_t dot;

	for (size_t i = 0; i < PARTS - 1; i++) {
		dot = text_find_byte(rest, '.');
		if (dot == rest.size)
			return false;
		part_out[i] = text_first(rest, dot);
		rest = text_from_byte(rest, dot + 1);
	}
	part_out[PARTS - 1] = rest;
	return text_find_byte(rest, '.') == rest.size;
}

static bool decode(struct arena *arena, struct text encoded,
		   struct text *bytes_out)
{
	struct buf bytes = buf_init_arena(arena, encoded.size);

	if (!base64url_decode(encoded, &bytes))
		return false;
	*bytes_out = buf_text(&bytes);
	return true;
}

/* A string, or not there. */
static bool read_optional(const struct json *header, const char *name,
			  struct text *value_out)
{
	const struct json *value = json_find(header, name);

	*value_out = json_text(value);
	return value == NULL || text_is_present(*value_out);
}

static outcome read_header(struct jwe *jwe, const char **why_out)
{
	const struct json *header = json_root(jwe->header);

	if (!json_is(header, JSON_OBJECT))
		return refused(why_out, "the header is not an object");
	jwe->algorithm = json_text(json_find(header, "alg"));
	if (!text_is_present(jwe->algorithm) ||
	    !text_has_word(TEXT(JWE_ALGORITHMS), jwe->algorithm))
		return refused(why_out, "the header's alg is not one of "
					"RSA-OAEP-256, ECDH-ES");
	if (!jwe_encryption_find(json_text(json_find(header, "enc")),
				 &jwe->encryption))
		return refused(why_out, "the header's enc is not one of ours");
	if (json_find(header, "zip") != NULL)
		return refused(why_out, "the header has zip");
	if (json_find(header, "crit") != NULL)
		return refused(why_out, "the header has crit extensions");
	if (!read_optional(header, "kid", &jwe->key_id))
		return refused(why_out, "the header's kid is not a string");
	if (!read_optional(header, "cty", &jwe->content_type))
		return refused(why_out, "the header's cty is not a string");
	return DONE;
}

static outcome parse(struct arena *arena, struct text compact, struct jwe *jwe,
		     const char **why_out)
{
	struct text part[PARTS];
	struct text header;

	if (compact.size > JWE_SIZE_MAX)
		return refused(why_out, "it is too long");
	if (!split(compact, part))
		return refused(why_out, "it has not exactly five parts");
	if (!decode(arena, part[0], &header) ||
	    !decode(arena, part[1], &jwe->encrypted_key) ||
	    !decode(arena, part[2], &jwe->iv) ||
	    !decode(arena, part[3], &jwe->ciphertext) ||
	    !decode(arena, part[4], &jwe->tag))
		return refused(why_out, "a part of it is not base64url");
	*why_out = "the header is not valid JSON";
	TRY(json_parse(header, JWE_SIZE_MAX, &jwe->header, NULL));
	*why_out = NULL;
	jwe->associated = part[0];
	TRY(read_header(jwe, why_out));
	if (jwe->iv.size != aead_iv_size(jwe->encryption) ||
	    jwe->tag.size != aead_tag_size(jwe->encryption))
		return refused(why_out, "its iv or tag is of a wrong size");
	return DONE;
}

outcome jwe_parse(struct arena *arena, struct text compact, struct jwe *jwe_out,
		  const char **why_out)
{
	outcome result;

	*jwe_out = (struct jwe){.header = NULL};
	*why_out = NULL;
	result = parse(arena, compact, jwe_out, why_out);
	if (result != DONE)
		jwe_wipe(jwe_out);
	return result;
}

void jwe_wipe(struct jwe *jwe)
{
	json_document_free(&jwe->header);
	*jwe = (struct jwe){.header = NULL};
}

/*
 * What does not decrypt, or is of a wrong size, leaves the random key in place,
 * which then opens nothing: as long, and with the same answer (RFC 7516 section
 * 11.5).
 */
static void unwrap(const struct jwe *jwe, const struct pkey *key,
		   unsigned char out[AEAD_KEY_MAX])
{
	CLEANUP(secret_free) struct secret secret = {NULL, 0};
	size_t size = aead_key_size(jwe->encryption);

	random_fill(out, size);
	if (pkey_decrypt(key, jwe->encrypted_key, &secret) &&
	    secret.size == size)
		memcpy(out, secret.at, size);
}

/* apu and apv: base64url, or not there. */
static bool read_party(struct arena *arena, const struct json *header,
		       const char *name, struct text *bytes_out)
{
	struct text encoded;

	*bytes_out = TEXT("");
	if (!read_optional(header, name, &encoded) ||
	    encoded.size > BASE64URL_SIZE(PARTY_MAX))
		return false;
	return !text_is_present(encoded) || decode(arena, encoded, bytes_out);
}

static outcome agree(struct arena *arena, const struct jwe *jwe,
		     const struct pkey *key, unsigned char out[AEAD_KEY_MAX])
{
	CLEANUP(pkey_unref) struct pkey *ephemeral = NULL;
	CLEANUP(secret_free) struct secret shared = {NULL, 0};
	const struct json *header = json_root(jwe->header);
	struct jwe_agreement agreement = {.encryption = jwe->encryption};
	const char *why;

	if (jwe->encrypted_key.size > 0 ||
	    !read_party(arena, header, "apu", &agreement.producer) ||
	    !read_party(arena, header, "apv", &agreement.consumer))
		return REFUSED;
	/* Refuses points off the curve (J08). */
	TRY(jwk_parse(json_find(header, "epk"), &ephemeral, &why));
	if (!pkey_derive(key, ephemeral, &shared))
		return REFUSED;
	jwe_agree(&agreement, &shared, out);
	return DONE;
}

static outcome find_content_key(struct arena *arena, const struct jwe *jwe,
				const struct pkey *key,
				unsigned char out[AEAD_KEY_MAX])
{
	const char *algorithm = jwe_algorithm_for(key);

	if (algorithm == NULL ||
	    !text_equal(jwe->algorithm, text_from(algorithm)))
		return REFUSED;
	if (pkey_type(key) != PKEY_RSA)
		return agree(arena, jwe, key, out);
	unwrap(jwe, key, out);
	return DONE;
}

outcome jwe_decrypt(struct arena *arena, const struct jwe *jwe,
		    const struct pkey *key, struct text *plain_out)
{
	struct buf plain = buf_init_arena(arena, JWE_SIZE_MAX);
	unsigned char content_key[AEAD_KEY_MAX];
	struct aead_context context = {
		.aead = jwe->encryption,
		.key = text_of(content_key, aead_key_size(jwe->encryption)),
		.iv = jwe->iv,
		.associated = jwe->associated,
	};
	bool is_open;

	TRY(find_content_key(arena, jwe, key, content_key));
	is_open = aead_open(&context, jwe->ciphertext, jwe->tag, &plain);
	explicit_bzero(content_key, sizeof(content_key));
	if (!is_open)
		return REFUSED;
	*plain_out = buf_text(&plain);
	return DONE;
}
