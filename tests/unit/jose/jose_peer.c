/* SPDX-License-Identifier: Apache-2.0 */
/* Our JOSE for another implementation to talk to: a line of JSON in, one out. */
#include <stdio.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "jose/jwe.h"
#include "jose/jwk.h"
#include "jose/jws.h"

#define LINE_MAX ((size_t)256 * 1024)
#define KEYS_MAX 16

/* The private keys that were made: they never leave. */
static struct pkey *keys[KEYS_MAX];
static size_t key_count;

/* A line of the other side's, and the answer to it. */
struct talk {
	const struct json *asked;
	struct arena *arena;
	struct json_writer *answer;
};

static struct text member(const struct talk *talk, const char *name)
{
	return json_text(json_find(talk->asked, name));
}

static void refuse(const struct talk *talk, const char *why)
{
	json_member_string(talk->answer, "refused", why != NULL ? why : "");
}

static void answer_text(const struct talk *talk, struct text text)
{
	json_member_text(talk->answer, "text", text);
}

static struct pkey *own_key(const struct talk *talk)
{
	int64_t number = -1;

	MUST(json_integer(json_find(talk->asked, "key"), &number));
	MUST(number >= 0 && (size_t)number < key_count);
	return keys[number];
}

/* NULL when it was refused. */
static struct pkey *peer_key(const struct talk *talk)
{
	struct pkey *key = NULL;
	const char *why;

	if (jwk_parse(json_find(talk->asked, "jwk"), &key, &why) == DONE)
		return key;
	refuse(talk, why);
	return NULL;
}

static enum pkey_type type_named(struct text name)
{
	static const struct {
		const char *name;
		enum pkey_type type;
	} rows[] = {
		{"RSA", PKEY_RSA},	   {"P-256", PKEY_P256},
		{"P-384", PKEY_P384},	   {"P-521", PKEY_P521},
		{"Ed25519", PKEY_ED25519},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (text_equal(text_from(rows[i].name), name))
			return rows[i].type;
	MUST(!"a type of key that there is");
	return PKEY_RSA;
}

static void generate(const struct talk *talk)
{
	struct pkey *key = NULL;

	MUST(key_count < KEYS_MAX);
	MUST(pkey_generate(type_named(member(talk, "type")), 2048, &key) ==
	     DONE);
	json_name(talk->answer, "jwk");
	json_open_object(talk->answer);
	MUST(jwk_write(key, talk->answer) == DONE);
	json_close_object(talk->answer);
	json_member_integer(talk->answer, "key", (int64_t)key_count);
	keys[key_count++] = key;
}

static void sign(const struct talk *talk)
{
	const struct jws_algorithm *algorithm =
		jws_algorithm_find(member(talk, "alg"));
	struct buf compact = buf_init_arena(talk->arena, LINE_MAX);
	struct buf signature = buf_init_arena(talk->arena, PKEY_SIGNATURE_MAX);

	MUST(algorithm != NULL);
	jws_signing_input(&compact, member(talk, "header"),
			  member(talk, "text"));
	MUST(pkey_sign(own_key(talk), algorithm->scheme, buf_text(&compact),
		       &signature) == DONE);
	buf_add_byte(&compact, '.');
	base64url_encode(&compact, buf_text(&signature));
	answer_text(talk, buf_text(&compact));
}

static void verify(const struct talk *talk)
{
	CLEANUP(jws_wipe) struct jws jws = {0};
	CLEANUP(pkey_unref) struct pkey *key = peer_key(talk);
	const struct jws_algorithm *algorithm =
		jws_algorithm_find(member(talk, "alg"));
	const char *why = "the signature is wrong";
	struct text payload;

	MUST(algorithm != NULL);
	if (key == NULL)
		return;
	if (jws_parse(talk->arena, member(talk, "text"), &jws, &why) != DONE)
		refuse(talk, why);
	else if (jws_verify(&jws, key, algorithm, &payload) != DONE)
		refuse(talk, "the signature is wrong");
	else
		answer_text(talk, payload);
}

static void encrypt(const struct talk *talk)
{
	CLEANUP(pkey_unref) struct pkey *key = peer_key(talk);
	struct buf compact = buf_init_arena(talk->arena, JWE_SIZE_MAX);
	struct jwe_request request = {
		.key = key,
		.encryption = member(talk, "enc"),
		.plain = member(talk, "text"),
	};

	if (key == NULL)
		return;
	if (jwe_encrypt(&request, &compact) == DONE)
		answer_text(talk, buf_text(&compact));
	else
		refuse(talk, "key and enc are not for encryption");
}

static void decrypt(const struct talk *talk)
{
	CLEANUP(jwe_wipe) struct jwe jwe = {0};
	const char *why = NULL;
	struct text plain;

	if (jwe_parse(talk->arena, member(talk, "text"), &jwe, &why) != DONE)
		refuse(talk, why);
	else if (jwe_decrypt(talk->arena, &jwe, own_key(talk), &plain) != DONE)
		refuse(talk, "it does not decrypt");
	else
		answer_text(talk, plain);
}

static const struct {
	const char *name;
	void (*answer)(const struct talk *talk);
} verbs[] = {
	{"generate", generate}, {"sign", sign},	      {"verify", verify},
	{"encrypt", encrypt},	{"decrypt", decrypt},
};

static void answer(const struct talk *talk)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (text_equal(text_from(verbs[i].name), member(talk, "verb")))
			verbs[i].answer(talk);
}

static void answer_line(struct text line)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * LINE_MAX);
	CLEANUP(buf_wipe) struct buf out = buf_init(LINE_MAX);
	struct json_writer writer = {.buf = &out};
	struct talk talk = {.arena = arena, .answer = &writer};

	MUST(json_parse(line, LINE_MAX, &document, NULL) == DONE);
	talk.asked = json_root(document);
	json_open_object(&writer);
	answer(&talk);
	json_close_object(&writer);
	MUST(!out.is_over);
	printf("%.*s\n", TEXT_ARG(buf_text(&out)));
	fflush(stdout);
}

int main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;

	MUST(crypto_open() == DONE);
	while ((size = getline(&line, &capacity, stdin)) > 0)
		answer_line(text_of(line, (size_t)size));
	free(line);
	while (key_count > 0)
		pkey_unref(&keys[--key_count]);
	return 0;
}
