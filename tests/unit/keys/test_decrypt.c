/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for encryption: they decrypt, sign nothing, rotate, and stay unseen. */
#include "make.h"
#include "suite_arena.h"

#include "keys/ring.h"

#define RSA "RSA-OAEP-256"
#define EC "ECDH-ES"
#define PLAIN "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"

static void rotate(int64_t tenant_id, const char *algorithm)
{
	assert_int_equal(keys_rotate(world.keys, tenant_id, algorithm,
				     WORLD_NOW, LATER(3600)),
			 DONE);
}

/* To the tenant's key in that state; without its kid when has_id is false. */
static struct text encrypt(int64_t tenant_id, const char *algorithm,
			   enum signing_key_state state, bool has_id)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	struct buf compact = buf_init_arena(arena, JWE_SIZE_MAX);
	struct jwe_request request = {
		.encryption = TEXT("A256GCM"),
		.content_type = TEXT("JWT"),
		.plain = TEXT(PLAIN),
	};
	const struct ring_key *key;
	struct pkey *pair;

	assert_int_equal(ring_load(world.store, world.master, tenant_id,
				   WORLD_NOW, &ring),
			 DONE);
	key = ring_find(ring, text_from(algorithm), state);
	assert_non_null(key);
	assert_int_equal(ring_open_key(ring, key, &pair), DONE);
	request.key = pair;
	if (has_id)
		request.key_id = arena_copy(arena, key->id);
	assert_int_equal(jwe_encrypt(&request, &compact), DONE);
	return buf_text(&compact);
}

static outcome decrypt_by(struct keys *keys, int64_t tenant_id,
			  struct text compact, instant now)
{
	CLEANUP(jwe_wipe) struct jwe jwe = {.header = NULL};
	struct text plain = TEXT_ABSENT;
	const char *why;
	outcome decrypted;

	assert_int_equal(jwe_parse(arena, compact, &jwe, &why), DONE);
	decrypted = keys_decrypt(keys, arena,
				 &(struct keys_ciphertext){
					 .tenant_id = tenant_id,
					 .jwe = &jwe,
					 .now = now,
				 },
				 &plain);
	if (decrypted == DONE)
		world_assert_text(plain, PLAIN);
	return decrypted;
}

static outcome decrypt(int64_t tenant_id, struct text compact, instant now)
{
	return decrypt_by(world.keys, tenant_id, compact, now);
}

static void decrypts(void **state)
{
	static const char *const algorithms[] = {RSA, EC};

	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		const char *name = algorithms[i];

		assert_false(keys_can_decrypt(world.keys, 40, text_from(name),
					      WORLD_NOW));
		make_pair(40, name);
		assert_true(keys_can_decrypt(world.keys, 40, text_from(name),
					     WORLD_NOW));
		for (int has_id = 0; has_id < 2; has_id++)
			assert_int_equal(decrypt(40,
						 encrypt(40, name,
							 SIGNING_KEY_CURRENT,
							 has_id),
						 WORLD_NOW),
					 DONE);
	}
}

static void foreign(void **state)
{
	struct text compact;

	make_pair(41, EC);
	make_pair(42, EC);
	compact = encrypt(41, EC, SIGNING_KEY_CURRENT, false);
	assert_int_equal(decrypt(41, compact, WORLD_NOW), DONE);
	assert_int_equal(decrypt(42, compact, WORLD_NOW), REFUSED);
	assert_int_equal(decrypt(99, compact, WORLD_NOW), REFUSED);
}

/* Each kind of key does its own work alone. */
static void signs_nothing(void **state)
{
	struct buf jws = buf_init_arena(arena, 8192);
	struct keys_request request = {
		.tenant_id = 43,
		.algorithm = TEXT(EC),
		.payload = TEXT("{}"),
		.now = WORLD_NOW,
	};

	make_pair(43, EC);
	make_pair(43, "ES256");
	assert_int_equal(keys_sign(world.keys, &request, &jws), REFUSED);
	assert_false(keys_can_sign(world.keys, 43, TEXT(EC), WORLD_NOW));
	assert_false(
		keys_can_decrypt(world.keys, 43, TEXT("ES256"), WORLD_NOW));
	assert_int_equal(
		decrypt(43, encrypt(43, "ES256", SIGNING_KEY_CURRENT, true),
			WORLD_NOW),
		REFUSED);
}

/* A rotation leaves open what is on its way, and what others encrypt to the key
 * that this process does not know as the current one yet. */
static void rotation(void **state)
{
	struct keys *other = keys_new(world.store, world.master, NULL);
	struct text before;
	struct text next;

	make_pair(44, EC);
	before = encrypt(44, EC, SIGNING_KEY_CURRENT, true);
	next = encrypt(44, EC, SIGNING_KEY_NEXT, true);
	assert_int_equal(decrypt_by(other, 44, before, WORLD_NOW), DONE);
	rotate(44, EC);
	assert_int_equal(decrypt_by(other, 44, next, WORLD_NOW), DONE);
	assert_int_equal(decrypt(44, next, WORLD_NOW), DONE);
	assert_int_equal(decrypt(44, before, LATER(3600) - 1), DONE);
	assert_int_equal(decrypt(44, before, LATER(3600)), REFUSED);
	keys_free(&other);
}

/* RSA operations are dear: without a kid only so many keys are tried. */
static void tries_few(void **state)
{
	struct text compact;

	make_pair(45, EC);
	compact = encrypt(45, EC, SIGNING_KEY_CURRENT, false);
	rotate(45, EC);
	assert_int_equal(decrypt(45, compact, WORLD_NOW), DONE);
	rotate(45, EC);
	assert_int_equal(decrypt(45, compact, WORLD_NOW), REFUSED);
	compact = encrypt(45, EC, SIGNING_KEY_NEXT, false);
	assert_int_equal(decrypt(45, compact, WORLD_NOW), REFUSED);
	compact = encrypt(45, EC, SIGNING_KEY_NEXT, true);
	assert_int_equal(decrypt(45, compact, WORLD_NOW), DONE);
}

static struct json_document *jwks(int64_t tenant_id)
{
	struct buf set = buf_init_arena(arena, 65536);
	struct json_document *document = NULL;

	assert_int_equal(keys_write_jwks(world.keys, tenant_id, WORLD_NOW,
					 &(struct json_writer){.buf = &set}),
			 DONE);
	assert_int_equal(json_parse(buf_text(&set), set.size, &document, NULL),
			 DONE);
	return document;
}

/* The one key to encrypt to stands behind those that sign. */
static void published(void **state)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *keys;
	const struct json *last;

	make_pair(46, EC);
	make_pair(46, "ES256");
	rotate(46, EC);
	document = jwks(46);
	keys = json_find(json_root(document), "keys");
	assert_int_equal(json_count(keys), 3);
	for (size_t i = 0; i < 2; i++)
		world_assert_text(json_text(json_find(json_at(keys, i), "use")),
				  "sig");
	last = json_at(keys, 2);
	world_assert_text(json_text(json_find(last, "use")), "enc");
	world_assert_text(json_text(json_find(last, "alg")), EC);
	world_assert_text(json_text(json_find(last, "crv")), "P-256");
	assert_null(json_find(last, "d"));
}

static void named(void **state)
{
	assert_string_equal(keys_algorithm_name(TEXT(RSA)), RSA);
	assert_string_equal(keys_algorithm_name(TEXT("PS256")), "PS256");
	assert_null(keys_algorithm_name(TEXT("RS512")));
	assert_null(keys_algorithm_name(TEXT("RSA1_5")));
	assert_null(keys_algorithm_name(TEXT("dir")));
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("what is encrypted to a tenant's key it decrypts",
			  decrypts),
		test_here("what is encrypted to another it does not", foreign),
		test_here("a key for encryption signs nothing, one for "
			  "signatures decrypts nothing",
			  signs_nothing),
		test_here("a rotated key decrypts until it retires, the next "
			  "one already",
			  rotation),
		test_here("without a kid two keys are tried", tries_few),
		test_here("the current key is published with use enc, behind "
			  "those that sign",
			  published),
		test_here("a key is made for algorithms of the lists alone",
			  named),
	};

	return cmocka_run_group_tests_name("decrypt", tests, world_open,
					   world_close);
}
