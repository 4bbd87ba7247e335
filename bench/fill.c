/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a store with grants and tenants, by the same verbs as the server. */
#include <stdio.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "crypto/random.h"
#include "jose/jwk.h"
#include "keys/ring.h"
#include "loop/clock.h"
#include "server/site.h"
#include "token/lookup.h"

#define ARENA_BUDGET ((size_t)1024 * 1024 * 1024)
#define DER_MAX 4096
#define ID_MAX 64
#define COUNT_MAX 100000000
/* Rows of a transaction. */
#define BATCH 20000
#define LIFE_FOR ((int64_t)30 * 86400)
/* Grants are as if given over so long, until now. */
#define SPREAD_FOR ((int64_t)7 * 86400)
#define CODE_FOR 600
#define GRANTS_PER_USER 100
/* RFC 7636 appendix B. */
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define TENANT "bench"
#define CLIENT "bench"
#define PERSON "alice"

/* The store, and of what is in it the pattern for more. */
struct fill {
	struct arena *arena;
	struct site *site;
	struct store *store;
	struct master *master;
	struct keys *keys;
	struct tokens *tokens;
	struct tenant_record tenant;
	struct client client;
	struct user user;
	const char *secret; /* of the clients made */
	FILE *out; /* a line of "token path" and code or refresh token */
	instant now;
};

_Noreturn static void give_up(const char *what)
{
	fprintf(stderr, "fill: %s\n", what);
	exit(1);
}

static void must(enum store_outcome result, const char *what)
{
	if (result != STORE_DONE)
		give_up(what);
}

/* --- Opening --- */

static void open_site(struct fill *fill, const char *config)
{
	static const char *const environment[] = {NULL};
	struct buf why = buf_init(65536);

	if (site_of_config(config, environment, &why, &fill->site) != DONE ||
	    site_open_store(fill->site, &fill->store, &why) != DONE ||
	    site_load_master(fill->site, &fill->master, &why) != DONE) {
		fprintf(stderr, "%.*s", TEXT_ARG(buf_text(&why)));
		give_up("the store cannot be opened");
	}
	buf_wipe(&why);
	fill->keys = keys_new(fill->store, fill->master, NULL);
	if (tokens_open(fill->store, fill->master, fill->keys, fill->now,
			&fill->tokens) != DONE)
		give_up("no server secret");
}

static void load_pattern(struct fill *fill)
{
	struct tenant_record *tenants;
	size_t count;

	must(store_load_tenants(fill->store, fill->arena, &tenants, &count),
	     "tenants cannot be read");
	for (size_t i = 0; i < count; i++)
		if (text_equal(tenants[i].name, TEXT(TENANT)))
			fill->tenant = tenants[i];
	must(store_load_client(fill->store, fill->arena, fill->tenant.id,
			       TEXT(CLIENT), &fill->client),
	     "there is no client of the name " CLIENT);
	must(store_load_user_named(fill->store, fill->arena, fill->tenant.id,
				   TEXT(PERSON), &fill->user),
	     "there is no person of the name " PERSON);
}

static void close_all(struct fill *fill)
{
	tokens_close(&fill->tokens);
	keys_free(&fill->keys);
	store_close(&fill->store);
	master_free(&fill->master);
	site_free(&fill->site);
	arena_free(&fill->arena);
}

/* --- Transactions of many rows --- */

/* After each row: ends the transaction now and then, and begins another. */
static void row_written(struct fill *fill, int64_t index)
{
	if ((index + 1) % BATCH != 0)
		return;
	must(store_commit(fill->store), "a commit failed");
	must(store_begin(fill->store), "no transaction can be begun");
}

/* --- Rows --- */

static struct session new_session(struct fill *fill, int64_t tenant_id,
				  int64_t user_id)
{
	struct session session = {
		.id = store_new_id(fill->store, fill->now),
		.tenant_id = tenant_id,
		.user_id = user_id,
		.methods = TEXT("pwd"),
		.authenticated_at = fill->now,
		.expires_at = instant_after(fill->now, LIFE_FOR),
		.purge_at = instant_after(fill->now, LIFE_FOR),
	};

	random_fill(session.seed, sizeof(session.seed));
	random_fill(session.sid, sizeof(session.sid));
	must(store_insert_session(fill->store, &session),
	     "a session cannot be written");
	return session;
}

/* As an authorization request leaves it. */
static struct grant new_grant(struct fill *fill, const struct session *session,
			      instant at)
{
	struct grant grant = {
		.id = store_new_id(fill->store, at),
		.tenant_id = session->tenant_id,
		.user_id = session->user_id,
		.client_id = fill->client.id,
		.request =
			{
				.redirect_uri = fill->client.redirect_uris,
				.redirect_uri_sent = true,
				.challenge = TEXT(CHALLENGE),
				.challenge_method = TEXT("S256"),
				.nonce = TEXT("n"),
			},
		.scope = TEXT("openid offline_access"),
		.methods = session->methods,
		.session_id = session->id,
		.authenticated_at = at,
		.created_at = at,
		.code_expires_at = instant_after(at, CODE_FOR),
		.purge_at = instant_after(at, CODE_FOR + 86400),
	};

	random_fill(grant.seed, sizeof(grant.seed));
	memcpy(grant.sid, session->sid, sizeof(grant.sid));
	return grant;
}

/* And as its exchange leaves it. */
static void redeem(struct grant *grant)
{
	grant->redeemed_at = instant_after(grant->created_at, 1);
	grant->redeemed_peer = TEXT("127.0.0.1");
	grant->has_refresh_token = true;
	grant->generation = 1;
	grant->rotated_at = grant->redeemed_at;
	grant->expires_at = instant_after(grant->redeemed_at, LIFE_FOR);
	grant->idle_expires_at = grant->expires_at;
	grant->purge_at = instant_after(grant->expires_at, 86400);
}

/* A line for the load generator. */
static void tell(struct fill *fill, struct text path, struct text value)
{
	fprintf(fill->out, "%.*s/token %.*s\n", TEXT_ARG(path),
		TEXT_ARG(value));
}

/* What follows the authority of a URL. */
static struct text path_of(struct text url)
{
	struct text rest = text_from_byte(url, text_find(url, TEXT("://")) + 3);

	return text_from_byte(rest, text_find_byte(rest, '/'));
}

/* --- grants COUNT TOLD: live grants of many people, some refresh tokens --- */

static struct session person_with_session(struct fill *fill, int64_t index)
{
	struct user user = fill->user;
	char name[ID_MAX];

	snprintf(name, sizeof(name), "p%lld-%lld", (long long)index,
		 (long long)(fill->now % 1000000000));
	user.id = store_new_id(fill->store, fill->now);
	user.password_changed_at = instant_after(fill->now, -2 * SPREAD_FOR);
	user.username = text_from(name);
	user.subject = text_from(name);
	must(store_save_user(fill->store, &user), "a user cannot be written");
	return new_session(fill, fill->tenant.id, user.id);
}

static void fill_grants(struct fill *fill, int64_t count, int64_t told_count)
{
	int64_t every = told_count > 0 ? count / told_count : count;
	instant from = instant_after(fill->now, -SPREAD_FOR);
	struct session session = {.id = 0};

	for (int64_t i = 0; i < count; i++) {
		CLEANUP(arena_free) struct arena *arena = arena_new(65536);
		instant at = from + SPREAD_FOR * INSTANT_SECOND / count * i;
		struct grant grant;

		if (i % GRANTS_PER_USER == 0)
			session = person_with_session(fill, i);
		grant = new_grant(fill, &session, at);
		redeem(&grant);
		must(store_insert_grant(fill->store, &grant, NULL),
		     "a grant cannot be written");
		if (told_count > 0 && i % every == 0)
			tell(fill, path_of(fill->tenant.url),
			     token_format_refresh(fill->tokens, arena,
						  fill->now, &grant, 1));
		row_written(fill, i);
	}
}

/* --- tenants COUNT CODES: each with keys, a client, a person; and codes --- */

static void save_key(struct fill *fill, int64_t tenant_id,
		     const char *algorithm, enum signing_key_state state,
		     struct pkey *pair)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(262144);
	CLEANUP(secret_free) struct secret private = {NULL, 0};
	struct buf sealed = buf_init_arena(arena, DER_MAX);
	struct buf public = buf_init_arena(arena, DER_MAX);
	struct buf id = buf_init_arena(arena, ID_MAX);
	struct signing_key key = {
		.tenant_id = tenant_id,
		.algorithm = text_from(algorithm),
		.state = state,
		.created_at = fill->now,
	};

	random_token(&id, SHA256_SIZE);
	key.id = buf_text(&id);
	if (pkey_export_private(pair, &private) != DONE ||
	    pkey_export_public(pair, &public) != DONE)
		give_up("a key cannot be exported");
	master_seal(fill->master, RING_SEAL_LABEL,
		    ring_owner(arena, tenant_id, key.id),
		    secret_bytes(&private), &sealed);
	key.public_der = buf_text(&public);
	key.private_sealed = buf_text(&sealed);
	must(store_insert_signing_key(fill->store, &key),
	     "a signing key cannot be written");
}

/* An RSA key takes a tenth of a second to make: all tenants have the same. */
static void save_keys(struct fill *fill, int64_t tenant_id, struct pkey *rsa)
{
	static const enum signing_key_state states[] = {SIGNING_KEY_CURRENT,
							SIGNING_KEY_NEXT};

	for (size_t i = 0; i < COUNT_OF(states); i++) {
		CLEANUP(pkey_unref) struct pkey *pair = NULL;

		if (pkey_generate(PKEY_P256, 0, &pair) != DONE)
			give_up("a key cannot be made");
		save_key(fill, tenant_id, "ES256", states[i], pair);
		save_key(fill, tenant_id, "RS256", states[i], rsa);
	}
}

static void save_client(struct fill *fill, int64_t tenant_id)
{
	unsigned char hash[CLIENT_SECRET_HASH_SIZE];
	struct client client = fill->client;

	master_hash_client_secret(fill->master, tenant_id, client.id,
				  text_from(fill->secret), hash);
	client.tenant_id = tenant_id;
	client.secret_hash = text_of(hash, sizeof(hash));
	must(store_save_client(fill->store, &client),
	     "a client cannot be written");
}

struct made_tenant {
	struct session session;
	struct text path;
};

static struct made_tenant make_tenant(struct fill *fill, int64_t index,
				      struct pkey *rsa)
{
	struct tenant_record tenant = fill->tenant;
	struct user user = fill->user;

	tenant.id = store_new_id(fill->store, fill->now);
	tenant.name = arena_format(fill->arena, "b%lld", (long long)index);
	tenant.url = arena_format(
		fill->arena, "%.*s%.*s",
		TEXT_ARG(text_first(fill->tenant.url,
				    fill->tenant.url.size -
					    fill->tenant.name.size)),
		TEXT_ARG(tenant.name));
	must(store_save_tenant(fill->store, &tenant),
	     "a tenant cannot be written");
	save_client(fill, tenant.id);
	save_keys(fill, tenant.id, rsa);
	user.id = store_new_id(fill->store, fill->now);
	user.tenant_id = tenant.id;
	must(store_save_user(fill->store, &user), "a user cannot be written");
	return (struct made_tenant){
		.session = new_session(fill, tenant.id, user.id),
		.path = path_of(tenant.url),
	};
}

static void give_codes(struct fill *fill, const struct made_tenant *tenants,
		       int64_t tenant_count, int64_t code_count)
{
	for (int64_t i = 0; i < code_count; i++) {
		CLEANUP(arena_free) struct arena *arena = arena_new(65536);
		const struct made_tenant *tenant = &tenants[i % tenant_count];
		struct grant grant =
			new_grant(fill, &tenant->session, fill->now);

		must(store_insert_grant(fill->store, &grant, NULL),
		     "a grant cannot be written");
		tell(fill, tenant->path,
		     token_format_code(fill->tokens, arena, fill->now, &grant));
		row_written(fill, i);
	}
}

static void fill_tenants(struct fill *fill, int64_t count, int64_t code_count)
{
	CLEANUP(pkey_unref) struct pkey *rsa = NULL;
	struct made_tenant *tenants =
		ARENA_ARRAY(fill->arena, struct made_tenant, (size_t)count);

	if (pkey_generate(PKEY_RSA, 2048, &rsa) != DONE)
		give_up("a key cannot be made");
	for (int64_t i = 0; i < count; i++) {
		tenants[i] = make_tenant(fill, i, rsa);
		row_written(fill, i);
	}
	give_codes(fill, tenants, count, code_count);
}

/* --- The command line --- */

static int64_t number_of(const char *word)
{
	int64_t number;

	if (!text_parse_integer(text_from(word), &number) || number > COUNT_MAX)
		give_up("a count is not a number");
	return number;
}

static void run(struct fill *fill, char **arguments)
{
	int64_t count = number_of(arguments[3]);
	int64_t told = number_of(arguments[4]);
	bool is_tenants = strcmp(arguments[1], "tenants") == 0;

	if ((!is_tenants && strcmp(arguments[1], "grants") != 0) || count < 1)
		give_up("grants or tenants?");
	must(store_begin(fill->store), "no transaction can be begun");
	if (is_tenants)
		fill_tenants(fill, count, told);
	else
		fill_grants(fill, count, told);
	must(store_raise_config(fill->store), "the epoch cannot be raised");
	must(store_commit(fill->store), "a commit failed");
}

int main(int count, char **arguments)
{
	struct fill fill = {.now = clock_now()};

	if (count != 7)
		give_up("usage: fill grants|tenants CONFIG COUNT TOLD SECRET "
			"OUT-FILE");
	if (crypto_open() != DONE)
		return 1;
	fill.arena = arena_new(ARENA_BUDGET);
	fill.secret = arguments[5];
	fill.out = fopen(arguments[6], "we");
	if (fill.out == NULL)
		give_up("the file cannot be written");
	open_site(&fill, arguments[2]);
	load_pattern(&fill);
	run(&fill, arguments);
	if (fclose(fill.out) != 0)
		give_up("the file cannot be written");
	close_all(&fill);
	return 0;
}
