/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys: made, rotated, published, retired, and never seen raw. */
#include "make.h"
#include "suite_arena.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "jose/jws.h"
#include "keys/rings.h"

static outcome try_sign(struct keys *keys, int64_t tenant_id,
			const char *algorithm, struct text *jws_out)
{
	struct buf jws = buf_init_arena(arena, 8192);
	struct keys_request request = {
		.tenant_id = tenant_id,
		.algorithm = text_from(algorithm),
		.type = TEXT("at+jwt"),
		.payload = TEXT("{\"sub\":\"alice\"}"),
		.now = WORLD_NOW,
	};
	outcome done = keys_sign(keys, &request, &jws);

	*jws_out = buf_text(&jws);
	return done;
}

static struct text sign(int64_t tenant_id, const char *algorithm)
{
	struct text jws;

	assert_int_equal(try_sign(world.keys, tenant_id, algorithm, &jws),
			 DONE);
	return jws;
}

static outcome verify_typed(int64_t tenant_id, struct text compact,
			    const char *type, instant now)
{
	struct keys_proof proof = {
		.tenant_id = tenant_id,
		.compact = compact,
		.type = text_from(type),
		.now = now,
	};
	struct text payload = TEXT_ABSENT;
	const char *why = NULL;
	outcome verified =
		keys_verify(world.keys, arena, &proof, &payload, &why);

	if (verified == DONE)
		world_assert_text(payload, "{\"sub\":\"alice\"}");
	else
		assert_non_null(why);
	return verified;
}

static outcome verify(int64_t tenant_id, struct text compact, instant now)
{
	return verify_typed(tenant_id, compact, "at+jwt", now);
}

static struct text jwks(int64_t tenant_id, instant now)
{
	struct buf set = buf_init_arena(arena, 65536);

	assert_int_equal(keys_write_jwks(world.keys, tenant_id, now,
					 &(struct json_writer){.buf = &set}),
			 DONE);
	return buf_text(&set);
}

/* The n-th key's kid, absent past the end; checks what each must have. */
static struct text kid_at(int64_t tenant_id, size_t place, instant now)
{
	static const char *const private_members[] = {"d",  "p",  "q", "dp",
						      "dq", "qi", "k", "oth"};
	CLEANUP(json_document_free) struct json_document *document = NULL;
	struct text set = jwks(tenant_id, now);
	const struct json *key;

	assert_int_equal(json_parse(set, set.size, &document, NULL), DONE);
	key = json_at(json_find(json_root(document), "keys"), place);
	if (key == NULL)
		return TEXT_ABSENT;
	for (size_t i = 0; i < COUNT_OF(private_members); i++)
		assert_null(json_find(key, private_members[i]));
	world_assert_text(json_text(json_find(key, "use")), "sig");
	assert_true(text_is_present(json_text(json_find(key, "alg"))));
	return arena_copy(arena, json_text(json_find(key, "kid")));
}

static size_t key_count(int64_t tenant_id, instant now)
{
	size_t count = 0;

	while (text_is_present(kid_at(tenant_id, count, now)))
		count++;
	return count;
}

static struct text kid_of(struct text compact)
{
	CLEANUP(jws_wipe) struct jws jws = {0};
	const char *why;

	assert_int_equal(jws_parse(arena, compact, &jws, &why), DONE);
	return arena_copy(arena, jws.key_id);
}

static void signs(void **state)
{
	make(10, "ES256", SIGNING_KEY_CURRENT);
	assert_int_equal(verify(10, sign(10, "ES256"), WORLD_NOW), DONE);
	assert_true(text_equal(kid_of(sign(10, "ES256")),
			       kid_at(10, 0, WORLD_NOW)));
	assert_int_equal(kid_at(10, 0, WORLD_NOW).size, 43);
}

static void signs_rs256(void **state)
{
	make(11, "RS256", SIGNING_KEY_CURRENT);
	assert_int_equal(verify(11, sign(11, "RS256"), WORLD_NOW), DONE);
	assert_true(keys_can_sign(world.keys, 11, TEXT("RS256"), WORLD_NOW));
	assert_false(keys_can_sign(world.keys, 11, TEXT("ES256"), WORLD_NOW));
}

static struct text algorithm_of(struct text compact)
{
	CLEANUP(jws_wipe) struct jws jws = {0};
	const char *why;

	assert_int_equal(jws_parse(arena, compact, &jws, &why), DONE);
	return arena_copy(arena, jws.algorithm);
}

static void signs_by_every_algorithm(void **state)
{
	struct text rest = TEXT(SIGNING_KEY_ALGORITHMS);
	struct text name;

	while (text_next_word(&rest, &name)) {
		struct text terminated =
			arena_format(arena, "%.*s", TEXT_ARG(name));
		struct text compact;

		make(26, arena_terminated(arena, terminated),
		     SIGNING_KEY_CURRENT);
		compact = sign(26, arena_terminated(arena, terminated));
		assert_true(text_equal(algorithm_of(compact), name));
		assert_int_equal(verify(26, compact, WORLD_NOW), DONE);
	}
	assert_int_equal(key_count(26, WORLD_NOW), 4);
}

/* Some clients take the first key of the set, whatever the kid. */
static void rs256_first(void **state)
{
	make_pair(27, "EdDSA");
	make_pair(27, "ES256");
	make_pair(27, "RS256");
	assert_true(text_equal(kid_of(sign(27, "RS256")),
			       kid_at(27, 0, WORLD_NOW)));
	assert_true(text_equal(kid_of(sign(27, "ES256")),
			       kid_at(27, 1, WORLD_NOW)));
	assert_true(text_equal(kid_of(sign(27, "EdDSA")),
			       kid_at(27, 2, WORLD_NOW)));
	assert_int_equal(key_count(27, WORLD_NOW), 6);
}

static void no_key(void **state)
{
	struct text jws;

	assert_int_equal(try_sign(world.keys, 99, "ES256", &jws), REFUSED);
	make(12, "ES256", SIGNING_KEY_NEXT);
	assert_int_equal(try_sign(world.keys, 12, "ES256", &jws), REFUSED);
	world_assert_text(jwks(99, WORLD_NOW), "{\"keys\":[]}");
}

#define READERS 4

static void *publish(void *set)
{
	struct json_writer writer = {.buf = set};

	return keys_write_jwks(world.keys, 34, WORLD_NOW, &writer) == DONE
		       ? set
		       : NULL;
}

/* The ring is there, of its keys nothing is made yet. */
static void published_at_once(void **state)
{
	pthread_t threads[READERS];
	struct buf sets[READERS];
	void *written;

	make(34, "ES256", SIGNING_KEY_CURRENT);
	make(34, "EdDSA", SIGNING_KEY_CURRENT);
	assert_true(keys_can_sign(world.keys, 34, TEXT("ES256"), WORLD_NOW));
	for (size_t i = 0; i < READERS; i++) {
		sets[i] = buf_init(4096);
		assert_int_equal(pthread_create(&threads[i], NULL, publish,
						&sets[i]),
				 0);
	}
	for (size_t i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(threads[i], &written), 0);
		assert_ptr_equal(written, &sets[i]);
		assert_true(
			text_equal(buf_text(&sets[i]), jwks(34, WORLD_NOW)));
		buf_wipe(&sets[i]);
	}
	assert_int_equal(key_count(34, WORLD_NOW), 2);
}

static void made_once(void **state)
{
	struct text kid;

	make_pair(13, "ES256");
	kid = kid_at(13, 0, WORLD_NOW);
	make_pair(13, "ES256");
	assert_int_equal(key_count(13, WORLD_NOW), 2);
	assert_true(text_equal(kid, kid_at(13, 0, WORLD_NOW)));
}

static void foreign(void **state)
{
	make(14, "ES256", SIGNING_KEY_CURRENT);
	make(15, "ES256", SIGNING_KEY_CURRENT);
	assert_int_equal(verify(15, sign(14, "ES256"), WORLD_NOW), REFUSED);
	assert_int_equal(verify_typed(14, sign(14, "ES256"), "JWT", WORLD_NOW),
			 REFUSED);
	assert_int_equal(verify_typed(14, sign(14, "ES256"), NULL, WORLD_NOW),
			 DONE);
	assert_int_equal(
		verify_typed(14, sign(14, "ES256"), "AT+JWT", WORLD_NOW), DONE);
	assert_int_equal(verify(14, TEXT("a.b.c"), WORLD_NOW), REFUSED);
}

static void rotation(void **state)
{
	struct text first;
	struct text before;
	struct text next;

	make_pair(16, "ES256");
	first = kid_at(16, 0, WORLD_NOW);
	next = kid_at(16, 1, WORLD_NOW);
	before = sign(16, "ES256");
	assert_int_equal(keys_rotate(world.keys, 16, "ES256", WORLD_NOW,
				     LATER(3600)),
			 DONE);
	assert_int_equal(key_count(16, WORLD_NOW), 3);
	assert_true(text_equal(kid_at(16, 0, WORLD_NOW), next));
	assert_true(text_equal(kid_at(16, 2, WORLD_NOW), first));
	assert_true(text_equal(kid_of(sign(16, "ES256")), next));
	assert_int_equal(verify(16, before, LATER(3600) - 1), DONE);
	assert_int_equal(verify(16, before, LATER(3600)), REFUSED);
	assert_int_equal(key_count(16, LATER(3600)), 2);
}

static void no_next(void **state)
{
	make(17, "ES256", SIGNING_KEY_CURRENT);
	assert_int_equal(keys_rotate(world.keys, 17, "ES256", WORLD_NOW,
				     LATER(3600)),
			 REFUSED);
	assert_int_equal(key_count(17, WORLD_NOW), 1);
}

/* More previous keys than a ring holds: the one that signs is never lost. */
static void rotated_often(void **state)
{
	make_pair(18, "ES256");
	make(18, "RS256", SIGNING_KEY_CURRENT);
	for (int i = 0; i < RING_KEY_COUNT_MAX + 4; i++)
		assert_int_equal(keys_rotate(world.keys, 18, "ES256", LATER(i),
					     LATER(36000)),
				 DONE);
	assert_int_equal(verify(18, sign(18, "RS256"), WORLD_NOW), DONE);
	assert_int_equal(verify(18, sign(18, "ES256"), WORLD_NOW), DONE);
	assert_int_equal(key_count(18, WORLD_NOW), RING_KEY_COUNT_MAX);
}

/* Of too many, the oldest previous ones go first. */
static void newest_previous_stay(void **state)
{
	struct text last;

	make_pair(19, "ES256");
	for (int i = 0; i < RING_KEY_COUNT_MAX + 4; i++)
		assert_int_equal(keys_rotate(world.keys, 19, "ES256", LATER(i),
					     LATER(36000)),
				 DONE);
	last = sign(19, "ES256");
	assert_int_equal(keys_rotate(world.keys, 19, "ES256", LATER(99),
				     LATER(36000)),
			 DONE);
	assert_int_equal(verify(19, last, LATER(99)), DONE);
}

static void elsewhere(void **state)
{
	struct keys *other = keys_new(world.store, world.master, NULL);
	struct text jws;

	make_pair(20, "ES256");
	assert_int_equal(try_sign(other, 20, "ES256", &jws), DONE);
	assert_int_equal(keys_rotate(world.keys, 20, "ES256", WORLD_NOW,
				     LATER(3600)),
			 DONE);
	assert_int_equal(try_sign(other, 20, "ES256", &jws), DONE);
	assert_int_equal(verify(20, jws, WORLD_NOW), DONE);
	assert_false(text_equal(kid_of(jws), kid_of(sign(20, "ES256"))));
	keys_forget(other);
	assert_int_equal(try_sign(other, 20, "ES256", &jws), DONE);
	assert_true(text_equal(kid_of(jws), kid_of(sign(20, "ES256"))));
	keys_free(&other);
}

static struct master *other_master(void)
{
	struct master *master = NULL;
	char file[128];
	char why[256];

	(void)snprintf(file, sizeof(file), "%s/other-%d", world.folder, rand());
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	assert_int_equal(master_load(file, &master, why, sizeof(why)), DONE);
	return master;
}

static void sealed_under_another(void **state)
{
	struct master *master = other_master();
	struct keys *keys = keys_new(world.store, master, NULL);
	struct text jws;

	make_pair(21, "ES256");
	assert_int_equal(try_sign(keys, 21, "ES256", &jws), BROKEN);
	assert_false(keys_can_sign(keys, 21, TEXT("ES256"), WORLD_NOW));
	assert_int_equal(keys_make(keys, 21, "ES256", SIGNING_KEY_CURRENT,
				   WORLD_NOW),
			 BROKEN);
	assert_int_equal(keys_rotate(keys, 21, "ES256", WORLD_NOW, LATER(3600)),
			 BROKEN);
	assert_int_equal(verify(21, sign(21, "ES256"), WORLD_NOW), DONE);
	assert_int_equal(key_count(21, WORLD_NOW), 2);
	keys_free(&keys);
	master_free(&master);
}

/* A sealed key that was moved to another row opens there no more. */
static void moved(void **state)
{
	struct signing_key *stored;
	size_t count;
	struct text jws;

	make(22, "ES256", SIGNING_KEY_CURRENT);
	assert_int_equal(store_load_signing_keys(world.store, arena, 22,
						 WORLD_NOW, &stored, &count),
			 STORE_DONE);
	stored[0].tenant_id = 23;
	stored[0].id = TEXT("another");
	assert_int_equal(store_insert_signing_key(world.store, &stored[0]),
			 STORE_DONE);
	assert_int_equal(try_sign(world.keys, 23, "ES256", &jws), BROKEN);
}

#define THREAD_COUNT 8

static void *sign_much(void *at)
{
	struct buf jws = buf_init(8192);
	size_t *failed = at;

	for (int i = 0; i < 100; i++) {
		struct keys_request request = {
			.tenant_id = 24,
			.algorithm = TEXT("ES256"),
			.payload = TEXT("{}"),
			.now = WORLD_NOW,
		};

		jws.size = 0;
		*failed += keys_sign(world.keys, &request, &jws) != DONE;
		if (i % 10 == 0)
			keys_forget(world.keys);
	}
	buf_wipe(&jws);
	return NULL;
}

static void threads(void **state)
{
	pthread_t threads[THREAD_COUNT];
	size_t failed[THREAD_COUNT] = {0};

	make_pair(24, "ES256");
	for (size_t i = 0; i < THREAD_COUNT; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_much,
						&failed[i]),
				 0);
	assert_int_equal(keys_rotate(world.keys, 24, "ES256", WORLD_NOW,
				     LATER(3600)),
			 DONE);
	for (size_t i = 0; i < THREAD_COUNT; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(failed[i], 0);
	}
}

static void assert_not_in_file(const char *name, struct text secret)
{
	char path[512];
	struct stat status;
	char *bytes;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", world.folder, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	bytes = malloc((size_t)status.st_size + 1);
	assert_int_equal(read(fd, bytes, (size_t)status.st_size),
			 status.st_size);
	assert_int_equal(text_find(text_of(bytes, (size_t)status.st_size),
				   secret),
			 (size_t)status.st_size);
	free(bytes);
	close(fd);
}

static size_t assert_not_stored(struct text secret)
{
	DIR *files = opendir(world.folder);
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(files);
	while ((entry = readdir(files)) != NULL)
		if (strncmp(entry->d_name, "licet.db", 8) == 0) {
			assert_not_in_file(entry->d_name, secret);
			count++;
		}
	closedir(files);
	return count;
}

/* Raw, in hex and in both base64s, whole or the half of it. */
static void assert_secret(struct text secret)
{
	struct buf spelled = buf_init_arena(arena, 3 * secret.size + 8);

	assert_true(assert_not_stored(secret) >= 2);
	(void)assert_not_stored(text_first(secret, 16));
	hex_encode(&spelled, text_first(secret, 16));
	(void)assert_not_stored(buf_text(&spelled));
	spelled.size = 0;
	base64url_encode(&spelled, text_first(secret, 15));
	(void)assert_not_stored(buf_text(&spelled));
	spelled.size = 0;
	base64_encode(&spelled, text_first(secret, 15));
	(void)assert_not_stored(buf_text(&spelled));
}

/* Where in the DER the private numbers stand: behind algorithm and, of RSA,
 * modulus and exponent. */
#define P256_PRIVATE_AT 36
#define RSA_PRIVATE_AT 320

static void opens_once(void **state)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	const struct ring_key *current;
	const struct ring_key *next;
	struct pkey *first;
	struct pkey *second;

	make_pair(26, "ES256");
	assert_int_equal(ring_load(world.store, world.master, 26, WORLD_NOW,
				   &ring),
			 DONE);
	current = ring_find(ring, TEXT("ES256"), SIGNING_KEY_CURRENT);
	next = ring_find(ring, TEXT("ES256"), SIGNING_KEY_NEXT);
	assert_int_equal(ring_open_key(ring, current, &first), DONE);
	assert_true(pkey_is_private(first));
	assert_int_equal(ring_open_key(ring, current, &second), DONE);
	assert_ptr_equal(first, second);
	assert_int_equal(ring_open_key(ring, next, &second), DONE);
	assert_ptr_not_equal(first, second);
	assert_false(pkey_is_private(second));
}

static const struct ring *ring_of(int64_t tenant_id)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;

	assert_int_equal(
		keys_load_ring(world.keys, tenant_id, WORLD_NOW, &ring), DONE);
	return ring;
}

/* 41 is used again and again, all others once. */
static void unused_rings_give_way(void **state)
{
	CLEANUP(ring_unref) struct ring *once = NULL;
	const struct ring *often;
	size_t size;

	for (int64_t tenant = 41; tenant < 49; tenant++)
		make(tenant, "ES256", SIGNING_KEY_CURRENT);
	size = ring_of(41)->size + RINGS_OPENED_SIZE;
	keys_forget(world.keys);
	keys_limit(world.keys, 3 * size + 100);
	often = ring_of(41);
	assert_ptr_equal(ring_of(41), often);
	assert_int_equal(keys_load_ring(world.keys, 42, WORLD_NOW, &once),
			 DONE);
	for (int64_t tenant = 43; tenant < 49; tenant++) {
		assert_ptr_equal(ring_of(41), often);
		(void)ring_of(tenant);
	}
	assert_ptr_not_equal(ring_of(42), once);
	assert_int_equal(verify(42, sign(42, "ES256"), WORLD_NOW), DONE);
	keys_limit(world.keys, 0);
	assert_int_equal(verify(41, sign(41, "ES256"), WORLD_NOW), DONE);
	keys_limit(world.keys, KEYS_SIZE_DEFAULT);
	assert_ptr_equal(ring_of(42), ring_of(42));
}

#define CROWDED_FIRST 51
#define CROWDED_COUNT 6

struct signer {
	size_t first; /* so that each keeps what another makes give way */
	size_t failed;
};

static void *sign_for_all(void *at)
{
	struct buf jws = buf_init(8192);
	struct signer *signer = at;

	for (size_t i = 0; i < 120; i++) {
		size_t tenant = (signer->first + i) % CROWDED_COUNT;
		struct keys_request request = {
			.tenant_id = CROWDED_FIRST + (int64_t)tenant,
			.algorithm = TEXT("ES256"),
			.payload = TEXT("{}"),
			.now = WORLD_NOW,
		};

		jws.size = 0;
		signer->failed += keys_sign(world.keys, &request, &jws) != DONE;
	}
	buf_wipe(&jws);
	return NULL;
}

static void rings_give_way_at_work(void **state)
{
	pthread_t threads[THREAD_COUNT];
	struct signer signers[THREAD_COUNT];
	size_t size;

	for (int64_t i = 0; i < CROWDED_COUNT; i++)
		make(CROWDED_FIRST + i, "ES256", SIGNING_KEY_CURRENT);
	size = ring_of(CROWDED_FIRST)->size + RINGS_OPENED_SIZE;
	keys_limit(world.keys, 2 * size + 100);
	for (size_t i = 0; i < THREAD_COUNT; i++) {
		signers[i] = (struct signer){.first = i};
		assert_int_equal(pthread_create(&threads[i], NULL, sign_for_all,
						&signers[i]),
				 0);
	}
	for (size_t i = 0; i < 60; i++) {
		keys_limit(world.keys, (i % 4) * size);
		assert_int_equal(keys_make(world.keys, CROWDED_FIRST, "ES256",
					   SIGNING_KEY_NEXT, WORLD_NOW),
				 DONE);
	}
	for (size_t i = 0; i < THREAD_COUNT; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(signers[i].failed, 0);
	}
	keys_limit(world.keys, KEYS_SIZE_DEFAULT);
}

/* K05. The search itself is tried on what must be there. */
static void nothing_raw(void **state)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	CLEANUP(secret_free) struct secret der = {NULL, 0};
	char master[MASTER_KEY_SIZE];
	struct stat status;
	char path[128];

	make_pair(25, "ES256");
	make(25, "RS256", SIGNING_KEY_CURRENT);
	assert_int_equal(ring_load(world.store, world.master, 25, WORLD_NOW,
				   &ring),
			 DONE);
	for (size_t i = 0; i < ring->count; i++) {
		struct pkey *pair;

		if (ring->keys[i].state != SIGNING_KEY_CURRENT)
			continue;
		assert_int_equal(ring_open_key(ring, &ring->keys[i], &pair),
				 DONE);
		assert_int_equal(pkey_export_private(pair, &der), DONE);
		assert_secret(text_from_byte(secret_bytes(&der),
					     pkey_type(pair) == PKEY_RSA
						     ? RSA_PRIVATE_AT
						     : P256_PRIVATE_AT));
		secret_free(&der);
	}
	for (size_t i = 0; i < sizeof(master); i++)
		master[i] = (char)i;
	assert_secret(text_of(master, sizeof(master)));
	assert_secret(TEXT("0123456789abcdef0123456789abcdef"));
	assert_secret(TEXT(WORLD_SECRET));
	(void)snprintf(path, sizeof(path), "%s/licet.db-wal", world.folder);
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size > 0);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("what a tenant signs it verifies, under its kid",
			  signs),
		test_here("RSA too", signs_rs256),
		test_here("a tenant signs by every algorithm it has a key for",
			  signs_by_every_algorithm),
		test_here("the key set begins with the keys that sign, RS256's "
			  "first",
			  rs256_first),
		test_here("without a current key nothing is signed", no_key),
		test_here("threads that publish the set at once all have the "
			  "whole of it",
			  published_at_once),
		test_here("keys are made once", made_once),
		test_here("another tenant's, another type's: refused", foreign),
		test_here("a rotated key verifies until it retires", rotation),
		test_here("no rotation without a next key", no_next),
		test_here("many rotations never lose the key that signs",
			  rotated_often),
		test_here("of too many, the oldest go first",
			  newest_previous_stay),
		test_here("a rotation elsewhere is seen once forgotten",
			  elsewhere),
		test_here("keys sealed under another master key fail honestly",
			  sealed_under_another),
		test_here("a sealed key in another row opens no more", moved),
		test_here("threads sign while keys rotate", threads),
		test_here("a key is opened when it is first used, and kept; of "
			  "the next one the public half",
			  opens_once),
		test_here("rings that are not used give way to others",
			  unused_rings_give_way),
		test_here("rings give way while threads sign with them",
			  rings_give_way_at_work),
		test_here("neither the store's file nor its log holds a secret",
			  nothing_raw),
	};

	return cmocka_run_group_tests_name("keys", tests, world_open,
					   world_close);
}
