/* SPDX-License-Identifier: Apache-2.0 */
/* Client assertions: who signed them, for whom, for how long, and once. */
#include "world.h"

#include "base/encoding.h"
#include "client_auth/client_auth.h"
#include "jose/jwk.h"
#include "jose/jws_hmac.h"

#define TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define NOW_SECONDS (WORLD_NOW / INSTANT_SECOND)
#define SECRET_OF_64                                                           \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct client_auth_method *const methods[] = {
	&client_auth_client_secret_basic,
	&client_auth_client_secret_post,
	&client_auth_private_key_jwt,
	&client_auth_client_secret_jwt,
	&client_auth_none,
};

static struct limiter *limiter;
static struct pkey *ec;
static struct pkey *rsa;

/* An assertion, its claims as JSON where they are not left out. */
struct claims {
	const char *iss;
	const char *sub;
	const char *aud;
	const char *jti;
	long long exp; /* seconds from now */
	long long iat;
	long long nbf;
	bool has_iat;
	bool has_nbf;
	bool lacks_exp;
};

static const struct claims good = {
	.iss = "\"signer\"",
	.sub = "\"signer\"",
	.aud = "\"https://id.example/t/rfc\"",
	.exp = 60,
};

struct sent {
	struct arena *arena;
	struct decision decision;
	struct form_field fields[5];
	struct form form;
	struct http_header headers[1];
	const char *tenant;
	const struct client *client;
	struct client_auth_once once;
};

static void begin(struct sent *sent)
{
	*sent = (struct sent){.arena = arena_new((size_t)4 << 20),
			      .tenant = "rfc"};
	sent->decision = (struct decision){
		.arena = sent->arena,
		.id = TEXT("request-id"),
		.now = WORLD_NOW,
		.peer = TEXT("192.0.2.1"),
	};
}

static void end(struct sent *sent)
{
	arena_free(&sent->arena);
}

static void field(struct sent *sent, const char *name, struct text value)
{
	sent->fields[sent->form.count++] =
		(struct form_field){text_from(name), value};
}

static outcome prove(struct sent *sent)
{
	struct http_request http = {.arena = sent->arena,
				    .headers = sent->headers};
	struct client_auth_request request = {
		.decision = &sent->decision,
		.store = world.store,
		.tenants = world.tenants,
		.tenant = tenants_find_named(world.tenants,
					     text_from(sent->tenant)),
		.master = world.master,
		.limiter = limiter,
		.http = &http,
		.form = &sent->form,
		.methods = methods,
		.method_count = COUNT_OF(methods),
		.once_out = &sent->once,
	};

	sent->form.fields = sent->fields;
	return client_auth_prove(&request, &sent->client);
}

static void add(struct buf *json, const char *name, const char *value)
{
	if (value != NULL)
		buf_format(json, "%s\"%s\":%s", json->size > 1 ? "," : "", name,
			   value);
}

static void add_time(struct buf *json, const char *name, long long offset)
{
	buf_format(json, "%s\"%s\":%lld", json->size > 1 ? "," : "", name,
		   (long long)NOW_SECONDS + offset);
}

static struct text payload_of(struct arena *arena, const struct claims *claims)
{
	static int serial;
	struct buf json = buf_init_arena(arena, 16384);
	struct text fresh = arena_format(arena, "\"id-%d\"", serial++);

	buf_add_byte(&json, '{');
	add(&json, "iss", claims->iss);
	add(&json, "sub", claims->sub);
	add(&json, "aud", claims->aud);
	add(&json, "jti", claims->jti == NULL ? fresh.at : claims->jti);
	if (!claims->lacks_exp)
		add_time(&json, "exp", claims->exp);
	if (claims->has_iat)
		add_time(&json, "iat", claims->iat);
	if (claims->has_nbf)
		add_time(&json, "nbf", claims->nbf);
	buf_add_byte(&json, '}');
	return buf_text(&json);
}

static struct text sign(struct arena *arena, struct pkey *key,
			enum pkey_scheme scheme, const char *header,
			struct text payload)
{
	struct buf compact = buf_init_arena(arena, JWS_SIZE_MAX * 2);
	struct buf signature = buf_init_arena(arena, PKEY_SIGNATURE_MAX);

	jws_signing_input(&compact, text_from(header), payload);
	assert_int_equal(pkey_sign(key, scheme, buf_text(&compact), &signature),
			 DONE);
	buf_add_byte(&compact, '.');
	base64url_encode(&compact, buf_text(&signature));
	return buf_text(&compact);
}

static struct text es256(struct arena *arena, const struct claims *claims)
{
	return sign(arena, ec, PKEY_ES256, "{\"alg\":\"ES256\",\"kid\":\"ec\"}",
		    payload_of(arena, claims));
}

static void assertion(struct sent *sent, struct text compact)
{
	field(sent, "client_assertion_type", TEXT(TYPE));
	field(sent, "client_assertion", compact);
}

static void assert_proven(struct sent *sent, const char *id)
{
	if (prove(sent) != DONE)
		fail_msg("refused: %s: %.*s",
			 reason_name(sent->decision.refusal.reason),
			 TEXT_ARG(sent->decision.refusal.near_miss));
	world_assert_text(sent->client->id, id);
	end(sent);
}

static void assert_refused(struct sent *sent, enum reason reason)
{
	assert_int_equal(prove(sent), REFUSED);
	if (sent->decision.refusal.reason != reason)
		fail_msg("%s, wanted %s",
			 reason_name(sent->decision.refusal.reason),
			 reason_name(reason));
	end(sent);
}

static void accepts(const struct claims *claims)
{
	struct sent sent;

	begin(&sent);
	assertion(&sent, es256(sent.arena, claims));
	assert_proven(&sent, "signer");
}

static void refuses(const struct claims *claims, enum reason reason)
{
	struct sent sent;

	begin(&sent);
	field(&sent, "client_id", TEXT("signer"));
	assertion(&sent, es256(sent.arena, claims));
	assert_refused(&sent, reason);
}

static void write_key(struct buf *jwks, struct pkey *key, const char *more)
{
	struct json_writer writer = {.buf = jwks};

	json_open_object(&writer);
	assert_int_equal(jwk_write(key, &writer), DONE);
	buf_add_string(jwks, more);
	json_close_object(&writer);
}

static void save_signer(int64_t tenant_id, const char *id, const char *alg)
{
	CLEANUP(buf_wipe) struct buf jwks = buf_init(8192);
	struct client client = world_client(tenant_id, text_from(id));

	buf_add_string(&jwks, "{\"keys\":[");
	write_key(&jwks, ec, ",\"kid\":\"ec\",\"use\":\"sig\"");
	buf_add_byte(&jwks, ',');
	write_key(&jwks, rsa, ",\"kid\":\"rsa\"");
	buf_add_byte(&jwks, ',');
	write_key(&jwks, rsa, ",\"kid\":\"enc\",\"use\":\"enc\"");
	buf_add_string(&jwks, "]}");
	client.auth_method = TEXT("private_key_jwt");
	client.auth_signing_alg = text_from(alg);
	client.jwks = buf_text(&jwks);
	world_save_client(&client, NULL);
}

static void save_keyed(const char *id, const char *secret)
{
	CLEANUP(buf_wipe) struct buf sealed = buf_init(1024);
	struct client client = world_client(1, text_from(id));

	client.auth_method = TEXT("client_secret_jwt");
	master_seal_client_secret(world.master, &client, text_from(secret),
				  &sealed);
	client.secret_sealed = buf_text(&sealed);
	world_save_client(&client, secret);
}

static int open_all(void **state)
{
	if (world_open(state) != 0)
		return -1;
	limiter = limiter_new(1000000, 60);
	assert_int_equal(pkey_generate(PKEY_P256, 0, &ec), DONE);
	assert_int_equal(pkey_generate(PKEY_RSA, 2048, &rsa), DONE);
	for (int64_t id = 1; id <= 3; id++)
		save_signer(id, "signer", NULL);
	save_signer(1, "strict", "PS256");
	save_keyed("keyed", SECRET_OF_64);
	save_keyed("short", "0123456789abcdef0123456789abcde");
	return 0;
}

static int close_all(void **state)
{
	limiter_free(&limiter);
	pkey_unref(&ec);
	pkey_unref(&rsa);
	return world_close(state);
}

static void by_key(void **state)
{
	struct sent sent;

	accepts(&good);
	begin(&sent);
	field(&sent, "client_id", TEXT("signer"));
	assertion(&sent, sign(sent.arena, ec, PKEY_ES256,
			      "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
			      payload_of(sent.arena, &good)));
	assert_proven(&sent, "signer");
	begin(&sent);
	assertion(&sent, sign(sent.arena, rsa, PKEY_PS384,
			      "{\"alg\":\"PS384\",\"kid\":\"rsa\"}",
			      payload_of(sent.arena, &good)));
	assert_proven(&sent, "signer");
}

static struct text hmac(struct arena *arena, const char *name,
			const char *secret, const char *id)
{
	struct claims claims = good;
	struct buf compact = buf_init_arena(arena, JWS_SIZE_MAX);

	claims.iss = arena_format(arena, "\"%s\"", id).at;
	claims.sub = claims.iss;
	assert_int_equal(
		jws_hmac_sign(text_from(secret), jws_hmac_find(text_from(name)),
			      arena_format(arena, "{\"alg\":\"%s\"}", name),
			      payload_of(arena, &claims), &compact),
		DONE);
	return buf_text(&compact);
}

static void by_secret(void **state)
{
	static const char *const names[] = {"HS256", "HS384", "HS512"};
	struct sent sent;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		begin(&sent);
		assertion(&sent,
			  hmac(sent.arena, names[i], SECRET_OF_64, "keyed"));
		assert_proven(&sent, "keyed");
	}
	begin(&sent);
	assertion(&sent, hmac(sent.arena, "HS256", SECRET_OF_64 "x", "keyed"));
	assert_refused(&sent, REASON_ASSERTION_SIGNATURE);
}

/* Signed with a longer key, whose first bytes are the client's secret. */
static void short_secret(void **state)
{
	struct sent sent;

	begin(&sent);
	assertion(&sent, hmac(sent.arena, "HS256", SECRET_OF_64, "short"));
	assert_refused(&sent, REASON_ASSERTION_ALGORITHM);
}

/* What a proven assertion is good for once. */
static struct store_jti jti_of(const char *tenant, const char *aud,
			       const char *jti)
{
	struct claims claims = good;
	struct store_jti got;
	struct sent sent;

	claims.jti = jti;
	claims.aud = aud;
	begin(&sent);
	sent.tenant = tenant;
	assertion(&sent, es256(sent.arena, &claims));
	assert_int_equal(prove(&sent), DONE);
	assert_true(sent.once.is_there);
	got = sent.once.jti;
	end(&sent);
	return got;
}

static bool is_same(struct store_jti a, struct store_jti b)
{
	return text_equal(text_of(a.hash, sizeof(a.hash)),
			  text_of(b.hash, sizeof(b.hash)));
}

/* Taken for a minute of wrong clock after its exp, remembered for one more: a
 * node whose clock is ahead must not purge what another still takes. */
static void once(void **state)
{
	struct store_jti first = jti_of("rfc", good.aud, "\"once\"");

	assert_true(is_same(first, jti_of("rfc", good.aud, "\"once\"")));
	assert_false(is_same(first, jti_of("rfc", good.aud, "\"onc\"")));
	assert_false(is_same(first,
			     jti_of("auth0", "\"https://id.example/t/auth0/\"",
				    "\"once\"")));
	assert_int_equal(first.expires_at, WORLD_NOW + 180 * INSTANT_SECOND);
	assert_int_equal(store_find_spent(world.store, first.hash),
			 STORE_NOT_FOUND);
}

/* Whoever fails has nothing to spend. */
static void failed_is_unspent(void **state)
{
	struct claims claims = good;
	struct sent sent;

	claims.aud = "\"https://elsewhere.example\"";
	begin(&sent);
	assertion(&sent, es256(sent.arena, &claims));
	assert_int_equal(prove(&sent), REFUSED);
	assert_false(sent.once.is_there);
	end(&sent);
}

static void too_long(void **state)
{
	struct claims claims = good;

	claims.exp = 300;
	accepts(&claims);
	claims.exp = 301;
	refuses(&claims, REASON_ASSERTION_TOO_LONG);
	claims.exp = 48LL * 3600;
	refuses(&claims, REASON_ASSERTION_TOO_LONG);
	claims.exp = 30;
	claims.has_iat = true;
	claims.iat = -271;
	refuses(&claims, REASON_ASSERTION_TOO_LONG);
	claims.iat = -270;
	accepts(&claims);
}

static void missing(void **state)
{
	struct claims claims = good;

	claims.iss = "\"somebody\"";
	refuses(&claims, REASON_ASSERTION_ISSUER);
	claims = good;
	claims.sub = "\"somebody\"";
	refuses(&claims, REASON_ASSERTION_ISSUER);
	claims = good;
	claims.iss = NULL;
	refuses(&claims, REASON_ASSERTION_CLAIM_MISSING);
	claims = good;
	claims.sub = NULL;
	refuses(&claims, REASON_ASSERTION_CLAIM_MISSING);
	claims = good;
	claims.aud = NULL;
	refuses(&claims, REASON_ASSERTION_CLAIM_MISSING);
	claims = good;
	claims.jti = "\"\"";
	refuses(&claims, REASON_ASSERTION_CLAIM_MISSING);
	claims = good;
	claims.lacks_exp = true;
	refuses(&claims, REASON_ASSERTION_CLAIM_MISSING);
}

static void long_id(void **state)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	struct claims claims = good;
	char *id = arena_alloc(arena, 300);

	memset(id, 'j', 257);
	id[0] = '"';
	id[256] = '"';
	id[257] = '\0';
	claims.jti = id;
	accepts(&claims);
	id[256] = 'j';
	id[257] = '"';
	refuses(&claims, REASON_ASSERTION_MALFORMED);
}

static void clocks(void **state)
{
	struct claims claims = good;

	claims.exp = -300;
	refuses(&claims, REASON_ASSERTION_EXPIRED);
	claims.exp = -60;
	refuses(&claims, REASON_ASSERTION_EXPIRED);
	claims.exp = -59;
	accepts(&claims);
	claims = good;
	claims.exp = 120;
	claims.has_iat = claims.has_nbf = true;
	claims.iat = claims.nbf = 8;
	accepts(&claims);
	claims.iat = 61;
	refuses(&claims, REASON_ASSERTION_TOO_EARLY);
	claims.iat = 0;
	claims.nbf = 61;
	refuses(&claims, REASON_ASSERTION_TOO_EARLY);
}

struct naming {
	const char *tenant;
	const char *aud;
	bool is_taken;
};

static void audiences(void **state)
{
	static const struct naming rows[] = {
		{"rfc", "\"https://id.example/t/rfc\"", true},
		{"rfc", "\"https://id.example/t/rfc/token\"", true},
		{"rfc", "\"https://id.example/t/rfc/par\"", true},
		{"rfc", "[\"https://x.example\",\"https://id.example/t/rfc\"]",
		 true},
		{"rfc", "\"https://id.example/t/rfc/\"", false},
		{"rfc", "\"https://id.example/t/rf\"", false},
		{"rfc", "\"https://id.example/t/rfc https://x\"", false},
		{"rfc", "\"HTTPS://id.example/t/rfc\"", false},
		{"rfc", "\"\"", false},
		{"rfc", "[]", false},
		{"rfc", "\"https://id.example/t/auth0/\"", false},
		{"auth0", "\"https://id.example/t/auth0/\"", true},
		{"auth0", "\"https://id.example/t/auth0\"", true},
		{"auth0", "\"https://id.example/t/auth0/oauth/token\"", true},
		{"auth0", "\"https://id.example/t/auth0//\"", false},
		{"asgardeo", "\"https://id.example/t/asgardeo/oauth2/token\"",
		 true},
		{"asgardeo", "\"https://id.example/t/asgardeo\"", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct claims claims = good;
		struct sent sent;

		claims.aud = rows[i].aud;
		begin(&sent);
		sent.tenant = rows[i].tenant;
		assertion(&sent, es256(sent.arena, &claims));
		if (rows[i].is_taken)
			assert_proven(&sent, "signer");
		else
			assert_refused(&sent, REASON_ASSERTION_AUDIENCE);
	}
}

static void audience_types(void **state)
{
	struct claims claims = good;

	claims.aud = "17";
	refuses(&claims, REASON_ASSERTION_MALFORMED);
	claims.aud = "[17]";
	refuses(&claims, REASON_ASSERTION_MALFORMED);
}

static void explains(void **state)
{
	struct claims claims = good;
	struct sent sent;

	claims.aud = "\"https://id.example/t/rfc/oauth/token\"";
	begin(&sent);
	assertion(&sent, es256(sent.arena, &claims));
	assert_int_equal(prove(&sent), REFUSED);
	world_assert_text(
		sent.decision.refusal.near_miss,
		"the assertion's aud is \"https://id.example/t/rfc/oauth/"
		"token\", this tenant takes any of: https://id.example/t/rfc "
		"https://id.example/t/rfc/token https://id.example/t/rfc/par");
	end(&sent);
}

static void downgrades(void **state)
{
	struct sent sent;

	begin(&sent);
	field(&sent, "client_id", TEXT("signer"));
	field(&sent, "client_secret", TEXT("any"));
	assert_refused(&sent, REASON_CLIENT_METHOD_WRONG);
	begin(&sent);
	assertion(&sent, hmac(sent.arena, "HS256", SECRET_OF_64, "signer"));
	assert_refused(&sent, REASON_CLIENT_METHOD_WRONG);
	begin(&sent);
	field(&sent, "client_id", TEXT("keyed"));
	field(&sent, "client_secret", TEXT(SECRET_OF_64));
	assert_refused(&sent, REASON_CLIENT_METHOD_WRONG);
	begin(&sent);
	field(&sent, "client_secret", TEXT(SECRET_OF_64));
	assertion(&sent, es256(sent.arena, &good));
	assert_refused(&sent, REASON_CLIENT_TWO_METHODS);
	begin(&sent);
	field(&sent, "client_id", TEXT("web"));
	assertion(&sent, es256(sent.arena, &good));
	assert_refused(&sent, REASON_CLIENT_METHOD_WRONG);
}

/* "none" has a header and claims, and nobody behind them. */
static void unsigned_one(void **state)
{
	static const char *const names[] = {"none", "None", "nOnE"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct sent sent;
		struct text header;
		struct buf compact;

		begin(&sent);
		header = arena_format(sent.arena, "{\"alg\":\"%s\"}", names[i]);
		compact = buf_init_arena(sent.arena, 4096);
		jws_signing_input(&compact, header,
				  payload_of(sent.arena, &good));
		buf_add_string(&compact, ".AAAA");
		assertion(&sent, buf_text(&compact));
		assert_refused(&sent, REASON_ASSERTION_ALGORITHM);
	}
}

static void keys(void **state)
{
	static const struct {
		const char *header;
		enum reason reason;
	} rows[] = {
		{"{\"alg\":\"ES256\",\"kid\":\"rsa\"}",
		 REASON_ASSERTION_KEY_UNKNOWN},
		{"{\"alg\":\"ES256\",\"kid\":\"other\"}",
		 REASON_ASSERTION_KEY_UNKNOWN},
		{"{\"alg\":\"RS256\",\"kid\":\"enc\"}",
		 REASON_ASSERTION_KEY_UNKNOWN},
		{"{\"alg\":\"ES384\",\"kid\":\"ec\"}",
		 REASON_ASSERTION_KEY_UNKNOWN},
		{"{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
		 REASON_ASSERTION_SIGNATURE},
		{"{\"alg\":\"ES256K\"}", REASON_ASSERTION_ALGORITHM},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sent sent;

		begin(&sent);
		assertion(&sent,
			  sign(sent.arena, ec, PKEY_ES256, rows[i].header,
			       payload_of(sent.arena, &good)));
		assert_refused(&sent, rows[i].reason);
	}
}

static void registered_alg(void **state)
{
	struct claims claims = good;
	struct sent sent;

	claims.iss = claims.sub = "\"strict\"";
	begin(&sent);
	assertion(&sent, es256(sent.arena, &claims));
	assert_refused(&sent, REASON_ASSERTION_ALGORITHM);
	begin(&sent);
	assertion(&sent,
		  sign(sent.arena, rsa, PKEY_PS256, "{\"alg\":\"PS256\"}",
		       payload_of(sent.arena, &claims)));
	assert_proven(&sent, "strict");
}

static void malformed(void **state)
{
	static const char *const values[] = {
		"",	"a",  "a.b",	  "a.b.c",
		"....", "..", "e30.e30.", "e30.e30.AAAA",
	};

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct sent sent;

		begin(&sent);
		field(&sent, "client_id", TEXT("signer"));
		assertion(&sent, text_from(values[i]));
		assert_refused(&sent, REASON_ASSERTION_MALFORMED);
	}
}

static void other_types(void **state)
{
	static const char *const types[] = {"dpop+jwt", "at+jwt",
					    "oauth-authz-req+jwt"};
	struct sent sent;

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		begin(&sent);
		assertion(
			&sent,
			sign(sent.arena, ec, PKEY_ES256,
			     arena_format(sent.arena,
					  "{\"alg\":\"ES256\",\"typ\":\"%s\"}",
					  types[i])
				     .at,
			     payload_of(sent.arena, &good)));
		assert_refused(&sent, REASON_ASSERTION_MALFORMED);
	}
	begin(&sent);
	field(&sent, "client_assertion_type", TEXT(TYPE "s"));
	field(&sent, "client_assertion", es256(sent.arena, &good));
	assert_refused(&sent, REASON_ASSERTION_MALFORMED);
}

static void too_big(void **state)
{
	CLEANUP(arena_free) struct arena *arena = arena_new((size_t)1 << 20);
	struct claims claims = good;
	char *aud = arena_alloc(arena, 5000);

	memset(aud, 'a', 4000);
	aud[0] = aud[3999] = '"';
	claims.aud = aud;
	refuses(&claims, REASON_ASSERTION_MALFORMED);
}

static void nobody(void **state)
{
	struct claims claims = good;
	struct sent sent;

	claims.iss = claims.sub = "\"nobody\"";
	begin(&sent);
	assertion(&sent, es256(sent.arena, &claims));
	assert_refused(&sent, REASON_CLIENT_UNKNOWN);
	claims.sub = NULL;
	begin(&sent);
	assertion(&sent, es256(sent.arena, &claims));
	assert_refused(&sent, REASON_CLIENT_ID_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("an assertion by a registered key proves the client, "
			  "with or without client_id and kid",
			  by_key),
		test_that("an assertion keyed by the secret proves the client",
			  by_secret),
		test_that("J25: a secret shorter than the digest keys nothing",
			  short_secret),
		test_that("A01: proving tells the jti, the tenant's and the "
			  "client's own, and spends nothing",
			  once),
		test_that("an assertion that was refused is not used up",
			  failed_is_unspent),
		test_that("A02: it lives for five minutes at most", too_long),
		test_that("A04: iss, sub, aud, exp and jti are there and right",
			  missing),
		test_that("A04: a jti has at most 255 bytes", long_id),
		test_that("A05: 8 s of wrong clock are taken, over a minute is "
			  "not",
			  clocks),
		test_that("J14: aud names this tenant, byte for byte, as its "
			  "profile says",
			  audiences),
		test_that("J14: an aud that is no string is refused",
			  audience_types),
		test_that("a wrong aud is explained by what would be right",
			  explains),
		test_that("A07: who is registered to sign gets in by nothing "
			  "else",
			  downgrades),
		test_that("A07: an unsigned assertion is refused",
			  unsigned_one),
		test_that("J02, J05, J08: only a key of that kid, use and type "
			  "is tried",
			  keys),
		test_that("the registered algorithm alone is taken",
			  registered_alg),
		test_that("J10: what is no compact JWS is refused", malformed),
		test_that("tokens of other types are no assertions",
			  other_types),
		test_that("an assertion has at most 4096 bytes", too_big),
		test_that("an assertion of nobody is refused", nobody),
	};

	return cmocka_run_group_tests_name("client_auth_assertions", tests,
					   open_all, close_all);
}
