/* SPDX-License-Identifier: Apache-2.0 */
/* JWKs from strangers: a key that is taken is the same after being written. */
#include <stdint.h>

#include "crypto/crypto.h"
#include "jose/jwk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JWK_MAX 8192

static struct pkey *parse(struct text text)
{
	struct json_document *document = NULL;
	struct pkey *key = NULL;
	const char *why = NULL;

	if (json_parse(text, JWK_MAX, &document, NULL) != DONE)
		return NULL;
	if (jwk_parse(json_root(document), &key, &why) != DONE)
		MUST(key == NULL && why != NULL);
	json_document_free(&document);
	return key;
}

static void check_reads_back(const struct pkey *key)
{
	struct buf json = buf_init(JWK_MAX);
	struct json_writer writer = {.buf = &json};
	struct buf first = buf_init(32);
	struct buf second = buf_init(32);
	struct pkey *again;

	json_open_object(&writer);
	MUST(jwk_write(key, &writer) == DONE);
	json_close_object(&writer);
	again = parse(buf_text(&json));
	MUST(again != NULL && !pkey_is_private(again));
	MUST(jwk_thumbprint(key, &first) == DONE);
	MUST(jwk_thumbprint(again, &second) == DONE);
	MUST(text_equal(buf_text(&first), buf_text(&second)));
	pkey_unref(&again);
	buf_wipe(&json);
	buf_wipe(&first);
	buf_wipe(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkey *key;

	MUST(crypto_open() == DONE);
	key = parse(text_of(data, size));
	if (key != NULL) {
		check_reads_back(key);
		MUST(!pkey_verify(key, PKEY_ES256, TEXT("x"),
				  text_of(data, size)));
	}
	pkey_unref(&key);
	return 0;
}
