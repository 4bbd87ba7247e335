/* SPDX-License-Identifier: Apache-2.0 */
/* Who the client is: each method, their mixtures, and guessing. */
#include "world.h"

#include "base/encoding.h"
#include "client_auth/client_auth.h"

static const struct client_auth_method *const methods[] = {
	&client_auth_client_secret_basic,
	&client_auth_client_secret_post,
	&client_auth_none,
};

static struct limiter *limiter;

/* One attempt of a client to prove itself. */
struct attempt {
	struct arena *arena;
	struct decision decision;
	struct http_header headers[2];
	struct http_request http;
	struct form_field fields[4];
	struct form form;
	const struct client *client; /* once proven */
};

static void begin(struct attempt *attempt)
{
	*attempt = (struct attempt){.arena = arena_new((size_t)16 << 20)};
	attempt->decision = (struct decision){
		.arena = attempt->arena,
		.id = TEXT("request-id"),
		.now = WORLD_NOW,
		.peer = TEXT("192.0.2.1"),
	};
}

static void end(struct attempt *attempt)
{
	arena_free(&attempt->arena);
}

static void header(struct attempt *attempt, struct text value)
{
	attempt->headers[attempt->http.header_count++] =
		(struct http_header){TEXT("Authorization"), value};
}

static void basic(struct attempt *attempt, struct text pair)
{
	struct buf value = buf_init_arena(attempt->arena, (size_t)2 << 20);

	buf_add_string(&value, "Basic ");
	base64_encode(&value, pair);
	header(attempt, buf_text(&value));
}

static void field(struct attempt *attempt, const char *name, const char *value)
{
	attempt->fields[attempt->form.count++] =
		(struct form_field){text_from(name), text_from(value)};
}

static outcome prove(struct attempt *attempt)
{
	struct client_auth_once once = {0};
	struct client_auth_request request = {
		.once_out = &once,
		.decision = &attempt->decision,
		.store = world.store,
		.tenants = world.tenants,
		.tenant = tenants_find_named(world.tenants, TEXT("rfc")),
		.master = world.master,
		.limiter = limiter,
		.http = &attempt->http,
		.form = &attempt->form,
		.methods = methods,
		.method_count = COUNT_OF(methods),
	};

	attempt->http.arena = attempt->arena;
	attempt->http.headers = attempt->headers;
	attempt->form.fields = attempt->fields;
	return client_auth_prove(&request, &attempt->client);
}

/* Ends the attempt. */
static void assert_proven(struct attempt *attempt, const char *id)
{
	if (prove(attempt) != DONE)
		fail_msg("refused: %s",
			 reason_name(attempt->decision.refusal.reason));
	world_assert_text(attempt->client->id, id);
	assert_int_equal(attempt->decision.refusal.reason, REASON_NONE);
	end(attempt);
}

static void assert_refused(struct attempt *attempt, enum reason reason)
{
	assert_int_equal(prove(attempt), REFUSED);
	if (attempt->decision.refusal.reason != reason)
		fail_msg("%s, wanted %s",
			 reason_name(attempt->decision.refusal.reason),
			 reason_name(reason));
	end(attempt);
}

static int open_all(void **state)
{
	limiter = limiter_new(1000000, 60);
	return world_open(state);
}

static int close_all(void **state)
{
	limiter_free(&limiter);
	return world_close(state);
}

static void by_basic(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	basic(&attempt, TEXT("web:" WORLD_SECRET));
	assert_proven(&attempt, "web");
	begin(&attempt);
	basic(&attempt, TEXT("web:" WORLD_SECRET "x"));
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
	begin(&attempt);
	basic(&attempt, TEXT("web:"));
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
	begin(&attempt);
	basic(&attempt, TEXT(":" WORLD_SECRET));
	assert_refused(&attempt, REASON_CLIENT_ID_MISSING);
}

static void by_post(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	field(&attempt, "client_id", "web");
	field(&attempt, "client_secret", WORLD_SECRET);
	assert_proven(&attempt, "web");
	begin(&attempt);
	field(&attempt, "client_id", "web");
	field(&attempt, "client_secret", "wrong");
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
	begin(&attempt);
	field(&attempt, "client_secret", WORLD_SECRET);
	assert_refused(&attempt, REASON_CLIENT_ID_MISSING);
}

static void by_nothing(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	field(&attempt, "client_id", "spa");
	assert_proven(&attempt, "spa");
	begin(&attempt);
	field(&attempt, "client_id", "spa");
	field(&attempt, "client_secret", "");
	assert_proven(&attempt, "spa");
	begin(&attempt);
	assert_refused(&attempt, REASON_CLIENT_ID_MISSING);
	begin(&attempt);
	field(&attempt, "client_id", "");
	assert_refused(&attempt, REASON_CLIENT_ID_MISSING);
	begin(&attempt);
	field(&attempt, "client_id", "web");
	assert_refused(&attempt, REASON_CLIENT_SECRET_MISSING);
}

static void public_with_secret(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	field(&attempt, "client_id", "spa");
	field(&attempt, "client_secret", "anything");
	assert_refused(&attempt, REASON_CLIENT_METHOD_WRONG);
	begin(&attempt);
	basic(&attempt, TEXT("spa:anything"));
	assert_refused(&attempt, REASON_CLIENT_METHOD_WRONG);
}

static void interchange(void **state)
{
	struct client client = world_client(1, TEXT("post"));
	struct attempt attempt;

	client.auth_method = TEXT("client_secret_post");
	world_save_client(&client, WORLD_SECRET);
	begin(&attempt);
	basic(&attempt, TEXT("post:" WORLD_SECRET));
	assert_proven(&attempt, "post");
	begin(&attempt);
	field(&attempt, "client_id", "post");
	field(&attempt, "client_secret", WORLD_SECRET);
	assert_proven(&attempt, "post");
}

/* A07: whoever is registered to sign does not get in by a secret. */
static void no_downgrade(void **state)
{
	struct client client = world_client(1, TEXT("signer"));
	struct attempt attempt;

	client.auth_method = TEXT("private_key_jwt");
	world_save_client(&client, WORLD_SECRET);
	begin(&attempt);
	basic(&attempt, TEXT("signer:" WORLD_SECRET));
	assert_refused(&attempt, REASON_CLIENT_METHOD_WRONG);
	begin(&attempt);
	field(&attempt, "client_id", "signer");
	assert_refused(&attempt, REASON_CLIENT_SECRET_MISSING);
}

static void two_methods(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	basic(&attempt, TEXT("web:" WORLD_SECRET));
	field(&attempt, "client_id", "web");
	field(&attempt, "client_secret", WORLD_SECRET);
	assert_refused(&attempt, REASON_CLIENT_TWO_METHODS);
}

static void ids_agree(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	basic(&attempt, TEXT("web:" WORLD_SECRET));
	field(&attempt, "client_id", "web");
	assert_proven(&attempt, "web");
	begin(&attempt);
	basic(&attempt, TEXT("web:" WORLD_SECRET));
	field(&attempt, "client_id", "spa");
	assert_refused(&attempt, REASON_CLIENT_ID_CONFLICT);
}

static void unknown(void **state)
{
	struct attempt attempt;
	char long_id[300];

	begin(&attempt);
	basic(&attempt, TEXT("nobody:" WORLD_SECRET));
	assert_refused(&attempt, REASON_CLIENT_UNKNOWN);
	begin(&attempt);
	field(&attempt, "client_id", "WEB");
	assert_refused(&attempt, REASON_CLIENT_UNKNOWN);
	memset(long_id, 'a', sizeof(long_id) - 1);
	long_id[sizeof(long_id) - 1] = '\0';
	begin(&attempt);
	field(&attempt, "client_id", long_id);
	assert_refused(&attempt, REASON_CLIENT_UNKNOWN);
}

/* A10: on the wire an unknown client is a wrong secret. */
static void same_reply(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct profile *profile =
			tenants_find_named(world.tenants, text_from(names[i]))
				->profile;
		const struct profile_reply *wrong = profile_find_reply(
			profile, ENDPOINT_TOKEN, REASON_CLIENT_SECRET_WRONG);
		const struct profile_reply *nobody = profile_find_reply(
			profile, ENDPOINT_TOKEN, REASON_CLIENT_UNKNOWN);

		assert_int_equal(wrong->status, nobody->status);
		assert_string_equal(wrong->error, nobody->error);
		assert_string_equal(wrong->text, nobody->text);
		assert_int_equal(wrong->flags, nobody->flags);
	}
}

static void disabled(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	basic(&attempt, TEXT("off:" WORLD_SECRET));
	assert_refused(&attempt, REASON_CLIENT_DISABLED);
}

struct credential {
	const char *id;
	const char *secret;
};

/* Each is right in both spellings, and belongs to one client alone. */
static const struct credential special[] = {
	{"with space", "a b c"},
	{"plus+plus", "1+1=2"},
	{"percent%41", "100%25"},
	{"slash/eq=amp&", "/=&?#;,"},
	{"https://rp.example/?a=b", "k\"uote\\"},
	{"umlaut-\xc3\xa4\xe2\x82\xac", "\xf0\x9f\x94\x91 key"},
	{"tilde~-._", "colon:in:secret:"},
	{"bare-percent", "50% off"},
};

static void save_special(void)
{
	for (size_t i = 0; i < COUNT_OF(special); i++) {
		struct client client =
			world_client(1, text_from(special[i].id));

		world_save_client(&client, special[i].secret);
	}
}

static void encoded(void **state)
{
	save_special();
	for (size_t i = 0; i < COUNT_OF(special); i++) {
		struct attempt attempt;
		struct buf pair;

		begin(&attempt);
		pair = buf_init_arena(attempt.arena, 4096);
		form_encode(&pair, text_from(special[i].id));
		buf_add_byte(&pair, ':');
		form_encode(&pair, text_from(special[i].secret));
		basic(&attempt, buf_text(&pair));
		assert_proven(&attempt, special[i].id);
	}
}

static void raw(void **state)
{
	save_special();
	for (size_t i = 0; i < COUNT_OF(special); i++) {
		struct attempt attempt;

		if (strchr(special[i].id, ':') != NULL)
			continue;
		begin(&attempt);
		basic(&attempt, arena_format(attempt.arena, "%s:%s",
					     special[i].id, special[i].secret));
		assert_proven(&attempt, special[i].id);
	}
}

static void malformed(void **state)
{
	static const char *const values[] = {
		"",
		"Basic",
		"Basic ",
		"Basic !!!!",
		"Basic d2Vi", /* web */
		"Basic d2ViOgA=", /* web:NUL */
		"Basic d2ViOv8=", /* web:0xff */
		"Basic d2ViOgo=", /* web:LF */
		"Basic d2Vi OnM=",
		"Basic d2ViOnM", /* no padding */
		"Bearer d2ViOnM=",
		"Digest username=\"web\"",
		"d2ViOnM=",
		"Basicd2ViOnM=",
		"Basic d2ViOnM=, Basic d2ViOnM=",
	};

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct attempt attempt;

		begin(&attempt);
		header(&attempt, text_from(values[i]));
		assert_int_equal(prove(&attempt), REFUSED);
		if (attempt.decision.refusal.reason !=
			    REASON_CLIENT_HEADER_MALFORMED &&
		    attempt.decision.refusal.reason !=
			    REASON_CLIENT_SECRET_WRONG)
			fail_msg("'%s': %s", values[i],
				 reason_name(attempt.decision.refusal.reason));
		end(&attempt);
	}
}

static void scheme_in_any_case(void **state)
{
	struct attempt attempt;
	struct buf pair;

	begin(&attempt);
	pair = buf_init_arena(attempt.arena, 256);
	buf_add_string(&pair, "bASIC   ");
	base64_encode(&pair, TEXT("web:" WORLD_SECRET));
	header(&attempt, buf_text(&pair));
	assert_proven(&attempt, "web");
}

static void twice(void **state)
{
	struct attempt attempt;

	begin(&attempt);
	basic(&attempt, TEXT("web:" WORLD_SECRET));
	basic(&attempt, TEXT("web:" WORLD_SECRET));
	assert_refused(&attempt, REASON_CLIENT_HEADER_MALFORMED);
}

static void a_mebibyte(void **state)
{
	struct attempt attempt;
	char *pair;

	begin(&attempt);
	pair = arena_alloc(attempt.arena, (size_t)1 << 20);
	memset(pair, 'a', (size_t)1 << 20);
	pair[3] = ':';
	basic(&attempt, text_of(pair, (size_t)1 << 20));
	assert_refused(&attempt, REASON_CLIENT_HEADER_MALFORMED);
	begin(&attempt);
	pair = arena_alloc(attempt.arena, ((size_t)1 << 20) + 1);
	memset(pair, 'a', (size_t)1 << 20);
	field(&attempt, "client_id", "web");
	field(&attempt, "client_secret", pair);
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
}

/* What is stored of a secret opens nothing (C16). */
static void stored_hash(void **state)
{
	unsigned char hash[CLIENT_SECRET_HASH_SIZE];
	struct attempt attempt;
	struct buf spelled;

	master_hash_client_secret(world.master, 1, TEXT("web"),
				  TEXT(WORLD_SECRET), hash);
	begin(&attempt);
	spelled = buf_init_arena(attempt.arena, 256);
	hex_encode(&spelled, text_of(hash, sizeof(hash)));
	buf_add_byte(&spelled, '\0');
	field(&attempt, "client_id", "web");
	field(&attempt, "client_secret", spelled.at);
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
}

/* The same hash under another client or tenant is worth nothing. */
static void copied_hash(void **state)
{
	unsigned char hash[CLIENT_SECRET_HASH_SIZE];
	struct client client = world_client(1, TEXT("copycat"));
	struct attempt attempt;

	master_hash_client_secret(world.master, 1, TEXT("web"),
				  TEXT(WORLD_SECRET), hash);
	client.secret_hash = text_of(hash, sizeof(hash));
	world_save_client(&client, NULL);
	begin(&attempt);
	basic(&attempt, TEXT("copycat:" WORLD_SECRET));
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
}

static void without_a_hash(void **state)
{
	struct client client = world_client(1, TEXT("hashless"));
	struct attempt attempt;

	world_save_client(&client, NULL);
	begin(&attempt);
	basic(&attempt, TEXT("hashless:"));
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
	begin(&attempt);
	basic(&attempt, TEXT("hashless:x"));
	assert_refused(&attempt, REASON_CLIENT_SECRET_WRONG);
}

static enum reason guess(const char *secret, const char *peer, instant now)
{
	enum reason reason;
	struct attempt attempt;

	begin(&attempt);
	attempt.decision.peer = text_from(peer);
	attempt.decision.now = now;
	field(&attempt, "client_id", "web");
	field(&attempt, "client_secret", secret);
	reason = prove(&attempt) == DONE ? REASON_NONE
					 : attempt.decision.refusal.reason;
	end(&attempt);
	return reason;
}

/* A11: ten thousand guesses; the client itself is never locked out. */
static void guessing(void **state)
{
	struct limiter *generous = limiter;
	instant now = WORLD_NOW;
	size_t looked_at = 0;

	limiter = limiter_new(5, 60);
	for (int i = 0; i < 10000; i++, now += INSTANT_SECOND / 100)
		looked_at += guess("wrong", "198.51.100.7", now) !=
			     REASON_CLIENT_RATE_LIMITED;
	assert_in_range(looked_at, 5, 20);
	assert_int_equal(guess(WORLD_SECRET, "198.51.100.7", now),
			 REASON_CLIENT_RATE_LIMITED);
	assert_int_equal(guess(WORLD_SECRET, "192.0.2.1", now), REASON_NONE);
	now += 61 * INSTANT_SECOND;
	assert_int_equal(guess(WORLD_SECRET, "198.51.100.7", now), REASON_NONE);
	limiter_free(&limiter);
	limiter = generous;
}

/* A public client has nothing to guess: it never waits. */
static void public_never_waits(void **state)
{
	struct limiter *generous = limiter;

	limiter = limiter_new(0, 60);
	for (int i = 0; i < 10; i++) {
		struct attempt attempt;

		begin(&attempt);
		field(&attempt, "client_id", "spa");
		assert_proven(&attempt, "spa");
	}
	limiter_free(&limiter);
	limiter = generous;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a secret by Basic", by_basic),
		test_that("a secret in the body", by_post),
		test_that("a public client by its id alone", by_nothing),
		test_that("a public client that sends a secret is refused",
			  public_with_secret),
		test_that("Basic and post may stand for each other",
			  interchange),
		test_that("a secret is no way round a registered key",
			  no_downgrade),
		test_that("two methods at once are refused", two_methods),
		test_that("a client_id beside Basic must agree", ids_agree),
		test_that("an id that nobody has", unknown),
		test_that("A10: unknown looks like a wrong secret", same_reply),
		test_that("a disabled client is refused", disabled),
		test_that("special characters, form-encoded", encoded),
		test_that("special characters, raw", raw),
		test_that("malformed headers", malformed),
		test_that("the scheme's name in any case", scheme_in_any_case),
		test_that("two Authorization headers", twice),
		test_that("a mebibyte does no harm", a_mebibyte),
		test_that("the stored hash is no secret", stored_hash),
		test_that("a hash copied to another client is worth nothing",
			  copied_hash),
		test_that("a client without a hash has no secret",
			  without_a_hash),
		test_that("A11: guesses are slowed, other addresses are not",
			  guessing),
		test_that("public clients never wait", public_never_waits),
	};

	return cmocka_run_group_tests_name("client_auth", tests, open_all,
					   close_all);
}
