/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of all statements; migrations.c has the tables' columns. */
#include "store/query.h"

#define CLIENT_COLUMNS "secret_hash, secret_sealed, web_origins, document"

#define USER_COLUMNS                                                           \
	"id, tenant_id, subject, username, password_hash, claims,"             \
	" password_changed_at, is_disabled"

#define SIGNING_KEY_COLUMNS                                                    \
	"tenant_id, id, algorithm, state, public_der, private_sealed,"         \
	" created_at, retires_at"

#define SESSION_COLUMNS                                                        \
	"id, tenant_id, user_id, seed, sid, methods, acr, authenticated_at,"   \
	" expires_at, revoked_at, purge_at"

#define REQUEST_COLUMNS                                                        \
	"id, tenant_id, kind, seed, session_id, client_id, document,"          \
	" created_at, expires_at, consumed_at, purge_at"

/* The order of struct grant's members; grants.c binds and reads by it. */
#define GRANT_COLUMNS                                                          \
	"id, tenant_id, user_id, client_id, seed,"                             \
	" redirect_uri, redirect_uri_sent, challenge, challenge_method,"       \
	" request_uri, nonce, claims, code_key, asks_auth_time,"               \
	" scope, audience, acr, methods, session_id, sid, authenticated_at,"   \
	" created_at, code_expires_at, redeemed_at, redeemed_peer,"            \
	" has_refresh_token, generation, rotated_at, is_presented,"            \
	" overlap_count, expires_at, idle_expires_at, confirmation,"           \
	" revoked_at, revoked_reason, has_spent_tokens, purge_at"

/* What every refresh demands; 0 is "no end". */
#define GRANT_REFRESHABLE                                                      \
	" AND generation > 0 AND revoked_at = 0"                               \
	" AND (expires_at = 0 OR expires_at > $now)"                           \
	" AND (idle_expires_at = 0 OR idle_expires_at > $now)"

const char *const store_query_texts[STORE_QUERY_COUNT] = {
	[QUERY_PING] = "SELECT value FROM settings WHERE name = 'schema'",
	/* In the order of store_nouns (size.c). */
	[QUERY_COUNT_ROWS] = "SELECT (SELECT COUNT(*) FROM tenants),"
			     " (SELECT COUNT(*) FROM clients),"
			     " (SELECT COUNT(*) FROM users),"
			     " (SELECT COUNT(*) FROM resources),"
			     " (SELECT COUNT(*) FROM consents),"
			     " (SELECT COUNT(*) FROM signing_keys),"
			     " (SELECT COUNT(*) FROM spent),"
			     " (SELECT COUNT(*) FROM grants),"
			     " (SELECT COUNT(*) FROM sessions),"
			     " (SELECT COUNT(*) FROM requests)",
	/* For how many seconds in all the rows of the last hour will be there.
	 * Of those that end within an hour, as many as now go on being there. */
	[QUERY_COUNT_ROW_SECONDS] =
		"SELECT (SELECT CAST(COALESCE(SUM(CASE WHEN"
		" purge_at - created_at >= 3600000000 THEN"
		" (CASE WHEN expires_at > purge_at THEN expires_at"
		" ELSE purge_at END - created_at) / 1000000 ELSE 3600 END), 0)"
		" AS BIGINT) FROM grants WHERE id >= $1),"
		" (SELECT CAST(COALESCE(SUM(CASE WHEN"
		" purge_at - authenticated_at >= 3600000000 THEN"
		" (purge_at - authenticated_at) / 1000000 ELSE 3600 END), 0)"
		" AS BIGINT) FROM sessions WHERE id >= $1),"
		" (SELECT CAST(COALESCE(SUM(CASE WHEN"
		" purge_at - created_at >= 3600000000 THEN"
		" (purge_at - created_at) / 1000000 ELSE 3600 END), 0)"
		" AS BIGINT) FROM requests WHERE id >= $1)",
	[QUERY_LOAD_SETTINGS] = "SELECT name, value FROM settings",
	[QUERY_RECORD_SCHEMA] = "UPDATE settings SET value = $1"
				" WHERE name = 'schema' AND value < $1",
	[QUERY_BEGIN_EPOCH] = "UPDATE settings SET value ="
			      " CASE WHEN value < $1 THEN $1 ELSE value + 1 END"
			      " WHERE name = 'epoch'",
	[QUERY_RAISE_FLOOR] = "UPDATE settings SET value ="
			      " (SELECT e.value FROM settings e"
			      " WHERE e.name = 'epoch')"
			      " WHERE name = 'epoch_floor'",
	[QUERY_RAISE_CONFIG] = "UPDATE settings SET value = value + 1"
			       " WHERE name = 'config_epoch'",
	[QUERY_MOVE_COPYING] = "UPDATE settings SET value = $1"
			       " WHERE name = 'copy_state' AND value = $2",

	[QUERY_ADD_SETTING] = "INSERT INTO settings (name, value)"
			      " VALUES ($1, $2) ON CONFLICT DO NOTHING",
	[QUERY_SAVE_SETTING] = "INSERT INTO settings (name, value)"
			       " VALUES ($1, $2) ON CONFLICT (name)"
			       " DO UPDATE SET value = excluded.value",
	/* Others that would raise it wait for this transaction's end. */
	[QUERY_HOLD_BOOK] = "UPDATE settings SET value = value"
			    " WHERE name = 'book'",
	[QUERY_MOVE_BOOK] = "UPDATE settings SET value = $1"
			    " WHERE name = 'book' AND value = $2",

	/* seen_at is the store's clock, clock_at the server's own. */
	[QUERY_SAVE_SERVER] =
		"INSERT INTO servers (id, name, version, schema_number,"
		" started_at, clock_at, seen_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $now)"
		" ON CONFLICT (id) DO UPDATE SET"
		" clock_at = excluded.clock_at, seen_at = excluded.seen_at",
	[QUERY_LOAD_SERVERS] =
		"SELECT id, name, version, schema_number, started_at,"
		" clock_at, seen_at, $now FROM servers ORDER BY id",
	[QUERY_DELETE_SERVER] = "DELETE FROM servers WHERE id = $1",
	[QUERY_PURGE_SERVERS] =
		"DELETE FROM servers WHERE seen_at <= $now - 86400000000"
		" AND id IN (SELECT id FROM servers"
		" WHERE seen_at <= $now - 86400000000 ORDER BY id LIMIT $1)",

	[QUERY_SAVE_GOSSIP] =
		"INSERT INTO gossip (server_id, slot, number, bytes, told_at)"
		" VALUES ($1, $2, $3, $4, $now)"
		" ON CONFLICT (server_id, slot) DO UPDATE SET"
		" number = excluded.number, bytes = excluded.bytes,"
		" told_at = excluded.told_at",
	[QUERY_LOAD_GOSSIP] =
		"SELECT server_id, number, bytes FROM gossip"
		" WHERE server_id <> $1 AND told_at > $now - 10000000"
		" AND LENGTH(bytes) <= $2"
		" ORDER BY server_id, number LIMIT $3",
	[QUERY_PURGE_GOSSIP] =
		"DELETE FROM gossip WHERE told_at <= $now - 3600000000"
		" AND server_id IN (SELECT server_id FROM gossip"
		" WHERE told_at <= $now - 3600000000"
		" ORDER BY server_id LIMIT $1)",

	[QUERY_FIND_NODE] = "SELECT number, lease_until FROM nodes"
			    " WHERE lease_until < $now"
			    " ORDER BY number LIMIT 1",
	[QUERY_LAST_NODE] = "SELECT COALESCE(MAX(number), -1) FROM nodes",
	[QUERY_INSERT_NODE] = "INSERT INTO nodes (number, lease_until)"
			      " VALUES ($1, $2) ON CONFLICT DO NOTHING",
	[QUERY_LEASE_NODE] = "UPDATE nodes SET lease_until = $1"
			     " WHERE number = $2 AND lease_until = $3",

	[QUERY_SAVE_TENANT] =
		"INSERT INTO tenants (id, name, profile, url, settings)"
		" VALUES ($1, $2, $3, $4, $5)"
		" ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
		" profile = excluded.profile, url = excluded.url,"
		" settings = excluded.settings",
	[QUERY_LOAD_TENANTS] = "SELECT id, name, profile, url, settings"
			       " FROM tenants ORDER BY id",
	[QUERY_SAVE_CLIENT] =
		"INSERT INTO clients (tenant_id, id, " CLIENT_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6)"
		" ON CONFLICT (tenant_id, id) DO UPDATE SET"
		" secret_hash = excluded.secret_hash,"
		" secret_sealed = excluded.secret_sealed,"
		" web_origins = excluded.web_origins,"
		" document = excluded.document",
	/* As QUERY_SAVE_CLIENT takes them; so the other pages. */
	[QUERY_PAGE_CLIENTS] =
		"SELECT tenant_id, id, " CLIENT_COLUMNS " FROM clients"
		" WHERE tenant_id > $1 OR (tenant_id = $1 AND id > $2)"
		" ORDER BY tenant_id, id LIMIT $3",
	[QUERY_LOAD_CLIENT] = "SELECT id, " CLIENT_COLUMNS " FROM clients"
			      " WHERE tenant_id = $1 AND id = $2",
	[QUERY_LOAD_CLIENTS] = "SELECT id, " CLIENT_COLUMNS " FROM clients"
			       " WHERE tenant_id = $1 ORDER BY id",
	[QUERY_LOAD_WEB_ORIGINS] =
		"SELECT web_origins FROM clients WHERE tenant_id = $1"
		" AND web_origins IS NOT NULL ORDER BY id",
	[QUERY_SAVE_USER] =
		"INSERT INTO users (" USER_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
		" ON CONFLICT (tenant_id, username) DO UPDATE SET"
		" password_hash = excluded.password_hash,"
		" claims = excluded.claims,"
		" password_changed_at = excluded.password_changed_at,"
		" is_disabled = excluded.is_disabled",
	[QUERY_PAGE_USERS] = "SELECT " USER_COLUMNS " FROM users"
			     " WHERE id > $1 ORDER BY id LIMIT $2",
	[QUERY_DELETE_USER] = "DELETE FROM users WHERE id = $1",
	[QUERY_LOAD_USER] = "SELECT " USER_COLUMNS " FROM users WHERE id = $1",
	[QUERY_LOAD_USER_NAMED] = "SELECT " USER_COLUMNS " FROM users"
				  " WHERE tenant_id = $1 AND username = $2",
	[QUERY_SAVE_RESOURCE] =
		"INSERT INTO resources (tenant_id, audience, name, scopes,"
		" format, access_token_for, allows_offline_access)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)"
		" ON CONFLICT (tenant_id, audience) DO UPDATE SET"
		" name = excluded.name, scopes = excluded.scopes,"
		" format = excluded.format,"
		" access_token_for = excluded.access_token_for,"
		" allows_offline_access = excluded.allows_offline_access",
	[QUERY_PAGE_RESOURCES] =
		"SELECT tenant_id, audience, name, scopes, format,"
		" access_token_for, allows_offline_access FROM resources"
		" WHERE tenant_id > $1 OR (tenant_id = $1 AND audience > $2)"
		" ORDER BY tenant_id, audience LIMIT $3",
	[QUERY_LOAD_RESOURCE] =
		"SELECT tenant_id, audience, name, scopes, format,"
		" access_token_for, allows_offline_access FROM resources"
		" WHERE tenant_id = $1 AND audience = $2",

	[QUERY_INSERT_SIGNING_KEY] =
		"INSERT INTO signing_keys (" SIGNING_KEY_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
		" ON CONFLICT DO NOTHING",
	/* 3: SIGNING_KEY_PREVIOUS, 2: SIGNING_KEY_CURRENT, 1: its NEXT. */
	[QUERY_DEMOTE_SIGNING_KEY] =
		"UPDATE signing_keys SET state = 3, retires_at = $1"
		" WHERE tenant_id = $2 AND algorithm = $3 AND state = 2",
	[QUERY_PROMOTE_SIGNING_KEY] =
		"UPDATE signing_keys SET state = 2 WHERE id = $1"
		" AND tenant_id = $2 AND algorithm = $3 AND state = 1",
	[QUERY_RETIRE_SIGNING_KEYS] =
		"UPDATE signing_keys SET state = 3, retires_at = $1"
		" WHERE tenant_id = $2 AND algorithm = $3 AND state < 3",
	[QUERY_LOAD_SIGNING_KEYS] = "SELECT " SIGNING_KEY_COLUMNS
				    " FROM signing_keys"
				    " WHERE tenant_id = $1"
				    " AND (retires_at = 0 OR retires_at > $now)"
				    " ORDER BY algorithm, state, created_at",
	[QUERY_LOAD_KEY_STATES] = "SELECT tenant_id, algorithm, state"
				  " FROM signing_keys WHERE state < 3"
				  " ORDER BY tenant_id",
	[QUERY_INSERT_SERVER_SECRET] =
		"INSERT INTO server_secrets"
		" (number, sealed, created_at, mint_from)"
		" VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
	[QUERY_LOAD_SERVER_SECRETS] =
		"SELECT number, sealed, created_at, mint_from"
		" FROM server_secrets ORDER BY number",

	[QUERY_INSERT_SESSION] =
		"INSERT INTO sessions (" SESSION_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
		" ON CONFLICT DO NOTHING",
	[QUERY_LOAD_SESSION] = "SELECT " SESSION_COLUMNS
			       " FROM sessions WHERE id = $1",
	[QUERY_REVOKE_SESSION] = "UPDATE sessions SET revoked_at = $now"
				 " WHERE id = $1 AND revoked_at = 0",
	[QUERY_SAVE_CONSENT] =
		"INSERT INTO consents (tenant_id, user_id, client_id, scope,"
		" audience, granted_at) VALUES ($1, $2, $3, $4, $5, $6)"
		" ON CONFLICT (tenant_id, user_id, client_id) DO UPDATE SET"
		" scope = excluded.scope, audience = excluded.audience,"
		" granted_at = excluded.granted_at",
	[QUERY_LOAD_CONSENT] =
		"SELECT tenant_id, user_id, client_id, scope, audience,"
		" granted_at FROM consents WHERE tenant_id = $1"
		" AND user_id = $2 AND client_id = $3",
	[QUERY_DELETE_CONSENT] = "DELETE FROM consents WHERE tenant_id = $1"
				 " AND user_id = $2 AND client_id = $3",
	[QUERY_INSERT_REQUEST] =
		"INSERT INTO requests (" REQUEST_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
		" ON CONFLICT DO NOTHING",
	[QUERY_LOAD_REQUEST] = "SELECT " REQUEST_COLUMNS
			       " FROM requests WHERE id = $1",
	[QUERY_CONSUME_REQUEST] =
		"UPDATE requests SET consumed_at = $now WHERE id = $1"
		" AND consumed_at = 0 AND expires_at > $now",

	[QUERY_INSERT_GRANT] =
		"INSERT INTO grants (" GRANT_COLUMNS ") VALUES ($1, $2, $3,"
		" $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
		" $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,"
		" $29, $30, $31, $32, $33, $34, $35, $36, $37)"
		" ON CONFLICT DO NOTHING",
	[QUERY_LOAD_GRANT] = "SELECT " GRANT_COLUMNS
			     " FROM grants WHERE id = $1",
	[QUERY_REDEEM_GRANT] =
		"UPDATE grants SET redeemed_at = $now, redeemed_peer = $1,"
		" has_refresh_token = $2, generation = 1, rotated_at = $now,"
		" is_presented = 0, expires_at = $3, idle_expires_at = $4,"
		" confirmation = $5, purge_at = $6 WHERE id = $7"
		" AND redeemed_at = 0 AND revoked_at = 0"
		" AND code_expires_at > $now",
	[QUERY_ROTATE_GRANT] =
		"UPDATE grants SET generation = generation + 1,"
		" rotated_at = $now, is_presented = 0, idle_expires_at = $1,"
		" purge_at = $2 WHERE id = $3"
		" AND generation = $4" GRANT_REFRESHABLE,
	[QUERY_KEEP_GRANT] =
		"UPDATE grants SET is_presented = 1, idle_expires_at = $1,"
		" purge_at = $2 WHERE id = $3"
		" AND generation = $4" GRANT_REFRESHABLE,
	[QUERY_OVERLAP_GRANT] =
		"UPDATE grants SET overlap_count = overlap_count + 1,"
		" idle_expires_at = $1, purge_at = $2 WHERE id = $3"
		" AND generation = $4 AND is_presented = $5" GRANT_REFRESHABLE,
	[QUERY_REVOKE_GRANT] = "UPDATE grants SET revoked_at = $now,"
			       " revoked_reason = $1 WHERE id = $2"
			       " AND revoked_at = 0",
	[QUERY_BURN_GRANT] = "UPDATE grants SET revoked_at = $now,"
			     " revoked_reason = $1 WHERE id = $2"
			     " AND revoked_at = 0 AND redeemed_at = 0",
	/* Word for word: LIKE would ignore case and read '_' as a wildcard. */
	[QUERY_REVOKE_GRANTS] =
		"UPDATE grants SET revoked_at = $now, revoked_reason = $1"
		" WHERE user_id = $2 AND revoked_at = 0"
		" AND ($3 = 0 OR tenant_id = $3)"
		" AND ($4 = '' OR client_id = $4)"
		" AND ($5 = 0 OR session_id = $5)"
		" AND ($6 = 0 OR REPLACE(' ' || COALESCE(scope, '') || ' ',"
		" ' offline_access ', '') = ' ' || COALESCE(scope, '') || ' ')",
	[QUERY_MARK_GRANT] = "UPDATE grants SET has_spent_tokens = 1"
			     " WHERE id = $1",

	[QUERY_INSERT_SPENT] = "INSERT INTO spent (hash, expires_at)"
			       " VALUES ($1, $2) ON CONFLICT DO NOTHING",
	[QUERY_FIND_SPENT] = "SELECT expires_at FROM spent WHERE hash = $1",

	[QUERY_PURGE_GRANTS] =
		"DELETE FROM grants WHERE purge_at > 0 AND purge_at <= $now"
		" AND id IN (SELECT id FROM grants WHERE purge_at > 0"
		" AND purge_at <= $now ORDER BY purge_at LIMIT $1)",
	[QUERY_PURGE_REQUESTS] =
		"DELETE FROM requests WHERE purge_at > 0 AND purge_at <= $now"
		" AND id IN (SELECT id FROM requests WHERE purge_at > 0"
		" AND purge_at <= $now ORDER BY purge_at LIMIT $1)",
	[QUERY_PURGE_SESSIONS] =
		"DELETE FROM sessions WHERE purge_at > 0 AND purge_at <= $now"
		" AND id IN (SELECT id FROM sessions WHERE purge_at > 0"
		" AND purge_at <= $now ORDER BY purge_at LIMIT $1)",
	[QUERY_PURGE_SPENT] =
		"DELETE FROM spent WHERE expires_at <= $now"
		" AND hash IN (SELECT hash FROM spent WHERE expires_at <= $now"
		" ORDER BY expires_at LIMIT $1)",
	[QUERY_PAGE_SPENT] = "SELECT hash, expires_at FROM spent"
			     " WHERE hash > $1 ORDER BY hash LIMIT $2",
	[QUERY_PURGE_SPENT_PAGE] =
		"DELETE FROM spent WHERE hash > $1 AND hash <= $2"
		" AND expires_at <= $now",
	[QUERY_PURGE_SIGNING_KEYS] =
		"DELETE FROM signing_keys WHERE state = 3"
		" AND retires_at > 0 AND retires_at <= $now"
		" AND id IN (SELECT id FROM signing_keys WHERE state = 3"
		" AND retires_at > 0 AND retires_at <= $now LIMIT $1)",
};
