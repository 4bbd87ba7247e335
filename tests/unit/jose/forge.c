/* SPDX-License-Identifier: Apache-2.0 */
/* Makes keys and tokens for tests, well-formed and otherwise. */
#include "forge.h"

#include "base/encoding.h"

struct pkey *forge_key(const char *json)
{
	struct json_document *document = NULL;
	struct pkey *key = NULL;
	const char *why = NULL;

	assert_int_equal(json_parse(text_from(json), 8192, &document, NULL),
			 DONE);
	if (jwk_parse(json_root(document), &key, &why) != DONE)
		fail_msg("%s", why);
	json_document_free(&document);
	return key;
}

struct pkey *forge_private_key(const char *base64)
{
	struct buf der = buf_init(8192);
	struct pkey *key = NULL;

	assert_true(base64_decode(text_from(base64), &der));
	assert_int_equal(pkey_import_private(buf_text(&der), &key), DONE);
	buf_wipe(&der);
	return key;
}

struct buf forge_jws(struct pkey *key, enum pkey_scheme scheme,
		     const char *header, struct text payload)
{
	struct buf compact = buf_init(1 << 20);
	struct buf signature = buf_init(PKEY_SIGNATURE_MAX);

	jws_signing_input(&compact, text_from(header), payload);
	assert_int_equal(pkey_sign(key, scheme, buf_text(&compact), &signature),
			 DONE);
	buf_add_byte(&compact, '.');
	base64url_encode(&compact, buf_text(&signature));
	buf_wipe(&signature);
	return compact;
}

struct buf forge_parts(const char *header, struct text payload,
		       struct text signature)
{
	struct buf compact = buf_init(1 << 21);

	jws_signing_input(&compact, text_from(header), payload);
	buf_add_byte(&compact, '.');
	base64url_encode(&compact, signature);
	assert_false(compact.is_over);
	return compact;
}

outcome forge_accepts(struct arena *arena, struct text compact,
		      struct pkey *key, const char *algorithm,
		      struct text *payload_out)
{
	const struct jws_algorithm *found =
		jws_algorithm_find(text_from(algorithm));
	struct text payload;
	struct jws jws;
	const char *why = NULL;
	outcome result;

	assert_non_null(found);
	result = jws_parse(arena, compact, &jws, &why);
	assert_int_equal(result == REFUSED, why != NULL);
	if (result != DONE) {
		assert_null(jws.header);
		return result;
	}
	result = jws_verify(&jws, key, found, &payload);
	if (result == DONE && payload_out != NULL)
		*payload_out = payload;
	jws_wipe(&jws);
	return result;
}
