/* SPDX-License-Identifier: Apache-2.0 */
/* The store's suite: tenants, clients, users, resources, transactions. */
#include "store/suite_store.h"

static void a_migrated_store_answers(void **state)
{
	struct suite_store *suite = *state;

	assert_int_equal(store_ping(suite->store), STORE_DONE);
	assert_int_equal(store_migrate(suite->store), STORE_DONE);
	assert_int_equal(store_ping(suite->store), STORE_DONE);
}

static void a_store_without_schema_is_broken(void **state)
{
	struct store *store = suite_driver->open_fresh();

	assert_int_equal(store_ping(store), STORE_BROKEN);
	store_close(&store);
	assert_null(store);
	suite_driver->clean();
}

static struct tenant_record tenant(int64_t id, struct text name,
				   struct text url)
{
	return (struct tenant_record){
		.id = id,
		.name = name,
		.profile = TEXT("rfc"),
		.url = url,
		.settings = TEXT("{\"a\":1}"),
	};
}

static void tenants_survive_a_round_trip(void **state)
{
	struct suite_store *suite = *state;
	struct tenant_record first =
		tenant(1, TEXT("one"), TEXT("https://one"));
	struct tenant_record second =
		tenant(2, TEXT("two"), TEXT("https://two"));
	struct tenant_record *loaded;
	size_t count;

	assert_int_equal(store_load_tenants(suite->store, suite->arena, &loaded,
					    &count),
			 STORE_DONE);
	assert_int_equal(count, 0);
	assert_int_equal(store_save_tenant(suite->store, &second), STORE_DONE);
	assert_int_equal(store_save_tenant(suite->store, &first), STORE_DONE);
	first.profile = TEXT("auth0");
	first.settings = TEXT_ABSENT;
	assert_int_equal(store_save_tenant(suite->store, &first), STORE_DONE);

	assert_int_equal(store_load_tenants(suite->store, suite->arena, &loaded,
					    &count),
			 STORE_DONE);
	assert_int_equal(count, 2);
	assert_int_equal(loaded[0].id, 1);
	suite_assert_text(loaded[0].name, TEXT("one"));
	suite_assert_text(loaded[0].profile, TEXT("auth0"));
	suite_assert_text(loaded[0].url, TEXT("https://one"));
	suite_assert_text(loaded[0].settings, TEXT_ABSENT);
	assert_int_equal(loaded[1].id, 2);
	suite_assert_text(loaded[1].settings, TEXT("{\"a\":1}"));
}

static void two_tenants_of_one_name_or_url_conflict(void **state)
{
	struct suite_store *suite = *state;
	struct tenant_record first =
		tenant(1, TEXT("one"), TEXT("https://one"));
	struct tenant_record same_name =
		tenant(2, TEXT("one"), TEXT("https://two"));
	struct tenant_record same_url =
		tenant(3, TEXT("three"), TEXT("https://one"));

	assert_int_equal(store_save_tenant(suite->store, &first), STORE_DONE);
	assert_int_equal(store_save_tenant(suite->store, &same_name),
			 STORE_CONFLICT);
	assert_int_equal(store_save_tenant(suite->store, &same_url),
			 STORE_CONFLICT);
}

/* Every member set, each to a value of its own. */
static const struct client full_client = {
	.tenant_id = 1,
	.id = {"web", 3},
	.secret_hash = {"hash\0hash", 9},
	.secret_sealed = {"\xff\xfe", 2},
	.name = {"Name \"quoted\"", 13},
	.logo_uri = {"https://rp/logo", 15},
	.uri = {"https://rp", 10},
	.policy_uri = {"https://rp/policy", 17},
	.tos_uri = {"https://rp/tos", 14},
	.initiate_login_uri = {"https://rp/login", 16},
	.redirect_uris = {"https://rp/a https://rp/b", 25},
	.post_logout_redirect_uris = {"https://rp/out", 14},
	.web_origins = {"https://rp https://spa", 22},
	.grant_types = {"authorization_code refresh_token", 32},
	.response_types = {"code code+id_token", 18},
	.response_modes = {"query", 5},
	.auth_method = {"client_secret_basic", 19},
	.auth_signing_alg = {"PS256", 5},
	.scope = {"openid profile", 14},
	.audiences = {"https://api", 11},
	.id_token_alg = {"ES256", 5},
	.response_alg = {"PS256", 5},
	.request_object_alg = {"EdDSA", 5},
	.request_object_encryption_alg = {"ECDH-ES", 7},
	.request_object_encryption_enc = {"A256GCM", 7},
	.default_acr_values = {"1 2", 3},
	.jwks = {"{\"keys\": []}", 12},
	.jwks_uri = {"https://rp/jwks", 15},
	.request_uris = {"https://rp/request", 18},
	.tls_subject_dn = {"CN=a\\,b,O=c", 11},
	.tls_san_dns = {"a.example", 9},
	.tls_san_uri = {"spiffe://a/b", 12},
	.tls_san_ip = {"192.0.2.1", 9},
	.tls_san_email = {"a@b.example", 11},
	.default_max_age_for = -1,
	.access_token_format = ACCESS_TOKEN_OPAQUE,
	.rotates_refresh_tokens = CHOICE_NO,
	.access_token_for = 1,
	.id_token_for = 2,
	.refresh_token_for = 3,
	.refresh_idle_for = 4,
	.code_for = 5,
};

#define TEXT_MEMBER(member) __builtin_offsetof(struct client, member)

static const size_t text_members[] = {
	TEXT_MEMBER(id),
	TEXT_MEMBER(secret_hash),
	TEXT_MEMBER(secret_sealed),
	TEXT_MEMBER(name),
	TEXT_MEMBER(logo_uri),
	TEXT_MEMBER(uri),
	TEXT_MEMBER(policy_uri),
	TEXT_MEMBER(tos_uri),
	TEXT_MEMBER(initiate_login_uri),
	TEXT_MEMBER(redirect_uris),
	TEXT_MEMBER(post_logout_redirect_uris),
	TEXT_MEMBER(web_origins),
	TEXT_MEMBER(grant_types),
	TEXT_MEMBER(response_types),
	TEXT_MEMBER(response_modes),
	TEXT_MEMBER(auth_method),
	TEXT_MEMBER(auth_signing_alg),
	TEXT_MEMBER(scope),
	TEXT_MEMBER(audiences),
	TEXT_MEMBER(id_token_alg),
	TEXT_MEMBER(response_alg),
	TEXT_MEMBER(request_object_alg),
	TEXT_MEMBER(request_object_encryption_alg),
	TEXT_MEMBER(request_object_encryption_enc),
	TEXT_MEMBER(default_acr_values),
	TEXT_MEMBER(jwks),
	TEXT_MEMBER(jwks_uri),
	TEXT_MEMBER(request_uris),
	TEXT_MEMBER(tls_subject_dn),
	TEXT_MEMBER(tls_san_dns),
	TEXT_MEMBER(tls_san_uri),
	TEXT_MEMBER(tls_san_ip),
	TEXT_MEMBER(tls_san_email),
};

static const size_t flag_members[] = {
	TEXT_MEMBER(is_native),
	TEXT_MEMBER(is_disabled),
	TEXT_MEMBER(skips_consent),
	TEXT_MEMBER(allows_plain_pkce),
	TEXT_MEMBER(requires_pkce),
	TEXT_MEMBER(requires_auth_time),
	TEXT_MEMBER(binds_certificate),
	TEXT_MEMBER(requires_pushed),
	TEXT_MEMBER(requires_request_object),
};

/* Integers and enums: 6 int64 and 2 enums; flags, rounded up to 16. Whoever adds a member to struct
 * client adds it to the document and here. */
_Static_assert(sizeof(struct client) ==
		       sizeof(int64_t) * 7 +
			       sizeof(struct text) * COUNT_OF(text_members) +
			       2 * sizeof(int) + 16,
	       "a member of struct client is not in this test");

static const struct text *text_member(const struct client *client, size_t at)
{
	return (const void *)((const char *)client + at);
}

static bool *flag_member(struct client *client, size_t at)
{
	return (void *)((char *)client + at);
}

static void assert_client(struct suite_store *suite, struct client *wanted)
{
	struct client got;

	assert_int_equal(store_save_client(suite->store, wanted), STORE_DONE);
	memset(&got, 0xaa, sizeof(got));
	assert_int_equal(store_load_client(suite->store, suite->arena, 1,
					   TEXT("web"), &got),
			 STORE_DONE);
	assert_int_equal(got.tenant_id, 1);
	for (size_t i = 0; i < COUNT_OF(text_members); i++)
		suite_assert_text(*text_member(&got, text_members[i]),
				  *text_member(wanted, text_members[i]));
	for (size_t i = 0; i < COUNT_OF(flag_members); i++)
		assert_int_equal(*flag_member(&got, flag_members[i]),
				 *flag_member(wanted, flag_members[i]));
	assert_int_equal(got.default_max_age_for, wanted->default_max_age_for);
	assert_int_equal(got.access_token_format, wanted->access_token_format);
	assert_int_equal(got.rotates_refresh_tokens,
			 wanted->rotates_refresh_tokens);
	assert_int_equal(got.access_token_for, wanted->access_token_for);
	assert_int_equal(got.id_token_for, wanted->id_token_for);
	assert_int_equal(got.refresh_token_for, wanted->refresh_token_for);
	assert_int_equal(got.refresh_idle_for, wanted->refresh_idle_for);
	assert_int_equal(got.code_for, wanted->code_for);
}

static void every_field_of_a_client_survives(void **state)
{
	struct client client = full_client;
	struct client bare = {.tenant_id = 1, .id = TEXT("web")};

	for (size_t i = 0; i < COUNT_OF(text_members); i++)
		assert_true(text_member(&client, text_members[i])->size > 0);
	assert_client(*state, &client);
	for (size_t i = 0; i < COUNT_OF(flag_members); i++) {
		bool *flag = flag_member(&client, flag_members[i]);

		*flag = true;
		assert_client(*state, &client);
		*flag = false;
	}
	assert_client(*state, &bare);
}

static void a_client_is_found_in_its_own_tenant_only(void **state)
{
	struct suite_store *suite = *state;
	struct client client = full_client;

	assert_int_equal(store_save_client(suite->store, &client), STORE_DONE);
	assert_int_equal(store_load_client(suite->store, suite->arena, 2,
					   TEXT("web"), &client),
			 STORE_NOT_FOUND);
	assert_int_equal(store_load_client(suite->store, suite->arena, 1,
					   TEXT("WEB"), &client),
			 STORE_NOT_FOUND);
}

static void a_tenants_web_origins_are_its_clients_own(void **state)
{
	struct suite_store *suite = *state;
	struct client client = {.tenant_id = 1, .id = TEXT("a")};
	struct text origins;

	assert_int_equal(store_load_web_origins(suite->store, suite->arena, 1,
						&origins),
			 STORE_DONE);
	assert_int_equal(origins.size, 0);
	assert_int_equal(store_save_client(suite->store, &client), STORE_DONE);
	client.web_origins = TEXT("https://b https://c");
	client.id = TEXT("b");
	assert_int_equal(store_save_client(suite->store, &client), STORE_DONE);
	client.web_origins = TEXT("https://d");
	client.id = TEXT("d");
	assert_int_equal(store_save_client(suite->store, &client), STORE_DONE);
	client.web_origins = TEXT("https://other");
	client.tenant_id = 2;
	assert_int_equal(store_save_client(suite->store, &client), STORE_DONE);
	assert_int_equal(store_load_web_origins(suite->store, suite->arena, 1,
						&origins),
			 STORE_DONE);
	suite_assert_text(origins, TEXT("https://b https://c https://d"));
}

static struct user alice(int64_t id, struct text subject)
{
	return (struct user){
		.id = id,
		.tenant_id = 1,
		.subject = subject,
		.username = TEXT("alice"),
		.password_hash = TEXT("$argon2id$"),
		.claims = TEXT("{\"name\":\"Alice\"}"),
		.password_changed_at = SUITE_NOW,
		.is_disabled = true,
	};
}

static void assert_alice(const struct user *user)
{
	assert_int_equal(user->id, 10);
	assert_int_equal(user->tenant_id, 1);
	suite_assert_text(user->subject, TEXT("sub-1"));
	suite_assert_text(user->username, TEXT("alice"));
	suite_assert_text(user->password_hash, TEXT("$argon2id$"));
	suite_assert_text(user->claims, TEXT("{\"name\":\"Alice\"}"));
	assert_int_equal(user->password_changed_at, SUITE_NOW);
	assert_true(user->is_disabled);
}

static void a_user_is_found_by_id_and_name(void **state)
{
	struct suite_store *suite = *state;
	struct user user = alice(10, TEXT("sub-1"));
	struct user loaded;

	assert_int_equal(store_save_user(suite->store, &user), STORE_DONE);
	assert_int_equal(store_load_user(suite->store, suite->arena, 10,
					 &loaded),
			 STORE_DONE);
	assert_alice(&loaded);
	assert_int_equal(store_load_user_named(suite->store, suite->arena, 1,
					       TEXT("alice"), &loaded),
			 STORE_DONE);
	assert_alice(&loaded);
	assert_int_equal(store_load_user_named(suite->store, suite->arena, 2,
					       TEXT("alice"), &loaded),
			 STORE_NOT_FOUND);
	assert_int_equal(store_load_user(suite->store, suite->arena, 11,
					 &loaded),
			 STORE_NOT_FOUND);
}

static void a_user_saved_again_keeps_id_and_subject(void **state)
{
	struct suite_store *suite = *state;
	struct user user = alice(10, TEXT("sub-1"));
	struct user again = alice(11, TEXT("sub-2"));
	struct user loaded;

	assert_int_equal(store_save_user(suite->store, &user), STORE_DONE);
	again.password_hash = TEXT_ABSENT;
	again.is_disabled = false;
	assert_int_equal(store_save_user(suite->store, &again), STORE_DONE);
	assert_int_equal(again.id, 10);
	suite_assert_text(again.subject, TEXT("sub-1"));
	assert_int_equal(store_load_user(suite->store, suite->arena, 10,
					 &loaded),
			 STORE_DONE);
	suite_assert_text(loaded.subject, TEXT("sub-1"));
	suite_assert_text(loaded.password_hash, TEXT_ABSENT);
	assert_false(loaded.is_disabled);
}

static void a_subject_belongs_to_one_user(void **state)
{
	struct suite_store *suite = *state;
	struct user user = alice(10, TEXT("sub-1"));
	struct user other = alice(11, TEXT("sub-1"));

	assert_int_equal(store_save_user(suite->store, &user), STORE_DONE);
	other.username = TEXT("bob");
	assert_int_equal(store_save_user(suite->store, &other), STORE_CONFLICT);
}

static void resources_survive_a_round_trip(void **state)
{
	struct suite_store *suite = *state;
	struct resource resource = {
		.tenant_id = 1,
		.audience = TEXT("https://api"),
		.name = TEXT("API"),
		.scopes = TEXT("read write"),
		.format = ACCESS_TOKEN_JWT,
		.access_token_for = 300,
		.allows_offline_access = true,
	};
	struct resource loaded;

	assert_int_equal(store_load_resource(suite->store, suite->arena, 1,
					     resource.audience, &loaded),
			 STORE_NOT_FOUND);
	assert_int_equal(store_save_resource(suite->store, &resource),
			 STORE_DONE);
	resource.access_token_for = 600;
	assert_int_equal(store_save_resource(suite->store, &resource),
			 STORE_DONE);
	assert_int_equal(store_load_resource(suite->store, suite->arena, 1,
					     resource.audience, &loaded),
			 STORE_DONE);
	assert_int_equal(loaded.tenant_id, 1);
	suite_assert_text(loaded.audience, resource.audience);
	suite_assert_text(loaded.name, resource.name);
	suite_assert_text(loaded.scopes, resource.scopes);
	assert_int_equal(loaded.format, ACCESS_TOKEN_JWT);
	assert_int_equal(loaded.access_token_for, 600);
	assert_true(loaded.allows_offline_access);
}

static void save_two_users(struct store *store)
{
	struct user user = alice(10, TEXT("sub-1"));

	assert_int_equal(store_save_user(store, &user), STORE_DONE);
	user = alice(11, TEXT("sub-2"));
	user.username = TEXT("bob");
	assert_int_equal(store_save_user(store, &user), STORE_DONE);
	assert_int_equal(store_raise_config(store), STORE_DONE);
}

static void an_import_rolled_back_leaves_nothing(void **state)
{
	struct suite_store *suite = *state;
	struct store_epochs before;
	struct store_epochs after;
	struct user loaded;

	assert_int_equal(store_load_epochs(suite->store, &before), STORE_DONE);
	assert_int_equal(store_begin(suite->store), STORE_DONE);
	save_two_users(suite->store);
	assert_int_equal(store_load_user(suite->store, suite->arena, 10,
					 &loaded),
			 STORE_DONE);
	store_roll_back(suite->store);
	assert_int_equal(store_load_user(suite->store, suite->arena, 10,
					 &loaded),
			 STORE_NOT_FOUND);
	assert_int_equal(store_load_epochs(suite->store, &after), STORE_DONE);
	assert_int_equal(after.config, before.config);
}

static void an_import_committed_is_all_there(void **state)
{
	struct suite_store *suite = *state;
	struct store *other = suite_driver->open_again();
	struct user loaded;

	assert_int_equal(store_begin(suite->store), STORE_DONE);
	save_two_users(suite->store);
	assert_int_equal(store_load_user(other, suite->arena, 10, &loaded),
			 STORE_NOT_FOUND);
	assert_int_equal(store_commit(suite->store), STORE_DONE);
	assert_int_equal(store_load_user(other, suite->arena, 10, &loaded),
			 STORE_DONE);
	assert_int_equal(store_load_user(other, suite->arena, 11, &loaded),
			 STORE_DONE);
	store_close(&other);
	/* Ordinary changes work again. */
	suite_insert_grant(suite->store);
}

static void ids_made_in_an_import_that_failed_are_not_made_again(void **state)
{
	struct suite_store *suite = *state;
	int64_t in_import;

	assert_int_equal(store_begin(suite->store), STORE_DONE);
	in_import = store_new_id(suite->store, SUITE_NOW);
	store_roll_back(suite->store);
	assert_true(store_new_id(suite->store, SUITE_NOW) > in_import);
}

static struct store_server server(int64_t id)
{
	return (struct store_server){
		.id = id,
		.name = TEXT("host/1"),
		.version = TEXT("1.2.3"),
		.schema = 2,
		.started_at = SUITE_NOW,
		.clock_at = SUITE_NOW + 5,
	};
}

static size_t load_servers(struct suite_store *suite, instant now,
			   struct store_server **servers_out)
{
	instant store_now;
	size_t count;

	assert_int_equal(store_load_servers(suite->store, suite->arena, now,
					    servers_out, &count, &store_now),
			 STORE_DONE);
	return count;
}

static void servers_are_listed_in_the_order_of_their_start(void **state)
{
	struct suite_store *suite = *state;
	struct store_server second = server(2);
	struct store_server first = server(1);
	struct store_server *loaded;

	assert_int_equal(load_servers(suite, SUITE_NOW, &loaded), 0);
	assert_int_equal(store_save_server(suite->store, &second, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_save_server(suite->store, &first, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(load_servers(suite, SUITE_NOW, &loaded), 2);
	assert_int_equal(loaded[0].id, 1);
	suite_assert_text(loaded[1].name, TEXT("host/1"));
	suite_assert_text(loaded[1].version, TEXT("1.2.3"));
	assert_int_equal(loaded[1].schema, 2);
	assert_int_equal(loaded[1].started_at, SUITE_NOW);
	assert_int_equal(loaded[1].clock_at, SUITE_NOW + 5);
}

static void a_server_that_says_again_that_it_is_there_stays_one(void **state)
{
	struct suite_store *suite = *state;
	struct store_server one = server(1);
	struct store_server *loaded;
	instant seen_at;

	assert_int_equal(store_save_server(suite->store, &one, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(load_servers(suite, SUITE_NOW, &loaded), 1);
	seen_at = loaded[0].seen_at;
	one.clock_at = SUITE_NOW + 10;
	assert_int_equal(store_save_server(suite->store, &one, SUITE_NOW + 10),
			 STORE_DONE);
	assert_int_equal(load_servers(suite, SUITE_NOW + 10, &loaded), 1);
	assert_int_equal(loaded[0].clock_at, SUITE_NOW + 10);
	assert_true(loaded[0].seen_at > seen_at);
}

static void a_server_that_ended_is_gone_and_one_unseen_is_purged(void **state)
{
	const instant day = 86400 * INSTANT_SECOND;
	struct suite_store *suite = *state;
	struct store_server one = server(1);
	struct store_server two = server(2);
	struct store_server *loaded;
	int64_t count;

	assert_int_equal(store_save_server(suite->store, &one, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_save_server(suite->store, &two, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_delete_server(suite->store, 1), STORE_DONE);
	assert_int_equal(store_delete_server(suite->store, 1), STORE_NOT_FOUND);
	assert_int_equal(store_purge(suite->store, SUITE_NOW + day - 1, 9,
				     &count),
			 STORE_DONE);
	assert_int_equal(load_servers(suite, SUITE_NOW, &loaded), 1);
	assert_int_equal(store_purge(suite->store, SUITE_NOW + day, 9, &count),
			 STORE_DONE);
	assert_int_equal(count, 1);
	assert_int_equal(load_servers(suite, SUITE_NOW, &loaded), 0);
}

static enum store_outcome tell(struct suite_store *suite, int64_t server_id,
			       int64_t number, instant now)
{
	struct store_gossip told = {
		.server_id = server_id,
		.number = number,
		.bytes = text_of(number % 2 == 0 ? "even\0\1" : "odd\0\2\3", 6),
	};

	return store_save_gossip(suite->store, &told, now);
}

static size_t hear(struct suite_store *suite, int64_t own_server_id,
		   instant now, struct store_gossip **told_out)
{
	size_t count;

	assert_int_equal(store_load_gossip(suite->store, suite->arena,
					   own_server_id, now, told_out,
					   &count),
			 STORE_DONE);
	return count;
}

static void servers_hear_what_the_others_told(void **state)
{
	struct suite_store *suite = *state;
	struct store_gossip *told;

	assert_int_equal(hear(suite, 1, SUITE_NOW, &told), 0);
	assert_int_equal(tell(suite, 2, 1, SUITE_NOW), STORE_DONE);
	assert_int_equal(tell(suite, 1, 1, SUITE_NOW), STORE_DONE);
	assert_int_equal(tell(suite, 3, 7, SUITE_NOW), STORE_DONE);
	assert_int_equal(tell(suite, 2, 2, SUITE_NOW), STORE_DONE);
	assert_int_equal(hear(suite, 1, SUITE_NOW, &told), 3);
	assert_int_equal(told[0].server_id, 2);
	assert_int_equal(told[0].number, 1);
	suite_assert_text(told[0].bytes, text_of("odd\0\2\3", 6));
	assert_int_equal(told[1].server_id, 2);
	assert_int_equal(told[1].number, 2);
	suite_assert_text(told[1].bytes, text_of("even\0\1", 6));
	assert_int_equal(told[2].server_id, 3);
	assert_int_equal(told[2].number, 7);
}

static void gossip_is_bounded_and_ends(void **state)
{
	struct suite_store *suite = *state;
	const instant hour = 3600 * INSTANT_SECOND;
	struct store_gossip *told;
	int64_t count;

	for (int64_t number = 1; number <= 3 * STORE_GOSSIP_SLOTS; number++)
		assert_int_equal(tell(suite, 1, number, SUITE_NOW), STORE_DONE);
	assert_int_equal(hear(suite, 9, SUITE_NOW, &told), STORE_GOSSIP_SLOTS);
	assert_int_equal(told[0].number, 2 * STORE_GOSSIP_SLOTS + 1);
	assert_int_equal(hear(suite, 9, SUITE_NOW + 10 * INSTANT_SECOND, &told),
			 0);
	assert_int_equal(store_purge(suite->store, SUITE_NOW + hour, 9, &count),
			 STORE_DONE);
	assert_int_equal(count, STORE_GOSSIP_SLOTS);
}

/* An arena of the budget holds it, whatever lies in the table. */
static void of_too_much_gossip_a_part_is_heard(void **state)
{
	static char bytes[STORE_GOSSIP_SIZE_MAX + 1];
	struct suite_store *suite = *state;
	CLEANUP(arena_free)
	struct arena *arena = arena_new(STORE_GOSSIP_BUDGET);
	struct store_gossip gossip = {
		.bytes = text_of(bytes, STORE_GOSSIP_SIZE_MAX),
	};
	struct store_gossip *told;
	size_t count;

	assert_int_equal(store_begin(suite->store), STORE_DONE);
	for (int64_t i = 0; i < STORE_GOSSIP_MAX + 10; i++) {
		gossip.server_id = 1 + i / STORE_GOSSIP_SLOTS;
		gossip.number = 1 + i;
		assert_int_equal(store_save_gossip(suite->store, &gossip,
						   SUITE_NOW),
				 STORE_DONE);
	}
	gossip.server_id = 0;
	gossip.bytes.size++;
	assert_int_equal(store_save_gossip(suite->store, &gossip, SUITE_NOW),
			 STORE_DONE);
	assert_int_equal(store_commit(suite->store), STORE_DONE);
	assert_int_equal(store_load_gossip(suite->store, arena, 9999, SUITE_NOW,
					   &told, &count),
			 STORE_DONE);
	assert_int_equal(count, STORE_GOSSIP_MAX);
	assert_int_equal(told[0].server_id, 1);
}

static void a_store_tells_its_schema_and_which_programs_it_serves(void **state)
{
	struct suite_store *suite = *state;
	struct store_epochs epochs;

	assert_int_equal(store_load_epochs(suite->store, &epochs), STORE_DONE);
	assert_int_equal(epochs.schema, store_schema_number());
	assert_int_equal(epochs.schema_floor, 1);
}

int suite_store_config(void)
{
	const struct CMUnitTest tests[] = {
		test_of_store("servers are listed in the order of their start",
			      servers_are_listed_in_the_order_of_their_start),
		test_of_store(
			"a server that says again that it is there stays one",
			a_server_that_says_again_that_it_is_there_stays_one),
		test_of_store(
			"a server that ended is gone, one unseen is purged",
			a_server_that_ended_is_gone_and_one_unseen_is_purged),
		test_of_store("servers hear what the others told",
			      servers_hear_what_the_others_told),
		test_of_store("gossip is bounded, and ends",
			      gossip_is_bounded_and_ends),
		test_of_store("of too much gossip a part is heard",
			      of_too_much_gossip_a_part_is_heard),
		test_of_store(
			"a store tells its schema and which programs it serves",
			a_store_tells_its_schema_and_which_programs_it_serves),
		test_of_store("a migrated store answers, and migrates again",
			      a_migrated_store_answers),
		test_that("a store without a schema is broken",
			  a_store_without_schema_is_broken),
		test_of_store("tenants survive a round trip",
			      tenants_survive_a_round_trip),
		test_of_store("two tenants of one name or url conflict",
			      two_tenants_of_one_name_or_url_conflict),
		test_of_store("every field of a client survives",
			      every_field_of_a_client_survives),
		test_of_store("a client is found in its own tenant only",
			      a_client_is_found_in_its_own_tenant_only),
		test_of_store("a tenant's web origins are its clients' own",
			      a_tenants_web_origins_are_its_clients_own),
		test_of_store("a user is found by id and by name",
			      a_user_is_found_by_id_and_name),
		test_of_store("a user saved again keeps id and subject",
			      a_user_saved_again_keeps_id_and_subject),
		test_of_store("a subject belongs to one user",
			      a_subject_belongs_to_one_user),
		test_of_store("resources survive a round trip",
			      resources_survive_a_round_trip),
		test_of_store("an import rolled back leaves nothing",
			      an_import_rolled_back_leaves_nothing),
		test_of_store("an import committed is all there at once",
			      an_import_committed_is_all_there),
		test_of_store(
			"ids of a failed import are not made again",
			ids_made_in_an_import_that_failed_are_not_made_again),
	};

	return cmocka_run_group_tests_name("store config", tests, NULL, NULL);
}
