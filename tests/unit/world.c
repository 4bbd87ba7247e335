/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the tenants, clients and keys that the tests of several rooms share. */
#include "world.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "profile/profile.h"
#include "store/sqlite/sqlite.h"

struct world world;

static const struct profile *const profiles[] = {
	&profile_rfc,
	&profile_auth0,
	&profile_asgardeo,
};

struct client world_client(int64_t tenant_id, struct text id)
{
	return (struct client){
		.tenant_id = tenant_id,
		.id = id,
		.redirect_uris = TEXT("https://rp.example/callback"),
		.web_origins = TEXT("https://rp.example"),
		.grant_types = TEXT("authorization_code refresh_token"),
		.response_types = TEXT("code"),
		.auth_method = TEXT("client_secret_basic"),
		.scope = TEXT("openid profile offline_access read write"),
		.default_max_age_for = -1,
	};
}

void world_save_client(struct client *client, const char *secret)
{
	unsigned char hash[CLIENT_SECRET_HASH_SIZE];

	if (secret != NULL) {
		master_hash_client_secret(world.master, client->tenant_id,
					  client->id, text_from(secret), hash);
		client->secret_hash = text_of(hash, sizeof(hash));
	}
	assert_int_equal(store_save_client(world.store, client), STORE_DONE);
}

static void save_clients(int64_t id)
{
	struct client client = world_client(id, TEXT("web"));

	world_save_client(&client, WORLD_SECRET);
	client = world_client(id, TEXT("off"));
	client.is_disabled = true;
	world_save_client(&client, WORLD_SECRET);
	client = world_client(id, TEXT("spa"));
	client.auth_method = TEXT("none");
	world_save_client(&client, NULL);
}

static void save_tenant(int64_t id)
{
	const struct profile *profile = profiles[id - 1];
	char url[64];
	struct tenant_record record = {
		.id = id,
		.name = text_from(profile->name),
		.profile = text_from(profile->name),
		.settings = TEXT("{\"signing_alg\":\"ES256\"}"),
	};
	struct user user = {
		.id = 100 + id,
		.tenant_id = id,
		.subject = TEXT("alice-sub"),
		.username = TEXT("alice"),
		.claims = TEXT("{}"),
	};

	snprintf(url, sizeof(url), "https://id.example/t/%s", profile->name);
	record.url = text_from(url);
	assert_int_equal(store_save_tenant(world.store, &record), STORE_DONE);
	assert_int_equal(store_save_user(world.store, &user), STORE_DONE);
	save_clients(id);
}

/* Bytes 0, 1, 2…: what the golden spellings of the tests rest on. */
static void open_master(void)
{
	unsigned char key[MASTER_KEY_SIZE];
	char file[80];
	char why[256];
	int fd;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	snprintf(file, sizeof(file), "%s/key", world.folder);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_equal(write(fd, key, sizeof(key)), sizeof(key));
	assert_int_equal(close(fd), 0);
	assert_int_equal(master_load(file, &world.master, why, sizeof(why)),
			 DONE);
}

static void save_server_secret(void)
{
	CLEANUP(buf_wipe) struct buf sealed = buf_init(256);

	master_seal(world.master, "server secret", TEXT("secret 1"),
		    TEXT("0123456789abcdef0123456789abcdef"), &sealed);
	assert_int_equal(
		store_insert_server_secret(world.store,
					   &(struct server_secret){
						   .number = 1,
						   .sealed = buf_text(&sealed),
						   .created_at = WORLD_NOW,
						   .mint_from = WORLD_NOW,
					   }),
		STORE_DONE);
}

static void make_keys(void)
{
	world.keys = keys_new(world.store, world.master, NULL);
	for (int64_t id = 1; id <= 3; id++)
		assert_int_equal(keys_make(world.keys, id, "ES256",
					   SIGNING_KEY_CURRENT, WORLD_NOW),
				 DONE);
}

void world_reload_tenants(void)
{
	struct tenant_defaults defaults = {0};

	tenants_unref(&world.tenants);
	assert_int_equal(tenants_load(world.store, profiles, COUNT_OF(profiles),
				      &defaults, &world.tenants),
			 DONE);
}

int world_open(void **state)
{
	char why[256];

	world = (struct world){.folder = "/tmp/licet-world-XXXXXX"};
	assert_int_equal(crypto_open(), DONE);
	assert_non_null(mkdtemp(world.folder));
	assert_int_equal(store_sqlite_open(world.folder, &world.store, why,
					   sizeof(why)),
			 DONE);
	assert_int_equal(store_migrate(world.store), STORE_DONE);
	open_master();
	for (int64_t id = 1; id <= 3; id++)
		save_tenant(id);
	world_reload_tenants();
	save_server_secret();
	make_keys();
	assert_int_equal(tokens_open(world.store, world.master, world.keys,
				     WORLD_NOW, &world.tokens),
			 DONE);
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

int world_close(void **state)
{
	tokens_close(&world.tokens);
	keys_free(&world.keys);
	tenants_unref(&world.tenants);
	master_free(&world.master);
	store_close(&world.store);
	return nftw(world.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct grant coded_grant(const struct visit *visit)
{
	return (struct grant){
		.id = store_new_id(world.store, WORLD_NOW),
		.tenant_id = visit->tenant->id,
		.user_id = visit->user.id,
		.client_id = TEXT("web"),
		.seed = "0123456789abcde",
		.request =
			{
				.redirect_uri =
					TEXT("https://rp.example/callback"),
				.redirect_uri_sent = true,
			},
		.scope = TEXT("openid profile offline_access"),
		.methods = TEXT("pwd"),
		.session_id = 7,
		.sid = "fedcba987654321",
		.authenticated_at = WORLD_NOW - 30 * INSTANT_SECOND,
		.created_at = WORLD_NOW,
		.code_expires_at = WORLD_NOW + 60 * INSTANT_SECOND,
		.purge_at = WORLD_NOW + 900 * INSTANT_SECOND,
	};
}

void world_visit(struct visit *visit, const char *tenant)
{
	*visit = (struct visit){.arena = arena_new((size_t)16 << 20)};
	visit->decision = (struct decision){
		.arena = visit->arena,
		.id = TEXT("request-id"),
		.now = WORLD_NOW,
		.endpoint = "token",
		.peer = TEXT("192.0.2.1"),
	};
	visit->tenant = tenants_find_named(world.tenants, text_from(tenant));
	assert_non_null(visit->tenant);
	assert_int_equal(store_load_user_named(world.store, visit->arena,
					       visit->tenant->id, TEXT("alice"),
					       &visit->user),
			 STORE_DONE);
	assert_int_equal(tenant_load_client(&visit->decision, world.store,
					    world.tenants, visit->tenant,
					    TEXT("web"), &visit->client),
			 DONE);
	visit->grant = coded_grant(visit);
}

void world_leave(struct visit *visit)
{
	arena_free(&visit->arena);
}

void world_insert_grant(struct visit *visit)
{
	assert_int_equal(store_insert_grant(world.store, &visit->grant, NULL),
			 STORE_DONE);
}

void world_load_grant(struct visit *visit, int64_t id, struct grant *grant_out)
{
	assert_int_equal(store_load_grant(world.store, visit->arena, id,
					  grant_out),
			 STORE_DONE);
}

struct text world_member(struct arena *arena, struct text object,
			 const char *name)
{
	struct json_document *document = NULL;
	struct json_mistake mistake;
	struct buf spelled = buf_init_arena(arena, 65536);
	const struct json *value;

	if (json_parse(object, object.size, &document, &mistake) != DONE)
		fail_msg("%.*s: %s", TEXT_ARG(object), mistake.what);
	value = json_find(json_root(document), name);
	if (value != NULL)
		json_write_value(&(struct json_writer){.buf = &spelled}, value);
	json_document_free(&document);
	return spelled.size > 0 ? buf_text(&spelled) : TEXT_ABSENT;
}

void world_assert_text(struct text got, const char *wanted)
{
	if (!text_equal(got, text_from(wanted)) ||
	    text_is_present(got) != (wanted != NULL))
		fail_msg("got '%.*s', wanted '%s'", TEXT_ARG(got),
			 wanted == NULL ? "nothing" : wanted);
}

void world_assert_member(struct arena *arena, struct text object,
			 const char *name, const char *wanted)
{
	struct text got = world_member(arena, object, name);

	if (!text_equal(got, text_from(wanted)) ||
	    text_is_present(got) != (wanted != NULL))
		fail_msg("%s: got '%.*s', wanted '%s'", name, TEXT_ARG(got),
			 wanted == NULL ? "nothing" : wanted);
}
