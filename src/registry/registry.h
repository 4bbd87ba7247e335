/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants, users, clients and resources: documents into the store. */
#pragma once

#include "keys/master.h"
#include "store/store.h"
#include "tenant/tenant.h"

#define REGISTRY_SIZE_MAX ((size_t)16 * 1024 * 1024)
/* Room for sentences in a report's buffers; further ones are counted. */
#define REGISTRY_SENTENCES_MAX ((size_t)64 * 1024)

/* What an import works with; all borrowed. */
struct registry {
	struct store *store;
	const struct master *master;
	const struct profile *const *profiles; /* that a tenant may name */
	size_t profile_count;
	instant now;
	/* Takes client secrets under 128 bits, too. */
	bool allows_weak_secrets;
};

/*
 * What became of it: a sentence per line, "clients[2].redirect_uris[0]:
 * \"javascript:…\": …" in `mistakes`, and in `warnings` for what was dropped.
 * Both are buffers of the caller's. The counts are of what was saved.
 */
struct registry_report {
	struct buf *mistakes;
	struct buf *warnings;
	size_t mistake_count;
	size_t warning_count;
	size_t tenant_count;
	size_t user_count;
	size_t client_count;
	size_t resource_count;
	size_t behind_count; /* shards that do not know of it: see warnings */
};

/*
 * Reads an import document (docs/import.md) and saves all of it, or, when
 * anything is wrong in it, nothing: REFUSED with every mistake. Entries that do
 * not name their tenant belong to `tenant` (absent: they must). Saving replaces
 * what is there under the same name; a changed password and a disabled person
 * end that person's grants. Only outside a task: it blocks, also for passwords
 * (tens of milliseconds each). BROKEN, with a sentence in mistakes, when the
 * store failed. Durable in the home, it goes into the other shards; DONE
 * whatever becomes of that.
 */
outcome registry_import(const struct registry *registry, struct text document,
			struct text tenant, struct registry_report *report)
	MUST_USE;
