/* SPDX-License-Identifier: Apache-2.0 */
/* The server's secrets and epochs: what every reference is made with. */
#pragma once

#include "crypto/siv.h"
#include "keys/keys.h"
#include "keys/master.h"
#include "store/store.h"

struct tokens;

/*
 * Reads server secrets (makes the first when there is none) and epochs. Borrows
 * all three. REFUSED, with an event, when the secrets were sealed under another
 * master key.
 */
outcome tokens_open(struct store *store, const struct master *master,
		    struct keys *keys, instant now, struct tokens **tokens_out)
	MUST_USE;
void tokens_close(struct tokens **tokens);

/* Reads both again: every second, and when the config epoch was raised. */
outcome tokens_reload(struct tokens *tokens) MUST_USE;
/* Makes a new server secret, from which references are minted 60 s from now. */
outcome tokens_rotate_secret(struct tokens *tokens, instant now) MUST_USE;

/* The home's. */
struct store_epochs tokens_epochs(const struct tokens *tokens);
/* What references to a shard's rows are minted in, and whether one of that epoch
 * is refused. */
uint32_t tokens_epoch(const struct tokens *tokens, uint16_t shard);
MUST_USE bool tokens_is_void(const struct tokens *tokens, uint16_t shard,
			     uint32_t epoch);
struct store *tokens_store(const struct tokens *tokens);
struct keys *tokens_keys(const struct tokens *tokens);

/* What a server secret is used for: one HKDF label each. */
enum tokens_use {
	TOKENS_REFERENCES,
	TOKENS_SEALS,
	TOKENS_NONCES,
	TOKENS_USE_COUNT,
};

/* The key that new ones are sealed with, and its number. */
const struct siv_key *tokens_minting_key(struct tokens *tokens,
					 enum tokens_use use, instant now,
					 unsigned char *number_out);
/* NULL when there is no secret of that number. Keys live as long as `tokens`.
 */
const struct siv_key *tokens_key(struct tokens *tokens, enum tokens_use use,
				 unsigned char number);
