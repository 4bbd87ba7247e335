/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that are copied; store/migrations.c makes them. */
#include "store/copy/internal.h"

/* `settings`, the last, is copied by what is noted of it alone: the other store
 * has rows of its own there when it begins. */
const struct copy_table copy_tables[] = {
	{"tenants", "id, name, profile, url, settings", 5, "a"},
	{"clients",
	 "tenant_id, id, secret_hash, secret_sealed, web_origins, document", 6,
	 "ac"},
	{"users",
	 "id, tenant_id, subject, username, password_hash, claims,"
	 " password_changed_at, is_disabled",
	 8, "a"},
	{"resources",
	 "tenant_id, audience, name, scopes, format, access_token_for,"
	 " allows_offline_access",
	 7, "ac"},
	{"signing_keys",
	 "id, tenant_id, algorithm, state, public_der, private_sealed,"
	 " created_at, retires_at",
	 8, "c"},
	{"server_secrets", "number, sealed, created_at, mint_from", 4, "a"},
	{"consents",
	 "tenant_id, user_id, client_id, scope, audience, granted_at", 6,
	 "abc"},
	{"nodes", "number, lease_until", 2, "a"},
	{"servers",
	 "id, name, version, schema_number, started_at, clock_at, seen_at", 7,
	 "a"},
	{"gossip", "server_id, slot, number, bytes, told_at", 5, "ab"},
	{"sessions",
	 "id, tenant_id, user_id, seed, sid, methods, acr, authenticated_at,"
	 " expires_at, revoked_at, purge_at",
	 11, "a"},
	{"requests",
	 "id, tenant_id, kind, seed, session_id, client_id, document,"
	 " created_at, expires_at, consumed_at, purge_at",
	 11, "a"},
	{"grants",
	 "id, tenant_id, user_id, client_id, seed, redirect_uri,"
	 " redirect_uri_sent, challenge, challenge_method, request_uri, nonce,"
	 " claims, code_key, asks_auth_time, scope, audience, acr, methods,"
	 " session_id, sid, authenticated_at, created_at, code_expires_at,"
	 " redeemed_at, redeemed_peer, has_refresh_token, generation,"
	 " rotated_at, is_presented, overlap_count, expires_at,"
	 " idle_expires_at, confirmation, revoked_at, revoked_reason,"
	 " has_spent_tokens, purge_at",
	 37, "a"},
	{"spent", "hash, expires_at", 2, "d"},
	{"settings", "name, value", 2, "c"},
};

const size_t copy_table_count = COUNT_OF(copy_tables);
static_assert(COUNT_OF(copy_tables) == COPY_TABLE_COUNT);
