/* SPDX-License-Identifier: Apache-2.0 */
/* Reads, makes and keeps server secrets and epochs. */
#include "token/tokens.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/event.h"
#include "crypto/random.h"

#define SECRET_SIZE 32
#define SECRET_LABEL "server secret"
#define SECRET_NUMBER_MAX 255
#define MINT_AFTER_FOR 60

/* Once there, a secret's keys stay: readers need no reference. */
struct secret_keys {
	_Atomic(struct siv_key *) keys[TOKENS_USE_COUNT];
	_Atomic instant mint_from;
};

struct tokens {
	struct store *store;
	const struct master *master;
	struct keys *keys;
	pthread_mutex_t reload_lock;
	struct secret_keys secrets[SECRET_NUMBER_MAX + 1]; /* by number */
	_Atomic int64_t config;
	_Atomic int64_t schema;
	_Atomic int64_t schema_floor;
};

static const char *const use_labels[] = {
	[TOKENS_REFERENCES] = "references",
	[TOKENS_SEALS] = "seals",
	[TOKENS_NONCES] = "nonces",
};

static struct text owner_of(struct arena *arena, int64_t number)
{
	return arena_format(arena, "secret %lld", (long long)number);
}

static void derive_keys(struct secret_keys *at, const struct secret *bytes)
{
	unsigned char key[SIV_KEY_SIZE];

	for (size_t use = 0; use < TOKENS_USE_COUNT; use++) {
		digest_hkdf(secret_bytes(bytes), text_from(use_labels[use]),
			    key, sizeof(key));
		at->keys[use] = siv_key_new(key);
	}
	explicit_bzero(key, sizeof(key));
}

static outcome take_secret(struct tokens *tokens, struct arena *arena,
			   const struct server_secret *stored)
{
	CLEANUP(secret_free) struct secret bytes = {NULL, 0};
	struct secret_keys *at;

	if (stored->number < 1 || stored->number > SECRET_NUMBER_MAX)
		return BROKEN;
	at = &tokens->secrets[stored->number];
	if (at->keys[TOKENS_REFERENCES] != NULL)
		return DONE;
	if (!master_open(tokens->master, SECRET_LABEL,
			 owner_of(arena, stored->number), stored->sealed,
			 &bytes)) {
		event_fault("secret.unreadable",
			    "server secret %lld was not sealed under this "
			    "master key",
			    (long long)stored->number);
		return REFUSED;
	}
	at->mint_from = stored->mint_from;
	derive_keys(at, &bytes);
	return DONE;
}

/* Locked only now: a read may park its task, and another of this loop would wait
 * for the lock. */
static outcome take_secrets(struct tokens *tokens, struct arena *arena,
			    const struct server_secret *secrets, size_t count)
{
	outcome taken = DONE;

	pthread_mutex_lock(&tokens->reload_lock);
	for (size_t i = 0; i < count && taken == DONE; i++)
		taken = take_secret(tokens, arena, &secrets[i]);
	pthread_mutex_unlock(&tokens->reload_lock);
	return taken;
}

static outcome load_secrets(struct tokens *tokens, size_t *count_out)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(256 * 1024);
	struct server_secret *secrets;

	if (store_load_server_secrets(tokens->store, arena, &secrets,
				      count_out) != STORE_DONE)
		return BROKEN;
	return take_secrets(tokens, arena, secrets, *count_out);
}

static outcome load_epochs(struct tokens *tokens)
{
	struct store_epochs epochs;

	if (store_load_epochs(tokens->store, &epochs) != STORE_DONE)
		return BROKEN;
	tokens->config = epochs.config;
	tokens->schema = epochs.schema;
	tokens->schema_floor = epochs.schema_floor;
	return DONE;
}

static outcome insert_secret(struct tokens *tokens, int64_t number, instant now,
			     instant mint_from)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4096);
	CLEANUP(buf_wipe) struct buf sealed = buf_init(256);
	CLEANUP(secret_free) struct secret bytes = secret_new(SECRET_SIZE);
	enum store_outcome inserted;

	random_fill(bytes.at, bytes.size);
	master_seal(tokens->master, SECRET_LABEL, owner_of(arena, number),
		    secret_bytes(&bytes), &sealed);
	inserted = store_insert_server_secret(
		tokens->store, &(struct server_secret){
				       .number = number,
				       .sealed = buf_text(&sealed),
				       .created_at = now,
				       .mint_from = mint_from,
			       });
	return inserted == STORE_DONE || inserted == STORE_ALREADY ? DONE
								   : BROKEN;
}

outcome tokens_reload(struct tokens *tokens)
{
	size_t count;

	TRY(load_secrets(tokens, &count));
	return load_epochs(tokens);
}

outcome tokens_rotate_secret(struct tokens *tokens, instant now)
{
	int64_t number = 1;

	while (number <= SECRET_NUMBER_MAX &&
	       tokens->secrets[number].keys[TOKENS_REFERENCES] != NULL)
		number++;
	if (number > SECRET_NUMBER_MAX)
		return REFUSED;
	TRY(insert_secret(tokens, number, now,
			  instant_after(now, MINT_AFTER_FOR)));
	return tokens_reload(tokens);
}

static outcome make_first_secret(struct tokens *tokens, instant now)
{
	size_t count;

	TRY(load_secrets(tokens, &count));
	if (count > 0)
		return DONE;
	TRY(insert_secret(tokens, 1, now, now));
	return load_secrets(tokens, &count);
}

outcome tokens_open(struct store *store, const struct master *master,
		    struct keys *keys, instant now, struct tokens **tokens_out)
{
	CLEANUP(tokens_close)
	struct tokens *tokens = calloc(1, sizeof(*tokens));

	MUST(tokens != NULL);
	tokens->store = store;
	tokens->master = master;
	tokens->keys = keys;
	pthread_mutex_init(&tokens->reload_lock, NULL);
	TRY(make_first_secret(tokens, now));
	TRY(load_epochs(tokens));
	*tokens_out = TAKE(tokens);
	return DONE;
}

void tokens_close(struct tokens **tokens)
{
	struct tokens *old = TAKE(*tokens);

	if (old == NULL)
		return;
	for (size_t i = 0; i < COUNT_OF(old->secrets); i++)
		for (size_t use = 0; use < TOKENS_USE_COUNT; use++) {
			struct siv_key *key = old->secrets[i].keys[use];

			siv_key_free(&key);
		}
	pthread_mutex_destroy(&old->reload_lock);
	free(old);
}

struct store_epochs tokens_epochs(const struct tokens *tokens)
{
	struct store_epoch epoch = store_epoch_of(tokens->store, 0);

	return (struct store_epochs){
		.current = epoch.current,
		.floor = epoch.floor,
		.config = tokens->config,
		.schema = tokens->schema,
		.schema_floor = tokens->schema_floor,
	};
}

uint32_t tokens_epoch(const struct tokens *tokens, uint16_t shard)
{
	return (uint32_t)store_epoch_of(tokens->store, shard).current;
}

bool tokens_is_void(const struct tokens *tokens, uint16_t shard, uint32_t epoch)
{
	return epoch < store_epoch_of(tokens->store, shard).floor;
}

struct store *tokens_store(const struct tokens *tokens)
{
	return tokens->store;
}

struct keys *tokens_keys(const struct tokens *tokens)
{
	return tokens->keys;
}

/* The newest whose time has come; the oldest when none's has. */
const struct siv_key *tokens_minting_key(struct tokens *tokens,
					 enum tokens_use use, instant now,
					 unsigned char *number_out)
{
	const struct siv_key *chosen = NULL;
	instant begun = 0;

	for (size_t i = 1; i <= SECRET_NUMBER_MAX; i++) {
		const struct secret_keys *at = &tokens->secrets[i];
		const struct siv_key *key = at->keys[use];

		if (key == NULL)
			break;
		if (chosen != NULL &&
		    (at->mint_from > now || at->mint_from < begun))
			continue;
		chosen = key;
		begun = at->mint_from;
		*number_out = (unsigned char)i;
	}
	MUST(chosen != NULL);
	return chosen;
}

const struct siv_key *tokens_key(struct tokens *tokens, enum tokens_use use,
				 unsigned char number)
{
	return tokens->secrets[number].keys[use];
}
