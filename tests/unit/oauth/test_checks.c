/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of redirect_uri and code_challenge, and the browser's cookies. */
#include "oauth/ask.h"

#include "oauth/authorization.h"
#include "oauth/session.h"

#define REGISTERED                                                             \
	"https://rp.example/cb https://rp.example/cb?a=b"                      \
	" http://127.0.0.1/cb http://[::1]:9000/cb?x=1"                        \
	" http://localhost/cb com.example.app:/cb"

static struct client client;
static struct ask ask;
static struct authorization authorization;

static void begin(const char *tenant)
{
	ask_begin(&ask, tenant, WORLD_NOW);
	client = world_client(1, TEXT("web"));
	client.redirect_uris = TEXT(REGISTERED);
	authorization = authorization_of(&ask.request);
	authorization.client = &client;
	authorization.form.fields =
		ARENA_ARRAY(ask.arena, struct form_field, 4);
}

static void field(const char *name, const char *value)
{
	if (value != NULL)
		authorization.form.fields[authorization.form.count++] =
			(struct form_field){text_from(name), text_from(value)};
}

static enum reason reason_of(const struct authorization_check *check)
{
	return check->check(&authorization) == DONE
		       ? REASON_NONE
		       : ask.decision.refusal.reason;
}

static bool accepts_uri(const char *uri, bool is_native)
{
	enum reason reason;

	begin("rfc");
	client.is_native = is_native;
	field("redirect_uri", uri);
	reason = reason_of(&check_redirect_uri);
	assert_int_equal(authorization.can_redirect, reason == REASON_NONE);
	if (reason == REASON_NONE) {
		world_assert_text(authorization.redirect_uri, uri);
		assert_true(authorization.redirect_uri_sent);
	} else {
		assert_int_equal(reason, REASON_REDIRECT_URI_UNREGISTERED);
	}
	ask_end(&ask);
	return reason == REASON_NONE;
}

static void exact(void **state)
{
	static const char *const others[] = {
		"https://rp.example/cb/",
		"https://rp.example/CB",
		"https://RP.example/cb",
		"HTTPS://rp.example/cb",
		"https://rp.example:443/cb",
		"https://rp.example/cb#",
		"https://rp.example/cb?",
		"https://rp.example/cb?a=b&c=d",
		"https://rp.example/cb?A=b",
		"https://rp.example/x/../cb",
		"https://rp.example/%63b",
		"https://rp.example.evil/cb",
		"https://rp.example@evil.example/cb",
		"https://evil.example/https://rp.example/cb",
		"https://rp.example",
		"//rp.example/cb",
		"/cb",
		"rp.example/cb",
		" https://rp.example/cb",
		"https://rp.example/cb ",
		"https://rp.example/cb https://rp.example/cb?a=b",
		"https://rp.example/cb\r\nX: y",
		"javascript:alert(1)",
		"com.example.app:/",
		"com.example.APP:/cb",
	};

	assert_true(accepts_uri("https://rp.example/cb", false));
	assert_true(accepts_uri("https://rp.example/cb?a=b", false));
	assert_true(accepts_uri("com.example.app:/cb", true));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (accepts_uri(others[i], false) ||
		    accepts_uri(others[i], true))
			fail_msg("%s was accepted", others[i]);
}

/* RFC 8252 section 7.3: a literal address, a native client, the port alone. */
static void loopback_ports(void **state)
{
	static const char *const accepted[] = {
		"http://127.0.0.1:51004/cb",
		"http://127.0.0.1:1/cb",
		"http://[::1]:51004/cb?x=1",
		"http://[::1]/cb?x=1",
	};
	static const char *const refused[] = {
		"http://127.0.0.1:51004/cb/",
		"http://127.0.0.1:51004/",
		"http://127.0.0.1:51004/cb?x=1",
		"http://127.0.0.1:51004/cb#f",
		"http://127.0.0.2:51004/cb",
		"http://127.1:51004/cb",
		"https://127.0.0.1:51004/cb",
		"http://user@127.0.0.1:51004/cb",
		"http://127.0.0.1:51004@evil.example/cb",
		"http://[::1]:51004/cb",
		"http://[0:0:0:0:0:0:0:1]:51004/cb?x=1",
		"http://localhost:51004/cb",
		"http://127.0.0.1:99999/cb",
		"http://127.0.0.1:port/cb",
		"http://127.0.0.1.evil.example:51004/cb",
	};

	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		assert_true(accepts_uri(accepted[i], true));
		assert_false(accepts_uri(accepted[i], false));
	}
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		if (accepts_uri(refused[i], true))
			fail_msg("%s was accepted", refused[i]);
}

static void left_out(void **state)
{
	begin("rfc");
	assert_int_equal(reason_of(&check_redirect_uri),
			 REASON_REDIRECT_URI_ABSENT);
	assert_false(authorization.can_redirect);
	ask_end(&ask);
	begin("auth0");
	field("redirect_uri", "");
	assert_int_equal(reason_of(&check_redirect_uri), REASON_NONE);
	world_assert_text(authorization.redirect_uri, "https://rp.example/cb");
	assert_false(authorization.redirect_uri_sent);
	ask_end(&ask);
}

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define PLAIN_128                                                              \
	"0123456789012345678901234567890123456789012345678901234567890123"     \
	"0123456789012345678901234567890123456789012345678901234567890123"

struct row {
	const char *challenge;
	const char *method;
	bool allows_plain;
	bool is_public;
	bool requires_pkce;
	enum reason reason;
};

static const struct row rows[] = {
	{CHALLENGE, "S256", false, true, false, REASON_NONE},
	{NULL, NULL, false, false, false, REASON_NONE},
	{"", "", false, false, false, REASON_NONE},
	{NULL, "", false, false, false, REASON_NONE},
	{NULL, NULL, false, true, false, REASON_CHALLENGE_MISSING},
	{"", NULL, false, true, false, REASON_CHALLENGE_MISSING},
	{NULL, NULL, false, false, true, REASON_CHALLENGE_MISSING},
	{NULL, "S256", false, false, false, REASON_CHALLENGE_MISSING},
	{CHALLENGE, NULL, false, true, false,
	 REASON_CHALLENGE_METHOD_UNSUPPORTED},
	{CHALLENGE, "plain", false, true, false,
	 REASON_CHALLENGE_METHOD_UNSUPPORTED},
	{CHALLENGE, "s256", true, true, false,
	 REASON_CHALLENGE_METHOD_UNSUPPORTED},
	{CHALLENGE, "S512", true, true, false,
	 REASON_CHALLENGE_METHOD_UNSUPPORTED},
	{CHALLENGE, "plain", true, true, false, REASON_NONE},
	{CHALLENGE, NULL, true, true, false, REASON_NONE},
	{CHALLENGE, "", true, true, false, REASON_NONE},
	{PLAIN_128, "plain", true, true, false, REASON_NONE},
	{PLAIN_128 "x", "plain", true, true, false, REASON_CHALLENGE_MALFORMED},
	{"short", "plain", true, true, false, REASON_CHALLENGE_MALFORMED},
	{"0123456789012345678901234567890123456789 12", "plain", true, true,
	 false, REASON_CHALLENGE_MALFORMED},
	{CHALLENGE "=", "S256", false, true, false, REASON_CHALLENGE_MALFORMED},
	{CHALLENGE "A", "S256", false, true, false, REASON_CHALLENGE_MALFORMED},
	{"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN", "S256", false, true,
	 false, REASON_CHALLENGE_MALFORMED},
	{"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "S256", false, true,
	 false, REASON_CHALLENGE_MALFORMED},
	{"short", "S256", false, true, false, REASON_CHALLENGE_MALFORMED},
	{PLAIN_128, "S256", true, true, false, REASON_CHALLENGE_MALFORMED},
};

static void challenges(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum reason reason;

		begin("rfc");
		client.allows_plain_pkce = rows[i].allows_plain;
		client.requires_pkce = rows[i].requires_pkce;
		if (rows[i].is_public)
			client.auth_method = TEXT("none");
		field("code_challenge", rows[i].challenge);
		field("code_challenge_method", rows[i].method);
		reason = reason_of(&check_code_challenge);
		if (reason != rows[i].reason)
			fail_msg("row %zu: %s", i, reason_name(reason));
		if (reason == REASON_NONE && rows[i].challenge != NULL &&
		    rows[i].challenge[0] != '\0')
			world_assert_text(authorization.challenge,
					  rows[i].challenge);
		else
			assert_false(text_is_present(authorization.challenge));
		ask_end(&ask);
	}
}

static bool has_header(const char *part)
{
	struct text headers = buf_text(&ask.reply.headers);

	return text_find(headers, text_from(part)) < headers.size;
}

static void browser_cookie(void **state)
{
	struct text secret;

	begin("rfc");
	assert_false(text_is_present(session_browser_sent(&ask.request)));
	secret = session_browser(&ask.request);
	assert_int_equal(secret.size, 32);
	assert_true(has_header(
		"Set-Cookie: __Host-licet-browser-0000000000000001="));
	assert_true(has_header("Secure"));
	assert_true(has_header("HttpOnly"));
	assert_true(has_header("SameSite=Lax"));
	assert_false(has_header("Domain"));
	ask_end(&ask);
}

/* Not replaced while it is there: several tabs work. */
static void browser_cookie_stays(void **state)
{
	begin("asgardeo");
	ask_header(&ask, "Cookie",
		   TEXT("__Host-licet-browser-0000000000000003="
			"0123456789abcdef0123456789abcdef"));
	world_assert_text(session_browser(&ask.request),
			  "0123456789abcdef0123456789abcdef");
	assert_false(has_header("Set-Cookie"));
	ask_end(&ask);
	begin("asgardeo");
	ask_header(&ask, "Cookie",
		   TEXT("__Host-licet-browser-0000000000000003=short"));
	assert_int_equal(session_browser(&ask.request).size, 32);
	assert_true(has_header("Set-Cookie"));
	ask_end(&ask);
}

static struct tenant insecure(void)
{
	struct tenant tenant = *ask.request.tenant;

	tenant.is_secure = false;
	return tenant;
}

/* The issuer's scheme decides: loopback http gets no prefix, no Secure. */
static void http_cookie(void **state)
{
	struct tenant tenant;

	begin("rfc");
	tenant = insecure();
	ask.request.tenant = &tenant;
	(void)session_browser(&ask.request);
	assert_true(has_header("Set-Cookie: licet-browser-0000000000000001="));
	assert_false(has_header("Secure"));
	assert_false(has_header("__Host-"));
	ask_end(&ask);
}

static enum reason origin(const char *value)
{
	enum reason reason;

	begin("rfc");
	if (value != NULL)
		ask_header(&ask, "Origin", text_from(value));
	reason = session_check_origin(&ask.request) == DONE
			 ? REASON_NONE
			 : ask.decision.refusal.reason;
	ask_end(&ask);
	return reason;
}

static void origins(void **state)
{
	assert_int_equal(origin(NULL), REASON_NONE);
	assert_int_equal(origin("null"), REASON_NONE);
	assert_int_equal(origin("https://id.example"), REASON_NONE);
	assert_int_equal(origin("http://id.example"), REASON_ORIGIN_WRONG);
	assert_int_equal(origin("https://id.example:444"), REASON_ORIGIN_WRONG);
	assert_int_equal(origin("https://id.example.evil"),
			 REASON_ORIGIN_WRONG);
	assert_int_equal(origin("https://rp.example"), REASON_ORIGIN_WRONG);
	assert_int_equal(origin(""), REASON_ORIGIN_WRONG);
}

static struct text given_cookie(void)
{
	struct text name = TEXT("__Host-licet-0000000000000001=");
	struct text headers = buf_text(&ask.reply.headers);
	struct text value =
		text_from_byte(headers, text_find(headers, name) + name.size);

	return text_first(value, text_find_byte(value, ';'));
}

static bool finds_session(const char *tenant, const char *cookie, instant now)
{
	struct session session;
	struct user user;
	bool is_found = true;

	begin(tenant);
	ask.decision.now = now;
	ask_header(&ask, "Cookie", text_from(cookie));
	assert_int_equal(session_find(&ask.request, &session, &user, &is_found),
			 DONE);
	ask_end(&ask);
	return is_found;
}

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

/* Whoever has the server's secret alone, and another kind of the same row. */
static bool finds_made_up(const struct session *session,
			  enum reference_kind kind, unsigned char seed_change)
{
	struct reference reference = {
		.kind = kind,
		.tenant_id = 1,
		.row_id = session->id,
		.epoch = (uint32_t)tokens_epochs(world.tokens).current,
		.expires_at = instant_to_seconds(LATER(999)),
	};
	unsigned char seed[ROW_SEED_SIZE];
	struct arena *arena = arena_new(65536);
	struct text value;
	bool is_found;

	memcpy(seed, session->seed, sizeof(seed));
	seed[0] ^= seed_change;
	value = arena_format(arena, "__Host-licet-0000000000000001=%.*s",
			     TEXT_ARG(reference_seal(world.tokens, arena,
						     WORLD_NOW, &reference,
						     seed)));
	is_found =
		finds_session("rfc", arena_terminated(arena, value), WORLD_NOW);
	arena_free(&arena);
	return is_found;
}

static void made_up_sessions(void **state)
{
	struct session session;
	struct user user;

	begin("rfc");
	assert_int_equal(store_load_user(world.store, ask.arena, 101, &user),
			 STORE_DONE);
	assert_int_equal(session_begin(&ask.request, &user, &session), DONE);
	ask_end(&ask);
	assert_true(finds_made_up(&session, REFERENCE_SESSION, 0));
	assert_false(finds_made_up(&session, REFERENCE_SESSION, 1));
	assert_false(finds_made_up(&session, REFERENCE_REQUEST, 0));
	assert_false(finds_made_up(&session, REFERENCE_CODE, 0));
}

/* Lives in its tenant, to its end, until it is ended. */
static void sessions(void **state)
{
	char cookie[256] = "__Host-licet-0000000000000001=";
	char foreign[256] = "__Host-licet-0000000000000002=";
	struct session session;
	struct user user;
	struct text value;

	begin("rfc");
	assert_int_equal(store_load_user(world.store, ask.arena, 101, &user),
			 STORE_DONE);
	assert_int_equal(session_begin(&ask.request, &user, &session), DONE);
	value = given_cookie();
	memcpy(cookie + strlen(cookie), value.at, value.size);
	memcpy(foreign + strlen(foreign), value.at, value.size);
	ask_end(&ask);
	assert_true(finds_session("rfc", cookie, WORLD_NOW));
	assert_true(finds_session("rfc", cookie, LATER(12 * 3600) - 1));
	assert_false(finds_session("rfc", cookie, LATER(12 * 3600)));
	assert_false(finds_session("auth0", cookie, WORLD_NOW));
	assert_false(finds_session("auth0", foreign, WORLD_NOW));
	begin("rfc");
	assert_int_equal(session_end(&ask.request, &session), DONE);
	assert_true(has_header("Max-Age=0"));
	ask_end(&ask);
	assert_false(finds_session("rfc", cookie, WORLD_NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a redirect_uri is compared byte for byte", exact),
		test_that("a native client's loopback port is its own affair",
			  loopback_ports),
		test_that("redirect_uri left out", left_out),
		test_that("challenges of every form", challenges),
		test_that("the browser's cookie", browser_cookie),
		test_that("the browser's cookie stays", browser_cookie_stays),
		test_that("an http issuer's cookie", http_cookie),
		test_that("a form comes from our own origin", origins),
		test_that("the server's secret alone makes no session",
			  made_up_sessions),
		test_that("a session is its tenant's, and ends", sessions),
	};

	return cmocka_run_group_tests_name("checks", tests, ask_open,
					   ask_close);
}
