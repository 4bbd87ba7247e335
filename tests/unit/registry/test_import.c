/* SPDX-License-Identifier: Apache-2.0 */
/* Imports: all of a document, or nothing and every reason why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

#include "crypto/crypto.h"
#include "crypto/equal.h"
#include "crypto/password.h"
#include "keys/keys.h"
#include "registry/registry.h"
#include "store/sqlite/sqlite.h"
#include "json/json.h"

#define NOW INSTANT_SECOND * 1700000000

static char folder[64];
static struct store *store;
static struct master *master;
static struct arena *arena;
static const struct profile rfc = {.name = "rfc"};
static const struct profile auth0 = {.name = "auth0"};
static const struct profile *const profiles[] = {&rfc, &auth0};
static struct registry registry;

static int open_store(void **state)
{
	char why[256];
	char file[128];

	assert_int_equal(crypto_open(), DONE);
	snprintf(folder, sizeof(folder), "/tmp/licet-registry-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(store_sqlite_open(folder, &store, why, sizeof(why)),
			 DONE);
	assert_int_equal(store_migrate(store), STORE_DONE);
	snprintf(file, sizeof(file), "%s/master.key", folder);
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	assert_int_equal(master_load(file, &master, why, sizeof(why)), DONE);
	arena = arena_new((size_t)64 * 1024 * 1024);
	registry = (struct registry){
		.store = store,
		.master = master,
		.profiles = profiles,
		.profile_count = COUNT_OF(profiles),
		.now = NOW,
	};
	return 0;
}

static int close_store(void **state)
{
	char command[128];

	arena_free(&arena);
	master_free(&master);
	store_close(&store);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* One import and what it said. */
static struct result {
	outcome outcome;
	struct registry_report report;
	char mistakes[8192];
	char warnings[8192];
} result;

static outcome import_for(const char *tenant, const char *document)
{
	struct buf mistakes = buf_init(REGISTRY_SENTENCES_MAX);
	struct buf warnings = buf_init(REGISTRY_SENTENCES_MAX);

	result.report = (struct registry_report){.mistakes = &mistakes,
						 .warnings = &warnings};
	result.outcome = registry_import(&registry, text_from(document),
					 text_from(tenant), &result.report);
	snprintf(result.mistakes, sizeof(result.mistakes), "%.*s",
		 TEXT_ARG(buf_text(&mistakes)));
	snprintf(result.warnings, sizeof(result.warnings), "%.*s",
		 TEXT_ARG(buf_text(&warnings)));
	buf_wipe(&mistakes);
	buf_wipe(&warnings);
	return result.outcome;
}

static void imports(const char *document)
{
	if (import_for("plain", document) != DONE)
		fail_msg("refused: %s", result.mistakes);
	assert_string_equal(result.mistakes, "");
}

static void refuses(const char *document, const char *mistakes)
{
	assert_int_equal(import_for("plain", document), REFUSED);
	assert_string_equal(result.mistakes, mistakes);
	assert_int_equal(result.report.client_count, 0);
}

#define TENANT                                                                 \
	"\"tenants\":[{\"name\":\"plain\",\"url\":\"https://id.example/t/"     \
	"plain\",\"profile\":\"rfc\",\"display_name\":\"Plain\"}]"
#define SECRET "9f86d081884c7d659a2feaa0c55ad015"

static int64_t tenant_id(void)
{
	struct tenant_record *tenants;
	size_t count;

	assert_int_equal(store_load_tenants(store, arena, &tenants, &count),
			 STORE_DONE);
	for (size_t i = 0; i < count; i++)
		if (text_equal(tenants[i].name, TEXT("plain")))
			return tenants[i].id;
	fail_msg("no tenant");
	return 0;
}

static struct client load_client(const char *id)
{
	struct client client;

	assert_int_equal(store_load_client(store, arena, tenant_id(),
					   text_from(id), &client),
			 STORE_DONE);
	return client;
}

static struct user load_user(const char *name)
{
	struct user user;

	assert_int_equal(store_load_user_named(store, arena, tenant_id(),
					       text_from(name), &user),
			 STORE_DONE);
	return user;
}

static void text_is(struct text text, const char *wanted)
{
	if (!text_equal(text, text_from(wanted)))
		fail_msg("%.*s is not %s", TEXT_ARG(text), wanted);
}

static void all_four_lists_are_saved(void **state)
{
	struct store_epochs before;
	struct store_epochs after;
	struct resource resource;
	struct user user;
	struct client client;

	assert_int_equal(store_load_epochs(store, &before), STORE_DONE);
	imports("{" TENANT ","
		"\"users\":[{\"username\":\"Alice\",\"password\":\"alice-"
		"password\",\"claims\":{\"sub\":\"auth0|1\",\"email\":\"a@b."
		"example\",\"email_verified\":true,\"roles\":[\"x\"]}}],"
		"\"clients\":[{\"client_id\":\"web\",\"client_secret\":"
		"\"" SECRET "\",\"redirect_uris\":[\"https://rp.example:8443/"
		"cb\",\"https://rp.example:8443/cb2\"],\"grant_types\":["
		"\"authorization_code\",\"refresh_token\"]}],"
		"\"resources\":[{\"audience\":\"https://api.example\","
		"\"scopes\":[\"read\",\"write\"],\"access_token_format\":"
		"\"opaque\"}]}");
	assert_int_equal(result.report.tenant_count, 1);
	assert_int_equal(result.report.user_count, 1);
	assert_int_equal(result.report.client_count, 1);
	assert_int_equal(result.report.resource_count, 1);
	assert_int_equal(store_load_epochs(store, &after), STORE_DONE);
	assert_true(after.config > before.config);

	user = load_user("alice");
	text_is(user.subject, "auth0|1");
	text_is(user.claims, "{\"email\":\"a@b.example\",\"email_verified\":"
			     "true,\"roles\":[\"x\"]}");
	assert_true(
		password_verify(TEXT("alice-password"), user.password_hash));
	client = load_client("web");
	text_is(client.redirect_uris,
		"https://rp.example:8443/cb https://rp.example:8443/cb2");
	text_is(client.web_origins, "https://rp.example:8443");
	text_is(client.auth_method, "client_secret_basic");
	text_is(client.response_types, "code");
	text_is(client.scope,
		"openid profile email address phone offline_access");
	assert_int_equal(client.default_max_age_for, -1);
	assert_int_equal(store_load_resource(store, arena, tenant_id(),
					     TEXT("https://api.example"),
					     &resource),
			 STORE_DONE);
	text_is(resource.scopes, "read write");
	assert_int_equal(resource.format, ACCESS_TOKEN_OPAQUE);
}

static void secrets_are_stored_as_hashes(void **state)
{
	unsigned char hash[CLIENT_SECRET_HASH_SIZE];
	struct client client;

	imports("{" TENANT ",\"clients\":[{\"client_id\":\"web\",\"client_"
		"secret\":\"" SECRET "\",\"redirect_uris\":[\"https://rp."
		"example/cb\"]}]}");
	client = load_client("web");
	master_hash_client_secret(master, tenant_id(), TEXT("web"),
				  TEXT(SECRET), hash);
	assert_int_equal(client.secret_hash.size, sizeof(hash));
	assert_memory_equal(client.secret_hash.at, hash, sizeof(hash));
}

static void one_mistake_saves_nothing(void **state)
{
	struct tenant_record *tenants;
	size_t count;

	refuses("{" TENANT
		",\"users\":[{\"username\":\"alice\",\"password\":\"pw\"}],\"clients\":"
		"[{\"client_id\":\"a\",\"token_endpoint_auth_method\":\"none\","
		"\"redirect_uris\":[\"javascript:alert(1)\"]}]}",
		"clients[0].redirect_uris[0]: \"javascript:alert(1)\": this "
		"scheme runs code or opens local things: it can never receive "
		"a code\n");
	assert_int_equal(store_load_tenants(store, arena, &tenants, &count),
			 STORE_DONE);
	assert_int_equal(count, 0);
}

static void a_failure_half_way_rolls_back(void **state)
{
	/* Two people of one subject, of whom the store knows only one. */
	imports("{" TENANT
		",\"users\":[{\"username\":\"alice\",\"password\":\"pw\",\"claims\":{"
		"\"sub\":\"one\"}}]}");
	assert_int_equal(
		import_for(
			"plain",
			"{\"users\":[{\"username\":\"bob\",\"password\":\"pw\","
			"\"claims\":{\"sub\":\"two\"}},{"
			"\"username\":\"carol\",\"password\":\"pw\",\"claims\":{"
			"\"sub\":\"one\"}}]}"),
		BROKEN);
	assert_true(strlen(result.mistakes) > 0);
	assert_int_equal(result.report.user_count, 0);
	assert_int_equal(store_load_user_named(store, arena, tenant_id(),
					       TEXT("bob"), &(struct user){0}),
			 STORE_NOT_FOUND);
}

static void every_mistake_is_told(void **state)
{
	refuses("{" TENANT ",\"users\":[{\"username\":\"a b\",\"password\":7,"
		"\"claims\":{\"iss\":\"x\",\"email_verified\":\"yes\"}},7],"
		"\"clients\":[{\"client_id\":\"a b\",\"redirect_uris\":"
		"\"https://rp.example\",\"grant_types\":[\"password\",7],"
		"\"logo_uri\":\"javascript:x\",\"access_token_for\":\"1h\","
		"\"skip_consent\":\"no\",\"token_endpoint_auth_method\":"
		"\"client_secret_bsic\"}]}",
		"users[0].username: \"a b\": it has a character that no user "
		"name may have (a space, a control, a symbol or a variant of "
		"another character)\n"
		"users[0].password: must be a string, not an integer\n"
		"users[0].claims.iss: is the server's own to say, not a "
		"person's claim\n"
		"users[0].claims.email_verified: must be true or false, not a "
		"string (OpenID Connect Core section 5.1)\n"
		"users[1]: must be an object, not an integer\n"
		"clients[0].client_id: \"a b\": a client_id has visible ASCII "
		"characters alone, without spaces\n"
		"clients[0].redirect_uris: must be an array of strings, not a "
		"string\n"
		"clients[0].grant_types[0]: \"password\" is not served; there "
		"is: authorization_code refresh_token\n"
		"clients[0].grant_types[1]: must be a string, not an integer\n"
		"clients[0].logo_uri: \"javascript:x\": it must begin with "
		"https:// or http://\n"
		"clients[0].access_token_for: must be whole seconds from 1 to "
		"31622400\n"
		"clients[0].skip_consent: must be true or false, not a "
		"string\n"
		"clients[0].token_endpoint_auth_method: \"client_secret_bsic\" "
		"is not served; did you mean \"client_secret_basic\"?\n");
}

static void s08_unknown_members_are_dropped_with_a_warning(void **state)
{
	imports("{" TENANT ",\"clients\":[{\"client_id\":\"a\",\"token_"
		"endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://"
		"rp.example/cb\"],\"is_admin\":true,\"client_nme\":\"x\","
		"\"logo_uri\":null}]}");
	assert_string_equal(
		result.warnings,
		"clients[0]: \"is_admin\" is not known here and was dropped\n"
		"clients[0]: \"client_nme\" is not known here and was dropped; "
		"did you mean \"client_name\"?\n");
	assert_false(text_is_present(load_client("a").logo_uri));
}

#define CLIENT(members)                                                        \
	"{" TENANT ",\"clients\":[{\"client_id\":\"a\",\"redirect_uris\":["    \
	"\"https://rp.example/cb\"]," members "}]}"

static void a_client_has_a_secret_or_is_public(void **state)
{
	refuses(CLIENT("\"client_name\":\"A\""),
		"clients[0].client_secret: is missing; a client without one "
		"says \"token_endpoint_auth_method\": \"none\"\n");
	refuses(CLIENT("\"client_secret\":\"" SECRET
		       "\",\"token_endpoint_auth_method\":\"none\""),
		"clients[0].client_secret: must not stand beside "
		"\"token_endpoint_auth_method\": \"none\"\n");
}

static void weak_secrets_need_the_operators_word(void **state)
{
	const char *document = CLIENT("\"client_secret\":\"short-secret\"");

	refuses(document,
		"clients[0].client_secret: has 70 bits at best, and must have "
		"128: make one by `openssl rand -hex 24`, or import with "
		"--allow-weak-secrets\n");
	registry.allows_weak_secrets = true;
	imports(document);
}

static void grant_and_response_types_agree(void **state)
{
	imports(CLIENT("\"token_endpoint_auth_method\":\"none\",\"grant_types\""
		       ":[\"refresh_token\"]"));
	text_is(load_client("a").response_types, "");
	refuses(CLIENT("\"token_endpoint_auth_method\":\"none\",\"response_"
		       "types\":[]"),
		"clients[0].response_types: must hold \"code\": grant_types "
		"has \"authorization_code\"\n");
	refuses(CLIENT("\"token_endpoint_auth_method\":\"none\",\"grant_types\""
		       ":[\"refresh_token\"],\"response_types\":[\"code\"]"),
		"clients[0].grant_types: must hold \"authorization_code\": "
		"response_types has \"code\"\n");
	refuses(CLIENT("\"token_endpoint_auth_method\":\"none\",\"response_"
		       "types\":[\"token\"]"),
		"clients[0].response_types[0]: \"token\" is not served; there "
		"is: code\n");
	refuses("{" TENANT ",\"clients\":[{\"client_id\":\"a\",\"token_"
		"endpoint_auth_method\":\"none\"}]}",
		"clients[0].redirect_uris: is missing: the code grant needs at "
		"least one\n");
}

static void r22_private_schemes_force_pkce(void **state)
{
	imports("{" TENANT ",\"clients\":[{\"client_id\":\"n\",\"client_"
		"secret\":\"" SECRET "\",\"application_type\":\"native\","
		"\"redirect_uris\":[\"com.example.app:/cb\"]}]}");
	assert_true(load_client("n").requires_pkce);
	assert_true(load_client("n").is_native);
	refuses("{" TENANT ",\"clients\":[{\"client_id\":\"n\",\"token_"
		"endpoint_auth_method\":\"none\",\"application_type\":"
		"\"native\",\"redirect_uris\":[\"myapp://cb\"]}]}",
		"clients[0].redirect_uris[0]: \"myapp://cb\": a scheme of its "
		"own must be a reversed domain name, such as com.example.app "
		"(RFC 8252 section 7.1)\n");
}

static void jwks_are_public(void **state)
{
	refuses(CLIENT("\"token_endpoint_auth_method\":\"none\",\"jwks\":{"
		       "\"keys\":[{\"kty\":\"OKP\",\"d\":\"x\"}]}"),
		"clients[0].jwks: must be {\"keys\": […]} with public keys "
		"alone, at most 32 in 64 KiB\n");
	refuses(CLIENT("\"token_endpoint_auth_method\":\"none\",\"jwks\":{"
		       "\"keys\":[]},\"jwks_uri\":\"https://rp.example/j\""),
		"clients[0].jwks_uri: must not stand beside \"jwks\" (RFC 7591 "
		"section 2)\n");
}

#define EC_JWKS "\"jwks\":{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"}]}"

static void assertions_are_keyed(void **state)
{
	imports(CLIENT(
		"\"token_endpoint_auth_method\":\"private_key_jwt\","
		"\"token_endpoint_auth_signing_alg\":\"PS256\"," EC_JWKS));
	refuses(CLIENT("\"token_endpoint_auth_method\":\"private_key_jwt\""),
		"clients[0].jwks: is missing, and so is \"jwks_uri\": "
		"private_key_jwt needs the client's public keys\n");
	imports(CLIENT("\"token_endpoint_auth_method\":\"private_key_jwt\","
		       "\"jwks_uri\":\"https://rp.example/jwks\""));
	refuses(CLIENT("\"token_endpoint_auth_method\":\"private_key_jwt\","
		       "\"client_secret\":\"x\"," EC_JWKS),
		"clients[0].client_secret: must not stand beside "
		"\"token_endpoint_auth_method\": \"private_key_jwt\"\n");
	refuses(CLIENT("\"token_endpoint_auth_method\":\"private_key_jwt\","
		       "\"token_endpoint_auth_signing_alg\":\"HS256\"," EC_JWKS),
		"clients[0].token_endpoint_auth_signing_alg: does not go with "
		"the token_endpoint_auth_method: private_key_jwt has RS, PS, "
		"ES and EdDSA, client_secret_jwt HS256, HS384 and HS512\n");
	refuses(CLIENT("\"token_endpoint_auth_method\":\"client_secret_jwt\","
		       "\"token_endpoint_auth_signing_alg\":\"HS384\","
		       "\"client_secret\":\"0123456789abcdef0123456789ABCDEF\""),
		"clients[0].client_secret: must have 48 bytes for HS384\n");
}

static void origins_are_origins(void **state)
{
	imports(CLIENT("\"token_endpoint_auth_method\":\"none\",\"web_"
		       "origins\":[\"https://a.example\",\"http://localhost:"
		       "3000\"]"));
	text_is(load_client("a").web_origins,
		"https://a.example http://localhost:3000");
	assert_int_equal(
		import_for("plain",
			   CLIENT("\"token_endpoint_auth_method\":\"none\","
				  "\"web_origins\":[\"https://a.example/\"]")),
		REFUSED);
	assert_int_equal(
		import_for("plain",
			   CLIENT("\"token_endpoint_auth_method\":\"none\","
				  "\"web_origins\":[\"*\"]")),
		REFUSED);
}

static void tenants_are_checked(void **state)
{
	refuses("{\"tenants\":[{\"name\":\"A\",\"url\":\"http://id.example\","
		"\"profile\":\"okta\"},{\"name\":\"b\"},{\"name\":\"c\","
		"\"url\":\"https://ID.example/\",\"profile\":\"rfc\","
		"\"settings\":{\"code_for\":601}},{\"name\":\"d\",\"url\":"
		"\"https://id.example:443\",\"profile\":\"rfc\",\"settings\":"
		"[]}]}",
		"tenants[0].name: \"A\": a tenant's name has a to z, 0 to 9 "
		"and '-' alone\n"
		"tenants[0].url: \"http://id.example\": it must begin with "
		"https:// (http:// on loopback alone)\n"
		"tenants[0].profile: \"okta\" is no profile; there is: rfc "
		"auth0\n"
		"tenants[1].url: is missing\n"
		"tenants[1].profile: is missing\n"
		"tenants[2].url: \"https://ID.example/\": write its host in "
		"lower case and without the scheme's own port\n"
		"tenants[2].settings: code_for must be whole seconds from 1 to "
		"600\n"
		"tenants[3].url: \"https://id.example:443\": write its host in "
		"lower case and without the scheme's own port\n"
		"tenants[3].settings: must be an object, not an array\n");
}

static void a_url_has_one_tenant(void **state)
{
	refuses("{\"tenants\":[{\"name\":\"a\",\"url\":\"https://id.example\","
		"\"profile\":\"rfc\"},{\"name\":\"b\",\"url\":\"https://id."
		"example\",\"profile\":\"rfc\"},{\"name\":\"a\",\"url\":"
		"\"https://x.example\",\"profile\":\"rfc\"}]}",
		"tenants[2].name: \"a\" is tenants[0]'s\n"
		"tenants[1].url: \"https://id.example\" is the url of tenant "
		"\"a\" already\n");
	imports("{" TENANT "}");
	refuses("{\"tenants\":[{\"name\":\"other\",\"url\":\"https://id."
		"example/t/plain\",\"profile\":\"rfc\"}]}",
		"tenants[0].url: \"https://id.example/t/plain\" is the url of "
		"tenant \"plain\" already\n");
	imports("{" TENANT "}");
}

static void settings_carry_the_display_name(void **state)
{
	struct tenant_record *tenants;
	size_t count;
	int64_t id;

	imports("{" TENANT "}");
	id = tenant_id();
	imports("{\"tenants\":[{\"name\":\"plain\",\"url\":\"https://id."
		"example\",\"profile\":\"auth0\",\"display_name\":\"P\","
		"\"settings\":{\"code_for\":30}}]}");
	assert_int_equal(store_load_tenants(store, arena, &tenants, &count),
			 STORE_DONE);
	assert_int_equal(count, 1);
	assert_int_equal(tenants[0].id, id);
	text_is(tenants[0].profile, "auth0");
	text_is(tenants[0].settings,
		"{\"display_name\":\"P\",\"code_for\":30}");
}

static void entries_name_their_tenant(void **state)
{
	const char *client = "{\"clients\":[{\"client_id\":\"a\",\"tenant\":"
			     "\"nowhere\",\"token_endpoint_auth_method\":"
			     "\"none\",\"redirect_uris\":[\"https://rp.example/"
			     "cb\"]}]}";

	imports("{" TENANT "}");
	refuses(client, "clients[0].tenant: there is no tenant \"nowhere\", in "
			"the store or in this file\n");
	assert_int_equal(import_for(NULL,
				    "{\"users\":[{\"username\":\"alice\"}]}"),
			 REFUSED);
	assert_string_equal(result.mistakes,
			    "users[0].tenant: is missing: name the tenant "
			    "here, or by --tenant\n");
	assert_int_equal(
		import_for(
			NULL,
			"{\"users\":[{\"username\":\"alice\",\"password\":\"pw\","
			"\"tenant\":\"plain\"}]}"),
		DONE);
}

static void keys_stand_once(void **state)
{
	refuses("{" TENANT
		",\"users\":[{\"username\":\"Alice\",\"password\":\"pw\"},{\"username\":"
		"\"bob\",\"password\":\"pw\",\"claims\":{\"sub\":\"1\"}},{\"username\":\"alice\",\"password\":\"pw\"},{"
		"\"username\":\"carol\",\"password\":\"pw\",\"claims\":{\"sub\":\"1\"}}]}",
		"users[2].username: \"alice\" is users[0]'s already\n"
		"users[3].claims.sub: \"1\" is users[1]'s already\n");
}

static void importing_again_changes_nothing(void **state)
{
	const char *document =
		"{" TENANT ",\"users\":[{\"username\":\"alice\",\"password\":"
		"\"alice-password\"}]}";
	struct user first;
	struct user second;

	imports(document);
	first = load_user("alice");
	registry.now += INSTANT_SECOND;
	imports(document);
	second = load_user("alice");
	assert_int_equal(first.id, second.id);
	assert_int_equal(first.password_changed_at, second.password_changed_at);
	assert_true(text_equal(first.subject, second.subject));
	assert_true(text_equal(first.password_hash, second.password_hash));
	assert_int_equal(first.subject.size, 36);
}

static void a_subject_stays(void **state)
{
	imports("{" TENANT ",\"users\":[{\"username\":\"alice\",\"password\":"
		"\"pw\",\"claims\":{\"sub\":\"1\"}}]}");
	refuses("{\"users\":[{\"username\":\"alice\",\"claims\":{\"sub\":"
		"\"2\"}}]}",
		"users[0].claims.sub: \"2\": the person's subject is \"1\" and "
		"cannot change\n");
	imports("{\"users\":[{\"username\":\"alice\"}]}");
	assert_true(text_is_present(load_user("alice").password_hash));
}

static bool grant_lives(int64_t id)
{
	struct grant grant;

	assert_int_equal(store_load_grant(store, arena, id, &grant),
			 STORE_DONE);
	return grant.revoked_at == 0;
}

static int64_t insert_grant(void)
{
	struct grant grant = {
		.id = store_new_id(store, registry.now),
		.tenant_id = tenant_id(),
		.user_id = load_user("alice").id,
		.client_id = TEXT("a"),
		.request = {.redirect_uri = TEXT("https://rp.example/cb")},
		.scope = TEXT("openid"),
		.created_at = NOW,
		.code_expires_at = NOW + 60 * INSTANT_SECOND,
		.purge_at = NOW + 3600 * INSTANT_SECOND,
	};

	assert_int_equal(store_insert_grant(store, &grant, NULL), STORE_DONE);
	return grant.id;
}

static void a_new_person_needs_a_password(void **state)
{
	refuses("{" TENANT ",\"users\":[{\"username\":\"alice\"}]}",
		"users[0].password: is missing: there is nobody of this name "
		"yet whose password could stay\n");
}

static void a_new_password_ends_grants(void **state)
{
	int64_t grant;

	imports("{" TENANT ",\"users\":[{\"username\":\"alice\",\"password\":"
		"\"one\"}]}");
	grant = insert_grant();
	imports("{\"users\":[{\"username\":\"alice\",\"password\":\"one\"}]}");
	assert_true(grant_lives(grant));
	imports("{\"users\":[{\"username\":\"alice\",\"password\":\"two\"}]}");
	assert_false(grant_lives(grant));
}

static void a_disabled_person_loses_grants(void **state)
{
	int64_t grant;

	imports("{" TENANT
		",\"users\":[{\"username\":\"alice\",\"password\":\"pw\"}]}");
	grant = insert_grant();
	imports("{\"users\":[{\"username\":\"alice\",\"disabled\":true}]}");
	assert_false(grant_lives(grant));
	assert_true(load_user("alice").is_disabled);
}

static void l08_nul_and_long_passwords_are_refused(void **state)
{
	char document[4096];
	char password[1100];

	assert_int_equal(import_for("plain",
				    "{" TENANT ",\"users\":[{\"username\":"
				    "\"alice\",\"password\":\"a\\u0000b\"}]}"),
			 REFUSED);
	memset(password, 'a', sizeof(password) - 1);
	password[sizeof(password) - 1] = '\0';
	snprintf(document, sizeof(document),
		 "{" TENANT ",\"users\":[{\"username\":\"alice\","
		 "\"password\":\"%s\"}]}",
		 password);
	refuses(document, "users[0].password: cannot be taken: it is too "
			  "long\n");
}

static void what_is_no_document_is_refused(void **state)
{
	assert_int_equal(import_for(NULL, "{\"users\":["), REFUSED);
	assert_true(strstr(result.mistakes, "line 1, column ") != NULL);
	refuses("[]", "the document must be an object, not an array\n");
	refuses("{\"user\":[]}", "\"user\" is no list of an import; there is: "
				 "tenants, users, clients, resources\n");
	refuses("{\"users\":{}}",
		"\"users\" must be an array, not an object\n");
	imports("{}");
}

#define with_store(sentence, function)                                         \
	test_that_with(sentence, function, open_store, close_store)

static bool has_key(int64_t tenant, const char *algorithm)
{
	CLEANUP(keys_free) struct keys *keys = keys_new(store, master, NULL);

	return keys_can_sign(keys, tenant, text_from(algorithm), NOW);
}

static void keys_are_made_for_who_asks(void **state)
{
	imports("{" TENANT "}");
	assert_false(has_key(tenant_id(), "PS256"));
	imports("{\"clients\":[{\"client_id\":\"a\",\"client_secret\":"
		"\"" SECRET "\",\"redirect_uris\":[\"https://a.example/\"],"
		"\"id_token_signed_response_alg\":\"EdDSA\"}]}");
	assert_true(has_key(tenant_id(), "EdDSA"));
	assert_false(has_key(tenant_id(), "PS256"));
	imports("{\"tenants\":[{\"name\":\"plain\",\"url\":"
		"\"https://id.example/t/plain\",\"profile\":\"rfc\","
		"\"settings\":{\"signing_alg\":\"PS256\"}}]}");
	assert_true(has_key(tenant_id(), "PS256"));
}

static void no_keys_for_an_import_that_is_refused(void **state)
{
	imports("{" TENANT "}");
	refuses("{\"clients\":[{\"client_id\":\"a\",\"client_secret\":"
		"\"" SECRET "\",\"redirect_uris\":[\"https://a.example/\"],"
		"\"id_token_signed_response_alg\":\"EdDSA\"},"
		"{\"client_id\":5}]}",
		"clients[1].client_id: must be a string, not an integer\n");
	assert_false(has_key(tenant_id(), "EdDSA"));
}

#define PLAIN_WITH(settings)                                                        \
	"{\"tenants\":[{\"name\":\"plain\",\"url\":"                                \
	"\"https://id.example/t/plain\",\"profile\":\"rfc\",\"settings\":" settings \
	"}]"
#define ENCRYPTS                                                               \
	",\"clients\":[{\"client_id\":\"a\",\"client_secret\":\"" SECRET       \
	"\",\"redirect_uris\":[\"https://a.example/\"],"                       \
	"\"jwks_uri\":\"https://a.example/jwks\","                             \
	"\"request_object_encryption_alg\":\"RSA-OAEP-256\"}]}"

static bool decrypts_by(const char *algorithm)
{
	CLEANUP(keys_free) struct keys *keys = keys_new(store, master, NULL);

	return keys_can_decrypt(keys, tenant_id(), text_from(algorithm), NOW);
}

static void keys_for_encryption_go_with_the_setting(void **state)
{
	struct keys *keys = keys_new(store, master, NULL);

	imports(PLAIN_WITH("{\"request_object_encryption_algs\":"
			   "\"ECDH-ES\"}") ENCRYPTS);
	for (int state_of = SIGNING_KEY_NEXT; state_of <= SIGNING_KEY_CURRENT;
	     state_of++)
		assert_int_equal(keys_make(keys, tenant_id(), "ECDH-ES",
					   (enum signing_key_state)state_of,
					   NOW),
				 DONE);
	keys_free(&keys);
	imports(PLAIN_WITH("{\"request_object_encryption_algs\":"
			   "\"ECDH-ES\"}") "}");
	assert_true(decrypts_by("ECDH-ES"));
	imports(PLAIN_WITH("{}") "}");
	assert_false(decrypts_by("ECDH-ES"));
	assert_true(decrypts_by("RSA-OAEP-256"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store("a signing key is made for who asks for it",
			   keys_are_made_for_who_asks),
		with_store("a key for encryption that nobody asks for any more "
			   "is published no more",
			   keys_for_encryption_go_with_the_setting),
		with_store("an import that is refused makes no key",
			   no_keys_for_an_import_that_is_refused),
		with_store("all four lists are saved, and servers are told",
			   all_four_lists_are_saved),
		with_store("client secrets are stored as keyed hashes",
			   secrets_are_stored_as_hashes),
		with_store("one mistake saves nothing",
			   one_mistake_saves_nothing),
		with_store("a failure half way rolls back",
			   a_failure_half_way_rolls_back),
		with_store("every mistake is told with its place",
			   every_mistake_is_told),
		with_store("S08: unknown members are dropped with a warning",
			   s08_unknown_members_are_dropped_with_a_warning),
		with_store("a client has a secret or is public",
			   a_client_has_a_secret_or_is_public),
		with_store("weak secrets need the operator's word",
			   weak_secrets_need_the_operators_word),
		with_store("grant and response types agree",
			   grant_and_response_types_agree),
		with_store("R22: a private scheme forces PKCE",
			   r22_private_schemes_force_pkce),
		with_store("a client's keys are public ones, in one place",
			   jwks_are_public),
		with_store("a client that sends assertions has what verifies "
			   "them",
			   assertions_are_keyed),
		with_store("web origins are origins", origins_are_origins),
		with_store("tenants are checked", tenants_are_checked),
		with_store("a url has one tenant", a_url_has_one_tenant),
		with_store("a tenant is replaced under its name",
			   settings_carry_the_display_name),
		with_store("entries name their tenant, or --tenant does",
			   entries_name_their_tenant),
		with_store("a key stands once in a document", keys_stand_once),
		with_store("importing again changes nothing",
			   importing_again_changes_nothing),
		with_store("a person's subject stays", a_subject_stays),
		with_store("a new person needs a password",
			   a_new_person_needs_a_password),
		with_store("a new password ends the person's grants",
			   a_new_password_ends_grants),
		with_store("a disabled person loses the grants",
			   a_disabled_person_loses_grants),
		with_store("L08: NUL and endless passwords are refused",
			   l08_nul_and_long_passwords_are_refused),
		with_store("what is no document is refused",
			   what_is_no_document_is_refused),
	};

	return cmocka_run_group_tests_name("registry/import", tests, NULL,
					   NULL);
}
