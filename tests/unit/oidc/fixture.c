/* SPDX-License-Identifier: Apache-2.0 */
/* Builds what the tests of this room start from. */
#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "crypto/crypto.h"
#include "profile/profile.h"
#include "store/sqlite/sqlite.h"

struct fixture fixture;

static const struct profile *const profiles[] = {
	&profile_rfc,
	&profile_auth0,
	&profile_asgardeo,
};

static const char user_claims[] =
	"{\"name\":\"Alice Adams\",\"given_name\":\"Alice\","
	"\"nickname\":7,\"updated_at\":1700000000,"
	"\"email\":\"alice@example.com\",\"email_verified\":true,"
	"\"address\":{\"country\":\"CH\"},\"phone_number\":\"+41 1\","
	"\"phone_number_verified\":\"yes\",\"department\":\"secret\"}";

static void save_tenant(int64_t id)
{
	const struct profile *profile = profiles[id - 1];
	char url[64];
	struct tenant_record record = {
		.id = id,
		.name = text_from(profile->name),
		.profile = text_from(profile->name),
		.settings = TEXT("{}"),
	};
	struct client client = {
		.tenant_id = id,
		.id = TEXT("web"),
		.redirect_uris = TEXT("https://rp.example/callback"),
		.post_logout_redirect_uris =
			TEXT("https://rp.example/out https://rp.example/?a=1"),
		.grant_types = TEXT("authorization_code refresh_token"),
		.response_types = TEXT("code"),
		.auth_method = TEXT("client_secret_post"),
		.scope = TEXT("openid profile email"),
		.default_max_age_for = -1,
	};
	struct user user = {
		.id = 100 + id,
		.tenant_id = id,
		.subject = TEXT("alice-sub"),
		.username = TEXT("alice"),
		.claims = text_from(user_claims),
	};

	snprintf(url, sizeof(url), "https://id.example/t/%s", profile->name);
	record.url = text_from(url);
	assert_int_equal(store_save_tenant(fixture.store, &record), STORE_DONE);
	assert_int_equal(store_save_client(fixture.store, &client), STORE_DONE);
	client.id = TEXT("off");
	client.is_disabled = true;
	assert_int_equal(store_save_client(fixture.store, &client), STORE_DONE);
	assert_int_equal(store_save_user(fixture.store, &user), STORE_DONE);
}

static void open_master(void)
{
	char file[80];
	char why[256];

	snprintf(file, sizeof(file), "%s/key", fixture.folder);
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	assert_int_equal(master_load(file, &fixture.master, why, sizeof(why)),
			 DONE);
}

static void make_keys(void)
{
	fixture.keys = keys_new(fixture.store, fixture.master, NULL);
	for (int64_t id = 1; id <= 3; id++)
		assert_int_equal(keys_make(fixture.keys, id, "RS256",
					   SIGNING_KEY_CURRENT, FIXTURE_NOW),
				 DONE);
	assert_int_equal(keys_make(fixture.keys, 1, "ES256",
				   SIGNING_KEY_CURRENT, FIXTURE_NOW),
			 DONE);
	assert_int_equal(keys_make(fixture.keys, 1, "EdDSA",
				   SIGNING_KEY_CURRENT, FIXTURE_NOW),
			 DONE);
}

int fixture_open(void **state)
{
	struct tenant_defaults defaults = {0};
	char why[256];

	fixture = (struct fixture){.folder = "/tmp/licet-oidc-XXXXXX"};
	event_log_to(2, EVENT_ERROR);
	assert_int_equal(crypto_open(), DONE);
	assert_non_null(mkdtemp(fixture.folder));
	assert_int_equal(store_sqlite_open(fixture.folder, &fixture.store, why,
					   sizeof(why)),
			 DONE);
	assert_int_equal(store_migrate(fixture.store), STORE_DONE);
	for (int64_t id = 1; id <= 3; id++)
		save_tenant(id);
	assert_int_equal(tenants_load(fixture.store, profiles,
				      COUNT_OF(profiles), &defaults,
				      &fixture.tenants),
			 DONE);
	open_master();
	make_keys();
	assert_int_equal(tokens_open(fixture.store, fixture.master,
				     fixture.keys, FIXTURE_NOW,
				     &fixture.tokens),
			 DONE);
	fixture.oauth = (struct oauth){
		.store = fixture.store,
		.master = fixture.master,
		.keys = fixture.keys,
		.tokens = fixture.tokens,
		.extension = &oidc_extension,
	};
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

int fixture_close(void **state)
{
	tokens_close(&fixture.tokens);
	keys_free(&fixture.keys);
	tenants_unref(&fixture.tenants);
	master_free(&fixture.master);
	store_close(&fixture.store);
	return nftw(fixture.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void fill_grant(struct exchange *exchange)
{
	int64_t tenant_id = exchange->request.tenant->id;

	exchange->grant = (struct grant){
		.id = store_new_id(fixture.store, FIXTURE_NOW),
		.tenant_id = tenant_id,
		.user_id = exchange->user.id,
		.client_id = TEXT("web"),
		.seed = "0123456789abcde",
		.request =
			{
				.redirect_uri =
					TEXT("https://rp.example/callback"),
				.nonce = TEXT("n-0S6_WzA2Mj"),
			},
		.scope = TEXT("openid profile"),
		.methods = TEXT("pwd"),
		.session_id = 7,
		.sid = "fedcba987654321",
		.authenticated_at = FIXTURE_NOW - 30 * INSTANT_SECOND,
		.created_at = FIXTURE_NOW,
		.code_expires_at = FIXTURE_NOW + 60 * INSTANT_SECOND,
		.generation = 1,
		.purge_at = FIXTURE_NOW + 900 * INSTANT_SECOND,
	};
}

void fixture_begin(struct exchange *exchange, const char *tenant,
		   enum endpoint endpoint)
{
	*exchange = (struct exchange){.arena = arena_new(4 << 20)};
	exchange->decision = (struct decision){
		.arena = exchange->arena,
		.id = TEXT("request-id"),
		.now = FIXTURE_NOW,
		.endpoint = endpoint_name(endpoint),
	};
	exchange->http = (struct http_request){
		.arena = exchange->arena,
		.method = HTTP_GET,
		.host = TEXT("id.example"),
		.headers = exchange->headers,
		.peer = TEXT("192.0.2.1"),
	};
	exchange->reply.headers = buf_init_arena(exchange->arena, 65536);
	exchange->reply.body = buf_init_arena(exchange->arena, HTTP_REPLY_MAX);
	exchange->request = (struct oauth_request){
		.oauth = &fixture.oauth,
		.decision = &exchange->decision,
		.tenants = fixture.tenants,
		.tenant =
			tenants_find_named(fixture.tenants, text_from(tenant)),
		.endpoint = endpoint,
		.http = &exchange->http,
		.reply = &exchange->reply,
	};
	assert_non_null(exchange->request.tenant);
	assert_int_equal(store_load_user_named(fixture.store, exchange->arena,
					       exchange->request.tenant->id,
					       TEXT("alice"), &exchange->user),
			 STORE_DONE);
	assert_int_equal(tenant_load_client(&exchange->decision, fixture.store,
					    fixture.tenants,
					    exchange->request.tenant,
					    TEXT("web"), &exchange->client),
			 DONE);
	fill_grant(exchange);
}

void fixture_end(struct exchange *exchange)
{
	arena_free(&exchange->arena);
}

void fixture_header(struct exchange *exchange, const char *name,
		    struct text value)
{
	assert_true(exchange->http.header_count < FIXTURE_HEADER_COUNT_MAX);
	exchange->headers[exchange->http.header_count++] =
		(struct http_header){text_from(name), value};
}

void fixture_insert_grant(struct exchange *exchange)
{
	assert_int_equal(store_insert_grant(fixture.store, &exchange->grant,
					    NULL),
			 STORE_DONE);
}

struct text fixture_access_token(struct exchange *exchange, struct text scope,
				 bool is_jwt)
{
	struct access_request request = {
		.tenant = exchange->request.tenant,
		.client = exchange->client,
		.grant = &exchange->grant,
		.subject = exchange->user.subject,
		.scope = scope,
		.resources = TEXT(""),
		.confirmation = exchange->grant.confirmation,
		.is_jwt = is_jwt,
		.for_seconds = 300,
	};
	struct text token;

	assert_int_equal(access_issue(&exchange->decision, fixture.tokens,
				      &request, &token),
			 DONE);
	return token;
}

struct oauth_issue fixture_issue(struct exchange *exchange)
{
	return (struct oauth_issue){
		.oauth = &fixture.oauth,
		.decision = &exchange->decision,
		.tenant = exchange->request.tenant,
		.client = exchange->client,
		.grant = &exchange->grant,
		.user = &exchange->user,
		.scope = exchange->grant.scope,
		.access_token = TEXT("access-token"),
		.code = TEXT("code"),
	};
}

struct text fixture_id_token(const struct oauth_issue *issue)
{
	struct text id_token = TEXT_ABSENT;

	assert_int_equal(oidc_extension.issue(issue, &id_token), DONE);
	return id_token;
}

struct text fixture_claims(struct exchange *exchange, struct text id_token)
{
	struct keys_proof proof = {
		.tenant_id = exchange->request.tenant->id,
		.compact = id_token,
		.now = FIXTURE_NOW,
	};
	struct text payload = TEXT_ABSENT;
	const char *why = "";

	if (keys_verify(fixture.keys, exchange->arena, &proof, &payload,
			&why) != DONE)
		fail_msg("%s", why);
	return payload;
}

struct text fixture_member(struct exchange *exchange, struct text object,
			   const char *name)
{
	struct json_document *document = NULL;
	struct json_mistake mistake;
	struct buf spelled = buf_init_arena(exchange->arena, 65536);
	const struct json *value;

	if (json_parse(object, object.size, &document, &mistake) != DONE)
		fail_msg("%.*s: %s", TEXT_ARG(object), mistake.what);
	value = json_find(json_root(document), name);
	if (value != NULL)
		json_write_value(&(struct json_writer){.buf = &spelled}, value);
	json_document_free(&document);
	return spelled.size > 0 ? buf_text(&spelled) : TEXT_ABSENT;
}

void fixture_assert_text(struct text got, const char *wanted)
{
	if (!text_equal(got, text_from(wanted)) ||
	    text_is_present(got) != (wanted != NULL))
		fail_msg("got '%.*s', wanted '%s'", TEXT_ARG(got),
			 wanted == NULL ? "nothing" : wanted);
}

void fixture_assert_member(struct exchange *exchange, struct text object,
			   const char *name, const char *wanted)
{
	struct text got = fixture_member(exchange, object, name);

	if (!text_equal(got, text_from(wanted)) ||
	    text_is_present(got) != (wanted != NULL))
		fail_msg("%s: got '%.*s', wanted '%s'", name, TEXT_ARG(got),
			 wanted == NULL ? "nothing" : wanted);
}
