/* SPDX-License-Identifier: Apache-2.0 */
/* Builds what the tests of sign-in and consent start from. */
#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/password.h"
#include "decision/limiter.h"
#include "profile/profile.h"
#include "store/sqlite/sqlite.h"

struct fixture fixture;

static const struct profile *const profiles[] = {&profile_rfc};

static void save_user(int64_t id, const char *username, bool is_disabled)
{
	struct buf encoded = buf_init(PASSWORD_HASH_MAX);
	struct user user = {
		.id = id,
		.tenant_id = 1,
		.subject = text_from(username),
		.username = text_from(username),
		.claims = TEXT("{}"),
		.is_disabled = is_disabled,
	};

	assert_int_equal(password_hash(TEXT("Gr\xc3\xbc"
					    "ezi 1"),
				       &password_cost_default, &encoded),
			 DONE);
	user.password_hash = buf_text(&encoded);
	assert_int_equal(store_save_user(fixture.store, &user), STORE_DONE);
	buf_wipe(&encoded);
}

static void save_tenant(void)
{
	struct tenant_record record = {
		.id = 1,
		.name = TEXT("rfc"),
		.url = TEXT("http://localhost:8080"),
		.profile = TEXT("rfc"),
		.settings = TEXT("{}"),
	};
	struct client client = {
		.tenant_id = 1,
		.id = TEXT("web"),
		.name = TEXT("Web"),
		.redirect_uris = TEXT("http://localhost:3000/callback"),
		.grant_types = TEXT("authorization_code"),
		.response_types = TEXT("code"),
		.auth_method = TEXT("client_secret_basic"),
		.scope = TEXT("profile email"),
		.default_max_age_for = -1,
	};

	assert_int_equal(store_save_tenant(fixture.store, &record), STORE_DONE);
	assert_int_equal(store_save_client(fixture.store, &client), STORE_DONE);
	save_user(101, "alice", false);
	save_user(102, "david", true);
}

static void open_tokens(void)
{
	char file[80];
	char why[256];

	snprintf(file, sizeof(file), "%s/key", fixture.folder);
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	assert_int_equal(master_load(file, &fixture.master, why, sizeof(why)),
			 DONE);
	fixture.keys = keys_new(fixture.store, fixture.master, NULL);
	assert_int_equal(tokens_open(fixture.store, fixture.master,
				     fixture.keys, FIXTURE_NOW,
				     &fixture.tokens),
			 DONE);
}

int fixture_open(void **state)
{
	struct tenant_defaults defaults = {0};
	char why[256];

	fixture = (struct fixture){.folder = "/tmp/licet-login-XXXXXX"};
	event_log_to(STDERR_FILENO, EVENT_ERROR);
	assert_int_equal(crypto_open(), DONE);
	assert_non_null(mkdtemp(fixture.folder));
	assert_int_equal(store_sqlite_open(fixture.folder, &fixture.store, why,
					   sizeof(why)),
			 DONE);
	assert_int_equal(store_migrate(fixture.store), STORE_DONE);
	save_tenant();
	assert_int_equal(tenants_load(fixture.store, profiles,
				      COUNT_OF(profiles), &defaults,
				      &fixture.tenants),
			 DONE);
	open_tokens();
	fixture.oauth = (struct oauth){
		.store = fixture.store,
		.master = fixture.master,
		.keys = fixture.keys,
		.tokens = fixture.tokens,
		.password_workers = worker_pool_new(1, 0),
		.pages = &login_pages,
	};
	assert_non_null(fixture.oauth.password_workers);
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

int fixture_close(void **state)
{
	worker_pool_free(&fixture.oauth.password_workers);
	limiter_free(&fixture.oauth.login_limiter);
	limiter_free(&fixture.oauth.login_crowd_limiter);
	tokens_close(&fixture.tokens);
	keys_free(&fixture.keys);
	tenants_unref(&fixture.tenants);
	master_free(&fixture.master);
	store_close(&fixture.store);
	return nftw(fixture.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void fixture_allow_crowd(unsigned int free_count)
{
	limiter_free(&fixture.oauth.login_crowd_limiter);
	fixture.oauth.login_crowd_limiter =
		limiter_new(free_count, FIXTURE_WAIT_MOST_FOR);
}

int fixture_forget(void **state)
{
	limiter_free(&fixture.oauth.login_limiter);
	fixture.oauth.login_limiter =
		limiter_new(FIXTURE_FREE_COUNT, FIXTURE_WAIT_MOST_FOR);
	fixture_allow_crowd(FIXTURE_FREE_COUNT);
	return 0;
}

/* ---- browsers ---- */

struct browser browser_new(void)
{
	return (struct browser){.now = FIXTURE_NOW, .peer = "192.0.2.1"};
}

void browser_end(struct browser *browser)
{
	arena_free(&browser->arena);
}

/* A cookie of the same name is replaced. */
static void keep_cookie(struct browser *browser, struct text line)
{
	struct text pair = text_first(line, text_find_byte(line, ';'));
	struct text name = text_first(pair, text_find_byte(pair, '=') + 1);

	for (size_t i = 0; i < BROWSER_COOKIE_COUNT_MAX; i++) {
		char *cookie = browser->cookies[i];

		if (cookie[0] != '\0' &&
		    !text_starts_with(text_from(cookie), name))
			continue;
		assert_true(pair.size < sizeof(browser->cookies[i]));
		memcpy(cookie, pair.at, pair.size);
		cookie[pair.size] = '\0';
		return;
	}
	fail_msg("too many cookies");
}

static void keep_cookies(struct browser *browser)
{
	struct text rest = buf_text(&browser->reply.headers);
	struct text line;

	while (text_cut(&rest, '\n', &line))
		if (text_starts_with(line, TEXT("Set-Cookie: ")))
			keep_cookie(browser, text_from_byte(line, 12));
}

static struct text all_cookies(const struct browser *browser,
			       struct arena *arena)
{
	struct buf all = buf_init_arena(arena, 8192);

	for (size_t i = 0; i < BROWSER_COOKIE_COUNT_MAX; i++) {
		if (browser->cookies[i][0] == '\0')
			continue;
		buf_add_string(&all, all.size > 0 ? "; " : "");
		buf_add_string(&all, browser->cookies[i]);
	}
	return buf_text(&all);
}

static void fill_headers(const struct browser *browser,
			 struct http_request *http)
{
	http->headers = ARENA_ARRAY(http->arena, struct http_header, 3);
	http->headers[http->header_count++] = (struct http_header){
		TEXT("Cookie"), all_cookies(browser, http->arena)};
	http->headers[http->header_count++] =
		(struct http_header){TEXT("Content-Type"),
				     TEXT("application/x-www-form-urlencoded")};
	if (browser->origin != NULL)
		http->headers[http->header_count++] = (struct http_header){
			TEXT("Origin"), text_from(browser->origin)};
}

static void send_request(struct browser *browser,
			 const struct oauth_endpoint *endpoint,
			 struct http_request *http)
{
	struct arena *before = browser->arena;
	struct oauth_request request = {
		.oauth = &fixture.oauth,
		.decision = &browser->decision,
		.tenants = fixture.tenants,
		.tenant = tenants_find_named(fixture.tenants, TEXT("rfc")),
		.endpoint = endpoint->endpoint,
		.http = http,
		.reply = &browser->reply,
	};

	browser->arena = http->arena;
	browser->decision = (struct decision){
		.arena = http->arena,
		.id = TEXT("request-id"),
		.now = browser->now,
		.endpoint = endpoint_name(endpoint->endpoint),
	};
	browser->reply = (struct http_reply){
		.headers = buf_init_arena(http->arena, 65536),
		.body = buf_init_arena(http->arena, HTTP_REPLY_MAX),
	};
	http->peer = text_from(browser->peer);
	fill_headers(browser, http);
	endpoint->answer(&request);
	assert_true(browser->reply.status != 0);
	keep_cookies(browser);
	arena_free(&before);
}

void browser_authorize(struct browser *browser, const char *more)
{
	struct http_request http = {
		.arena = arena_new(8 << 20),
		.method = HTTP_GET,
	};

	http.query = arena_format(
		http.arena,
		"client_id=web&response_type=code&redirect_uri=http%%3A%%2F%%2F"
		"localhost%%3A3000%%2Fcallback&scope=profile&state=s%s",
		more);
	send_request(browser, &oauth_endpoint_authorize, &http);
}

void browser_post(struct browser *browser,
		  const struct oauth_endpoint *endpoint, struct text body)
{
	struct http_request http = {
		.arena = arena_new(8 << 20),
		.method = HTTP_POST,
	};

	http.body = arena_copy(http.arena, body);
	send_request(browser, endpoint, &http);
}

void browser_sign_in(struct browser *browser, const char *username,
		     const char *password)
{
	struct text sealed = browser_field(browser, "request");

	assert_true(sealed.size > 0);
	browser_post(browser, &login_endpoint_sign_in,
		     arena_format(browser->arena,
				  "request=%.*s&username=%s&password=%s",
				  TEXT_ARG(sealed), username, password));
}

void browser_decide(struct browser *browser, const char *decision)
{
	struct text reference = browser_field(browser, "step");

	assert_true(reference.size > 0);
	browser_post(browser, &login_endpoint_consent,
		     arena_format(browser->arena, "step=%.*s&decision=%s",
				  TEXT_ARG(reference), decision));
}

struct text browser_page(const struct browser *browser)
{
	return buf_text(&browser->reply.body);
}

bool browser_sees(const struct browser *browser, const char *part)
{
	struct text page = browser_page(browser);

	return text_find(page, text_from(part)) < page.size;
}

struct text browser_field(const struct browser *browser, const char *name)
{
	struct text page = browser_page(browser);
	struct text before =
		arena_format(browser->arena, "name=\"%s\" value=\"", name);
	size_t at = text_find(page, before);
	struct text value = text_from_byte(page, at + before.size);

	if (at == page.size)
		return TEXT_ABSENT;
	return text_first(value, text_find_byte(value, '"'));
}

struct text browser_header(const struct browser *browser, const char *name)
{
	struct text headers = buf_text(&browser->reply.headers);
	struct text before = arena_format(browser->arena, "%s: ", name);
	size_t at = text_find(headers, before);
	struct text value = text_from_byte(headers, at + before.size);

	if (at == headers.size)
		return TEXT_ABSENT;
	return text_first(value, text_find_byte(value, '\r'));
}
