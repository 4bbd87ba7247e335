/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWE (RFC 7516 section 5.1): encrypted to a public key. */
#include "base/encoding.h"
#include "crypto/random.h"
#include "jose/jwe_internal.h"
#include "jose/jwk.h"

#define HEADER_MAX 2048

/* A message while it is made. */
struct making {
	const struct jwe_request *request;
	const char *algorithm;
	enum aead encryption;
	struct pkey *ephemeral; /* ECDH-ES alone */
	unsigned char content_key[AEAD_KEY_MAX];
	struct buf encrypted_key;
	struct buf header; /* encoded */
};

static void wipe(struct making *making)
{
	pkey_unref(&making->ephemeral);
	explicit_bzero(making->content_key, sizeof(making->content_key));
	buf_wipe(&making->encrypted_key);
	buf_wipe(&making->header);
}

static outcome agree(struct making *making)
{
	CLEANUP(secret_free) struct secret shared = {NULL, 0};
	const struct pkey *key = making->request->key;

	TRY(pkey_generate(pkey_type(key), 0, &making->ephemeral));
	if (!pkey_derive(making->ephemeral, key, &shared))
		return REFUSED;
	jwe_agree(&(struct jwe_agreement){.encryption = making->encryption},
		  &shared, making->content_key);
	return DONE;
}

static outcome make_content_key(struct making *making)
{
	size_t size = aead_key_size(making->encryption);

	if (pkey_type(making->request->key) != PKEY_RSA)
		return agree(making);
	random_fill(making->content_key, size);
	return pkey_encrypt(making->request->key,
			    text_of(making->content_key, size),
			    &making->encrypted_key);
}

static outcome write_header(struct making *making)
{
	const struct jwe_request *request = making->request;
	CLEANUP(buf_wipe) struct buf header = buf_init(HEADER_MAX);
	struct json_writer writer = {.buf = &header};

	json_open_object(&writer);
	json_member_string(&writer, "alg", making->algorithm);
	json_member_text(&writer, "enc", request->encryption);
	if (text_is_present(request->key_id))
		json_member_text(&writer, "kid", request->key_id);
	if (text_is_present(request->content_type))
		json_member_text(&writer, "cty", request->content_type);
	if (making->ephemeral != NULL) {
		json_name(&writer, "epk");
		json_open_object(&writer);
		TRY(jwk_write(making->ephemeral, &writer));
		json_close_object(&writer);
	}
	json_close_object(&writer);
	base64url_encode(&making->header, buf_text(&header));
	return header.is_over ? BROKEN : DONE;
}

static outcome write_compact(struct making *making, struct buf *compact)
{
	CLEANUP(buf_wipe) struct buf ciphertext = buf_init(JWE_SIZE_MAX);
	CLEANUP(buf_wipe) struct buf tag = buf_init(AEAD_TAG_MAX);
	unsigned char iv[AEAD_IV_MAX];
	struct aead_context context = {
		.aead = making->encryption,
		.key = text_of(making->content_key,
			       aead_key_size(making->encryption)),
		.iv = text_of(iv, aead_iv_size(making->encryption)),
		.associated = buf_text(&making->header),
	};
	const struct buf *parts[] = {&making->encrypted_key, NULL, &ciphertext,
				     &tag};

	random_fill(iv, sizeof(iv));
	aead_seal(&context, making->request->plain, &ciphertext, &tag);
	buf_add(compact, buf_text(&making->header));
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		buf_add_byte(compact, '.');
		base64url_encode(compact, parts[i] != NULL ? buf_text(parts[i])
							   : context.iv);
	}
	return ciphertext.is_over || compact->is_over ? BROKEN : DONE;
}

outcome jwe_encrypt(const struct jwe_request *request, struct buf *compact)
{
	CLEANUP(wipe)
	struct making making = {
		.request = request,
		.algorithm = jwe_algorithm_for(request->key),
		.encrypted_key = buf_init(PKEY_SIGNATURE_MAX),
		.header = buf_init(BASE64URL_SIZE(HEADER_MAX)),
	};

	if (making.algorithm == NULL ||
	    !jwe_encryption_find(request->encryption, &making.encryption))
		return REFUSED;
	if (request->plain.size > JWE_SIZE_MAX)
		return BROKEN;
	TRY(make_content_key(&making));
	TRY(write_header(&making));
	return write_compact(&making, compact);
}
