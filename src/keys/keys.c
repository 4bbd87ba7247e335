/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the tenants' rings, signs and verifies with them, publishes them. */
#include "keys/keys.h"

#include <stdlib.h>

#include "base/encoding.h"
#include "jose/jwk.h"
#include "keys/rings.h"

#define HEADER_MAX 512
struct keys {
	struct store *store;
	const struct master *master;
	struct worker_pool *workers;
	struct rings rings;
};

struct keys *keys_new(struct store *store, const struct master *master,
		      struct worker_pool *workers)
{
	struct keys *keys = calloc(1, sizeof(*keys));

	MUST(keys != NULL);
	keys->store = store;
	keys->master = master;
	keys->workers = workers;
	rings_init(&keys->rings);
	return keys;
}

void keys_free(struct keys **keys)
{
	struct keys *old = TAKE(*keys);

	if (old == NULL)
		return;
	rings_wipe(&old->rings);
	free(old);
}

void keys_limit(struct keys *keys, size_t size_most)
{
	rings_limit(&keys->rings, size_most);
}

void keys_forget(struct keys *keys)
{
	rings_forget(&keys->rings);
}

/* An empty ring is not kept: its keys are about to be made. */
outcome keys_load_ring(struct keys *keys, int64_t tenant_id, instant now,
		       struct ring **ring_out)
{
	uint64_t era;

	*ring_out = rings_find(&keys->rings, tenant_id, &era);
	if (*ring_out != NULL)
		return DONE;
	TRY(ring_load(keys->store, keys->master, tenant_id, now, ring_out));
	if ((*ring_out)->count > 0)
		rings_keep(&keys->rings, *ring_out, era);
	return DONE;
}

/* What somebody else has forgotten meanwhile is read when it is asked for. */
void keys_renew(struct keys *keys, int64_t tenant_id, instant now)
{
	CLEANUP(ring_unref) struct ring *before = NULL;
	CLEANUP(ring_unref) struct ring *ring = NULL;
	uint64_t era;
	uint64_t era_now;

	before = rings_find(&keys->rings, tenant_id, &era);
	if (ring_load(keys->store, keys->master, tenant_id, now, &ring) !=
		    DONE ||
	    ring->count == 0)
		return;
	rings_forget_one(&keys->rings, tenant_id);
	ring_unref(&before);
	before = rings_find(&keys->rings, tenant_id, &era_now);
	if (era_now == era + 1)
		rings_keep(&keys->rings, ring, era_now);
}

outcome keys_load_held(struct keys *keys, struct arena *arena,
		       struct keys_held *held_out)
{
	struct signing_key *held;

	if (store_load_key_states(keys->store, arena, &held,
				  &held_out->count) != STORE_DONE)
		return BROKEN;
	held_out->keys = held;
	return DONE;
}

/* The first that is not of a tenant before. */
static size_t first_held(const struct keys_held *held, int64_t tenant_id)
{
	size_t low = 0;
	size_t high = held->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (held->keys[middle].tenant_id < tenant_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool keys_held_has(const struct keys_held *held, int64_t tenant_id,
		   struct text algorithm, enum signing_key_state state)
{
	for (size_t i = first_held(held, tenant_id);
	     i < held->count && held->keys[i].tenant_id == tenant_id; i++)
		if (held->keys[i].state == state &&
		    text_equal(held->keys[i].algorithm, algorithm))
			return true;
	return false;
}

static void write_header(struct buf *header, const struct ring_key *key,
			 struct text type)
{
	struct json_writer writer = {.buf = header};

	json_open_object(&writer);
	json_member_text(&writer, "alg", key->algorithm);
	if (text_is_present(type))
		json_member_text(&writer, "typ", type);
	json_member_text(&writer, "kid", key->id);
	json_close_object(&writer);
}

static outcome sign_with(const struct ring *ring, const struct ring_key *key,
			 const struct keys_request *request, struct buf *jws)
{
	CLEANUP(buf_wipe) struct buf header = buf_init(HEADER_MAX);
	CLEANUP(buf_wipe) struct buf signature = buf_init(PKEY_SIGNATURE_MAX);
	size_t start = jws->size;
	struct pkey *pair;

	TRY(ring_open_key(ring, key, &pair));
	write_header(&header, key, request->type);
	jws_signing_input(jws, buf_text(&header), request->payload);
	if (header.is_over || jws->is_over)
		return BROKEN;
	TRY(pkey_sign(pair, key->signs_by->scheme,
		      text_from_byte(buf_text(jws), start), &signature));
	buf_add_byte(jws, '.');
	base64url_encode(jws, buf_text(&signature));
	return jws->is_over ? BROKEN : DONE;
}

static const struct ring_key *find_signer(const struct ring *ring,
					  struct text algorithm)
{
	const struct ring_key *key =
		ring_find(ring, algorithm, SIGNING_KEY_CURRENT);

	return key != NULL && key->signs_by != NULL ? key : NULL;
}

outcome keys_sign(struct keys *keys, const struct keys_request *request,
		  struct buf *jws)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	const struct ring_key *key;

	TRY(keys_load_ring(keys, request->tenant_id, request->now, &ring));
	key = find_signer(ring, request->algorithm);
	if (key == NULL)
		return REFUSED;
	return sign_with(ring, key, request, jws);
}

bool keys_can_sign(struct keys *keys, int64_t tenant_id, struct text algorithm,
		   instant now)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;

	if (keys_load_ring(keys, tenant_id, now, &ring) != DONE)
		return false;
	return find_signer(ring, algorithm) != NULL;
}

static outcome verify_parsed(struct keys *keys, const struct keys_proof *proof,
			     const struct jws *jws, struct text *payload_out)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	const struct ring_key *key;
	struct pkey *pair;

	TRY(keys_load_ring(keys, proof->tenant_id, proof->now, &ring));
	key = ring_find_id(ring, jws->key_id, proof->now);
	if (key == NULL || key->signs_by == NULL)
		return REFUSED;
	TRY(ring_open_key(ring, key, &pair));
	return jws_verify(jws, pair, key->signs_by, payload_out);
}

outcome keys_verify(struct keys *keys, struct arena *arena,
		    const struct keys_proof *proof, struct text *payload_out,
		    const char **why_out)
{
	CLEANUP(jws_wipe) struct jws jws = {0};

	TRY(jws_parse(arena, proof->compact, &jws, why_out));
	if (text_is_present(proof->type) &&
	    !text_equal_nocase(jws.type, proof->type)) {
		*why_out = "the header's typ is another";
		return REFUSED;
	}
	*why_out = "not signed by a key of this tenant";
	return verify_parsed(keys, proof, &jws, payload_out);
}

struct making {
	enum pkey_type type;
	struct pkey *key;
	outcome outcome;
};

/* What can be encrypted to: the type of key decides (jose/jwe.h). */
static const struct {
	const char *name;
	enum pkey_type type;
} encryptions[] = {{"RSA-OAEP-256", PKEY_RSA}, {"ECDH-ES", PKEY_P256}};

const char *keys_algorithm_name(struct text algorithm)
{
	const struct jws_algorithm *jws = jws_algorithm_find(algorithm);

	for (size_t i = 0; i < COUNT_OF(encryptions); i++)
		if (text_equal(text_from(encryptions[i].name), algorithm))
			return encryptions[i].name;
	return jws != NULL && text_has_word(TEXT(SIGNING_KEY_ALGORITHMS),
					    algorithm)
		       ? jws->name
		       : NULL;
}

static enum pkey_type type_for(const char *algorithm)
{
	const struct jws_algorithm *jws =
		jws_algorithm_find(text_from(algorithm));

	for (size_t i = 0; i < COUNT_OF(encryptions); i++)
		if (strcmp(encryptions[i].name, algorithm) == 0)
			return encryptions[i].type;
	MUST(jws != NULL);
	return pkey_type_for(jws->scheme);
}

static void generate(void *context)
{
	struct making *making = context;

	making->outcome = pkey_generate(making->type, 2048, &making->key);
}

static outcome generate_key(struct keys *keys, const char *algorithm,
			    struct pkey **key_out)
{
	struct making making = {
		.type = type_for(algorithm),
		.outcome = BROKEN,
	};

	if (keys->workers != NULL)
		TRY(worker_run(keys->workers, generate, &making));
	else
		generate(&making);
	*key_out = making.key;
	return making.outcome;
}

static outcome seal_key(struct keys *keys, struct arena *arena,
			const struct pkey *key, struct signing_key *out)
{
	CLEANUP(secret_free) struct secret der = {NULL, 0};
	struct buf thumbprint = buf_init_arena(arena, SHA256_SIZE);
	struct buf id = buf_init_arena(arena, BASE64URL_SIZE(SHA256_SIZE));
	struct buf public_der = buf_init_arena(arena, 1024);
	struct buf sealed = buf_init_arena(arena, 8192);

	TRY(jwk_thumbprint(key, &thumbprint));
	base64url_encode(&id, buf_text(&thumbprint));
	TRY(pkey_export_public(key, &public_der));
	TRY(pkey_export_private(key, &der));
	master_seal(keys->master, RING_SEAL_LABEL,
		    ring_owner(arena, out->tenant_id, buf_text(&id)),
		    secret_bytes(&der), &sealed);
	out->id = buf_text(&id);
	out->public_der = buf_text(&public_der);
	out->private_sealed = buf_text(&sealed);
	return sealed.is_over || public_der.is_over ? BROKEN : DONE;
}

static outcome new_key(struct keys *keys, struct arena *arena,
		       struct signing_key *out)
{
	CLEANUP(pkey_unref) struct pkey *key = NULL;

	TRY(generate_key(keys, arena_terminated(arena, out->algorithm), &key));
	return seal_key(keys, arena, key, out);
}

static outcome find_key(struct keys *keys, const struct signing_key *wanted,
			bool *is_found_out)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;

	TRY(ring_load(keys->store, keys->master, wanted->tenant_id,
		      wanted->created_at, &ring));
	*is_found_out = ring_find(ring, wanted->algorithm, wanted->state) !=
			NULL;
	return DONE;
}

outcome keys_make(struct keys *keys, int64_t tenant_id, const char *algorithm,
		  enum signing_key_state state, instant now)
{
	CLEANUP(arena_free) struct arena *arena = NULL;
	struct signing_key key = {
		.tenant_id = tenant_id,
		.algorithm = text_from(algorithm),
		.state = state,
		.created_at = now,
	};
	enum store_outcome inserted;
	bool is_there = false;

	TRY(find_key(keys, &key, &is_there));
	if (is_there)
		return DONE;
	arena = arena_new(256 * 1024);
	TRY(new_key(keys, arena, &key));
	inserted = store_insert_signing_key(keys->store, &key);
	rings_forget_one(&keys->rings, tenant_id);
	return inserted == STORE_DONE || inserted == STORE_ALREADY ? DONE
								   : BROKEN;
}

static outcome find_next(struct keys *keys, struct arena *arena,
			 const struct signing_key *key, struct text *id_out)
{
	CLEANUP(ring_unref) struct ring *ring = NULL;
	const struct ring_key *next;

	TRY(ring_load(keys->store, keys->master, key->tenant_id,
		      key->created_at, &ring));
	next = ring_find(ring, key->algorithm, SIGNING_KEY_NEXT);
	if (next == NULL)
		return REFUSED;
	*id_out = arena_copy(arena, next->id);
	return DONE;
}

outcome keys_rotate(struct keys *keys, int64_t tenant_id, const char *algorithm,
		    instant now, instant retires_at)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(256 * 1024);
	struct signing_key key = {
		.tenant_id = tenant_id,
		.algorithm = text_from(algorithm),
		.state = SIGNING_KEY_NEXT,
		.created_at = now,
	};
	enum store_outcome rotated;
	struct text promoted;

	TRY(find_next(keys, arena, &key, &promoted));
	TRY(new_key(keys, arena, &key));
	rotated = store_rotate_signing_key(keys->store, promoted, retires_at,
					   &key);
	rings_forget_one(&keys->rings, tenant_id);
	if (rotated == STORE_CONFLICT)
		return REFUSED;
	return rotated == STORE_DONE ? DONE : BROKEN;
}
