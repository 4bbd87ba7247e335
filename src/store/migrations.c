/* SPDX-License-Identifier: Apache-2.0 */
/* The schema's history: numbered, append-only, forward only. */
#include "base/outcome.h"
#include "store/query.h"

/*
 * Instants are BIGINT microseconds, 0 "never"; flags SMALLINT 0 or 1. No serial
 * keys, no foreign keys. `grants` has two secondary indexes and never a third:
 * the exchange changes no column of one other than purge_at. ASC says what
 * PostgreSQL and SQLite do anyway: YugabyteDB would hash the first column.
 */
const char store_migration_start[] =
	"CREATE TABLE IF NOT EXISTS settings ("
	"name TEXT PRIMARY KEY, value BIGINT NOT NULL) BY_KEY;"
	"INSERT INTO settings (name, value) VALUES ('schema', 0)"
	" ON CONFLICT DO NOTHING;";

static const char first[] =
	"INSERT INTO settings (name, value) VALUES ('epoch', 1),"
	" ('epoch_floor', 1), ('config_epoch', 1) ON CONFLICT DO NOTHING;"

	"CREATE TABLE IF NOT EXISTS nodes (number BIGINT PRIMARY KEY,"
	" lease_until BIGINT NOT NULL);"

	"CREATE TABLE IF NOT EXISTS tenants (id BIGINT PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE, profile TEXT NOT NULL,"
	" url TEXT NOT NULL UNIQUE, settings TEXT);"

	"CREATE TABLE IF NOT EXISTS clients (tenant_id BIGINT NOT NULL,"
	" id TEXT NOT NULL, secret_hash BYTEA, secret_sealed BYTEA,"
	" web_origins TEXT, document TEXT NOT NULL,"
	" PRIMARY KEY (tenant_id, id));"

	"CREATE TABLE IF NOT EXISTS users (id BIGINT PRIMARY KEY,"
	" tenant_id BIGINT NOT NULL, subject TEXT NOT NULL,"
	" username TEXT NOT NULL, password_hash TEXT, claims TEXT,"
	" password_changed_at BIGINT NOT NULL, is_disabled SMALLINT NOT NULL,"
	" UNIQUE (tenant_id, username), UNIQUE (tenant_id, subject));"

	"CREATE TABLE IF NOT EXISTS resources (tenant_id BIGINT NOT NULL,"
	" audience TEXT NOT NULL, name TEXT, scopes TEXT,"
	" format SMALLINT NOT NULL, access_token_for BIGINT NOT NULL,"
	" allows_offline_access SMALLINT NOT NULL,"
	" PRIMARY KEY (tenant_id, audience));"

	"CREATE TABLE IF NOT EXISTS signing_keys (id TEXT PRIMARY KEY,"
	" tenant_id BIGINT NOT NULL, algorithm TEXT NOT NULL,"
	" state SMALLINT NOT NULL, public_der BYTEA NOT NULL,"
	" private_sealed BYTEA NOT NULL, created_at BIGINT NOT NULL,"
	" retires_at BIGINT NOT NULL);"
	/* One next and one current key each; any number of previous ones. */
	"CREATE UNIQUE INDEX IF NOT EXISTS signing_keys_one"
	" ON signing_keys (tenant_id, algorithm, state) WHERE state < 3;"

	"CREATE TABLE IF NOT EXISTS server_secrets ("
	"number BIGINT PRIMARY KEY, sealed BYTEA NOT NULL,"
	" created_at BIGINT NOT NULL, mint_from BIGINT NOT NULL);"

	"CREATE TABLE IF NOT EXISTS sessions (id BIGINT PRIMARY KEY,"
	" tenant_id BIGINT NOT NULL, user_id BIGINT NOT NULL,"
	" seed BYTEA NOT NULL, sid BYTEA NOT NULL, methods TEXT, acr TEXT,"
	" authenticated_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,"
	" revoked_at BIGINT NOT NULL, purge_at BIGINT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS sessions_purge ON sessions (purge_at ASC);"

	"CREATE TABLE IF NOT EXISTS consents (tenant_id BIGINT NOT NULL,"
	" user_id BIGINT NOT NULL, client_id TEXT NOT NULL, scope TEXT,"
	" audience TEXT, granted_at BIGINT NOT NULL,"
	" PRIMARY KEY (tenant_id, user_id, client_id)) BY_KEY;"

	"CREATE TABLE IF NOT EXISTS requests (id BIGINT PRIMARY KEY,"
	" tenant_id BIGINT NOT NULL, kind SMALLINT NOT NULL,"
	" seed BYTEA NOT NULL, session_id BIGINT NOT NULL, client_id TEXT,"
	" document TEXT, created_at BIGINT NOT NULL,"
	" expires_at BIGINT NOT NULL, consumed_at BIGINT NOT NULL,"
	" purge_at BIGINT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS requests_purge ON requests (purge_at ASC);"

	"CREATE TABLE IF NOT EXISTS grants (id BIGINT PRIMARY KEY,"
	" tenant_id BIGINT NOT NULL, user_id BIGINT NOT NULL,"
	" client_id TEXT, seed BYTEA NOT NULL, redirect_uri TEXT,"
	" redirect_uri_sent SMALLINT NOT NULL, challenge TEXT,"
	" challenge_method TEXT, request_uri TEXT, nonce TEXT, claims TEXT,"
	" code_key TEXT, asks_auth_time SMALLINT NOT NULL, scope TEXT,"
	" audience TEXT, acr TEXT, methods TEXT, session_id BIGINT NOT NULL,"
	" sid BYTEA NOT NULL, authenticated_at BIGINT NOT NULL,"
	" created_at BIGINT NOT NULL, code_expires_at BIGINT NOT NULL,"
	" redeemed_at BIGINT NOT NULL, redeemed_peer TEXT,"
	" has_refresh_token SMALLINT NOT NULL, generation BIGINT NOT NULL,"
	" rotated_at BIGINT NOT NULL, is_presented SMALLINT NOT NULL,"
	" overlap_count BIGINT NOT NULL, expires_at BIGINT NOT NULL,"
	" idle_expires_at BIGINT NOT NULL, confirmation TEXT,"
	" revoked_at BIGINT NOT NULL, revoked_reason TEXT,"
	" has_spent_tokens SMALLINT NOT NULL, purge_at BIGINT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS grants_purge ON grants (purge_at ASC);"
	"CREATE INDEX IF NOT EXISTS grants_user"
	" ON grants (user_id, client_id);"

	"CREATE TABLE IF NOT EXISTS spent (hash BYTEA PRIMARY KEY,"
	" expires_at BIGINT NOT NULL) BY_KEY;"
	"CREATE INDEX IF NOT EXISTS spent_purge ON spent (expires_at ASC);";

/* Which programs may serve: a later migration that takes away what an older one
 * relies on raises the floor to its own number, when the older are gone. */
static const char second[] =
	"INSERT INTO settings (name, value) VALUES ('schema_floor', 1)"
	" ON CONFLICT DO NOTHING;"

	"CREATE TABLE IF NOT EXISTS servers (id BIGINT PRIMARY KEY,"
	" name TEXT NOT NULL, version TEXT NOT NULL,"
	" schema_number BIGINT NOT NULL, started_at BIGINT NOT NULL,"
	" clock_at BIGINT NOT NULL, seen_at BIGINT NOT NULL);";

/* A tenant's keys are read whenever it is met anew. */
static const char third[] = "CREATE INDEX IF NOT EXISTS signing_keys_tenant"
			    " ON signing_keys (tenant_id);";

/* Every second is asked for the keys to purge, whatever others there are. */
static const char fourth[] =
	"CREATE INDEX IF NOT EXISTS signing_keys_retired"
	" ON signing_keys (retires_at ASC) WHERE state = 3;";

/* Eight rows a server, each overwritten in its turn. */
static const char fifth[] =
	"CREATE TABLE IF NOT EXISTS gossip (server_id BIGINT NOT NULL,"
	" slot BIGINT NOT NULL, number BIGINT NOT NULL,"
	" bytes BYTEA NOT NULL, told_at BIGINT NOT NULL,"
	" PRIMARY KEY (server_id, slot)) BY_KEY;";

/* As the first has it: SQLite, which has no use for it any more, drops it. */
static const char sixth[] =
	"CREATE INDEX IF NOT EXISTS spent_purge ON spent (expires_at ASC);";

const char *const store_migration_texts[] = {first,  second, third,
					     fourth, fifth,  sixth};
const int64_t store_migration_count = COUNT_OF(store_migration_texts);
