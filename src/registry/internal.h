/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the reading of one document. */
#pragma once

#include "registry/registry.h"
#include "json/json.h"

/* Where in the document: `clients[2].redirect_uris[0]`. */
struct place {
	const char *list; /* "clients" */
	size_t index;
	const char *member; /* NULL: the entry itself */
	ptrdiff_t item; /* < 0: the member itself */
};

struct tenant_draft {
	struct tenant_record record;
	struct text signing_alg; /* when its settings have one */
	struct text encryption_algs; /* likewise */
	bool is_new; /* of this document: to be saved */
	bool is_known; /* the store has one of the name */
	size_t index;
};

struct client_draft {
	struct client client;
	struct text secret;
	struct text application_type;
	bool needs_pkce; /* it has a private-use scheme */
	size_t index;
};

struct user_draft {
	struct user user;
	struct text password; /* after PRECIS; absent: none given */
	bool is_known; /* the store has one of this name */
	bool was_disabled;
	bool changes_password;
	size_t index;
};

struct resource_draft {
	struct resource resource;
	size_t index;
};

/* One import while it is read. All memory is in the arena. */
struct reading {
	const struct registry *registry;
	struct registry_report *report;
	struct arena *arena;
	struct text tenant; /* for entries that name none */
	bool is_broken; /* the store failed meanwhile */

	struct tenant_draft *tenants; /* those of the store, and new ones */
	size_t tenant_count;
	struct user_draft *users;
	size_t user_count;
	struct client_draft *clients;
	size_t client_count;
	struct resource_draft *resources;
	size_t resource_count;
	/* The numbers of the home's book (store/book.h). */
	int64_t book_before;
	int64_t book_after;
};

void registry_mistake(struct reading *reading, const struct place *place,
		      const char *format, ...) PRINTF_LIKE(3, 4);
void registry_warn(struct reading *reading, const struct place *place,
		   const char *format, ...) PRINTF_LIKE(3, 4);
/* The store failed: ends the import as BROKEN. */
void registry_broken(struct reading *reading, enum store_outcome answer);

/* The tenant that an entry belongs to; NULL with a mistake. */
const struct tenant_draft *registry_tenant_of(struct reading *reading,
					      const struct place *place,
					      const struct json *entry);

/* The profile of that name that tenants may have; NULL: none. */
const struct profile *registry_find_profile(const struct reading *reading,
					    struct text name);
/* What fapi2 leaves of a tenant's settings. */
void registry_check_tenant_fapi2(struct reading *reading, struct place *place,
				 const struct tenant_draft *draft);
/* Whether the client keeps within the limits of its tenant (docs/fapi2.md). */
void registry_check_client_fapi2(struct reading *reading, struct place *place,
				 const struct tenant_draft *tenant,
				 const struct client *client);

/* Each reads all entries of its list into drafts. */
void registry_read_tenants(struct reading *reading, const struct json *list);
void registry_read_users(struct reading *reading, const struct json *list);
void registry_read_clients(struct reading *reading, const struct json *list);
void registry_read_resources(struct reading *reading, const struct json *list);
/* What only the whole of a client's metadata tells; also its secret. */
void registry_check_client(struct reading *reading, struct place *place,
			   struct client_draft *draft);
/* Makes current keys of the algorithms that tenants and clients of the document
 * ask for. BROKEN: the store or the master key. */
outcome registry_make_keys(struct reading *reading) MUST_USE;
/* Warns of clients in the store that a tenant's new settings make unfit. */
void registry_check_stored(struct reading *reading);
/* Within the import's transaction: what nobody may encrypt to any more is not
 * published any more. */
enum store_outcome registry_retire_keys(struct reading *reading) MUST_USE;
/* What the settings say of client certificates. */
void registry_check_tenant_tls(struct reading *reading, struct place *place,
			       struct text url, const struct tenant *settings);
/* What RFC 8705 asks of its members. */
void registry_check_client_tls(struct reading *reading, struct place *place,
			       const struct client *client);
/* Argon2id for every password that is new. REFUSED never; BROKEN without
 * memory. */
outcome registry_hash_passwords(struct reading *reading) MUST_USE;
/* Ends the grants of people who were disabled or have a new password. */
enum store_outcome registry_revoke(struct reading *reading, struct store *store,
				   const struct user_draft *draft) MUST_USE;
/* People, clients and resources, into the transaction of one shard. */
enum store_outcome registry_save_shared(struct reading *reading,
					struct store *store) MUST_USE;
/* Into all shards but the home, of what it has committed; warns of those that
 * do not know of it now. */
void registry_follow(struct reading *reading);
