/* SPDX-License-Identifier: Apache-2.0 */
/* The master key: what everything kept in the store is sealed under. */
#pragma once

#include "base/buf.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "model/client.h"

struct master;

#define MASTER_KEY_SIZE 32

/* A new key from the kernel's randomness into a new file, mode 0600, synced.
 * REFUSED, with a sentence in `why`, when the file is there already or cannot
 * be written. */
outcome master_create(const char *file, char *why, size_t why_size) MUST_USE;
/* REFUSED, with a sentence, when the file cannot be read, does not hold exactly
 * MASTER_KEY_SIZE bytes, or others than its owner may read it. */
outcome master_load(const char *file, struct master **master_out, char *why,
		    size_t why_size) MUST_USE;
void master_free(struct master **master);

/* A key for one use; `label` is a constant, one per use. */
void master_derive(const struct master *master, const char *label, void *out,
		   size_t size);

/*
 * Seals bytes for the store (AES-SIV); `label` names the use, `owner` the row
 * that they belong to. Opening is false for anything that was not sealed so.
 */
void master_seal(const struct master *master, const char *label,
		 struct text owner, struct text plain, struct buf *sealed);
MUST_USE bool master_open(const struct master *master, const char *label,
			  struct text owner, struct text sealed,
			  struct secret *plain_out);

/*
 * The secret itself, sealed: only for clients whose secret keys a MAC
 * (client_secret_jwt). Opening is false for what was not sealed for this client.
 */
void master_seal_client_secret(const struct master *master,
			       const struct client *client, struct text secret,
			       struct buf *sealed);
MUST_USE bool master_open_client_secret(const struct master *master,
					const struct client *client,
					struct secret *secret_out);

/* What is stored of a client secret: HMAC-SHA-256 over tenant, client and
 * secret, so that a copied hash is worth nothing elsewhere. */
void master_hash_client_secret(const struct master *master, int64_t tenant_id,
			       struct text client_id, struct text secret,
			       unsigned char out[CLIENT_SECRET_HASH_SIZE]);
