/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens: one set of claims in two envelopes, read, ended, refused. */
#include "world.h"

#include "base/encoding.h"

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

static struct text issue(struct visit *visit, bool is_jwt,
			 const char *resources)
{
	struct access_request request = {
		.tenant = visit->tenant,
		.client = visit->client,
		.grant = &visit->grant,
		.subject = visit->user.subject,
		.scope = TEXT("openid read"),
		.resources = text_from(resources),
		.confirmation = visit->grant.confirmation,
		.is_jwt = is_jwt,
		.for_seconds = 300,
	};
	struct text token = TEXT_ABSENT;

	assert_int_equal(access_issue(&visit->decision, world.tokens, &request,
				      &token),
			 DONE);
	return token;
}

static outcome read_token(struct visit *visit, struct text token,
			  struct access *access)
{
	decision_retract(&visit->decision);
	return access_read(&visit->decision, world.tokens, visit->tenant,
			   &(struct access_presented){.spelling = token},
			   access);
}

static void assert_refused(struct visit *visit, struct text token,
			   enum reason reason)
{
	struct access access;

	assert_int_equal(read_token(visit, token, &access), REFUSED);
	assert_int_equal(visit->decision.refusal.reason, reason);
}

static void assert_alive(struct visit *visit, struct text token)
{
	struct access access;

	assert_int_equal(read_token(visit, token, &access), DONE);
	assert_int_equal(access.grant.id, visit->grant.id);
}

/* A redeemed grant in the store. */
static void begin(struct visit *visit, const char *tenant)
{
	world_visit(visit, tenant);
	visit->grant.generation = 1;
	visit->grant.redeemed_at = WORLD_NOW;
	world_insert_grant(visit);
}

static void assert_text_same(struct text a, struct text b)
{
	if (!text_equal(a, b) || text_is_present(a) != text_is_present(b))
		fail_msg("'%.*s' and '%.*s'", TEXT_ARG(a), TEXT_ARG(b));
}

static void assert_alike(const char *tenant, const char *resources,
			 const char *confirmation)
{
	struct visit visit;
	struct access jwt;
	struct access opaque;

	world_visit(&visit, tenant);
	visit.grant.confirmation = text_from(confirmation);
	world_insert_grant(&visit);
	assert_int_equal(
		read_token(&visit, issue(&visit, true, resources), &jwt), DONE);
	assert_int_equal(read_token(&visit, issue(&visit, false, resources),
				    &opaque),
			 DONE);
	assert_true(jwt.is_jwt);
	assert_false(opaque.is_jwt);
	assert_int_equal(jwt.issued_at, instant_to_seconds(WORLD_NOW));
	assert_int_equal(jwt.issued_at, opaque.issued_at);
	assert_int_equal(jwt.expires_at, jwt.issued_at + 300);
	assert_int_equal(jwt.expires_at, opaque.expires_at);
	world_assert_text(jwt.scope, "openid read");
	assert_text_same(jwt.scope, opaque.scope);
	assert_text_same(jwt.audience, opaque.audience);
	world_assert_text(jwt.confirmation, confirmation);
	assert_text_same(jwt.confirmation, opaque.confirmation);
	assert_int_equal(jwt.grant.id, visit.grant.id);
	assert_int_equal(opaque.grant.id, visit.grant.id);
	world_leave(&visit);
}

static void two_envelopes(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};
	static const char *const resources[] = {"", "https://api.example",
						"https://api.example urn:b"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		for (size_t k = 0; k < COUNT_OF(resources); k++) {
			assert_alike(names[i], resources[k], NULL);
			assert_alike(names[i], resources[k], "jkt:abc-_x");
			assert_alike(names[i], resources[k], "x5t#S256:abc-_x");
		}
}

static void audiences(void **state)
{
	static const struct {
		const char *tenant;
		const char *resources;
		const char *audience;
	} rows[] = {
		{"rfc", "", "https://id.example/t/rfc"},
		{"rfc", "urn:a urn:b", "urn:a urn:b"},
		{"auth0", "", "https://id.example/t/auth0/userinfo"},
		{"auth0", "urn:a", "urn:a https://id.example/t/auth0/userinfo"},
		{"asgardeo", "", "web"},
		{"asgardeo", "urn:a", "web urn:a"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct visit visit;
		struct access access;

		begin(&visit, rows[i].tenant);
		assert_int_equal(
			read_token(&visit,
				   issue(&visit, false, rows[i].resources),
				   &access),
			DONE);
		world_assert_text(access.audience, rows[i].audience);
		world_leave(&visit);
	}
}

static void no_two_alike(void **state)
{
	struct visit visit;

	begin(&visit, "rfc");
	assert_false(
		text_equal(issue(&visit, true, ""), issue(&visit, true, "")));
	assert_false(
		text_equal(issue(&visit, false, ""), issue(&visit, false, "")));
	world_leave(&visit);
}

static void ends(void **state)
{
	for (int is_jwt = 0; is_jwt < 2; is_jwt++) {
		struct visit visit;
		struct text token;

		begin(&visit, "rfc");
		token = issue(&visit, is_jwt != 0, "");
		visit.decision.now = LATER(300) - 1;
		assert_alive(&visit, token);
		visit.decision.now = LATER(300);
		assert_refused(&visit, token, REASON_TOKEN_EXPIRED);
		world_leave(&visit);
	}
}

static void grant_revoked(void **state)
{
	struct visit visit;
	struct text jwt;
	struct text opaque;

	begin(&visit, "rfc");
	jwt = issue(&visit, true, "");
	opaque = issue(&visit, false, "");
	assert_alive(&visit, jwt);
	assert_alive(&visit, opaque);
	assert_int_equal(store_revoke_grant(world.store, visit.grant.id,
					    WORLD_NOW, TEXT("signed_out")),
			 STORE_DONE);
	assert_refused(&visit, jwt, REASON_TOKEN_REVOKED);
	assert_refused(&visit, opaque, REASON_TOKEN_REVOKED);
	world_leave(&visit);
}

static void singly_revoked(void **state)
{
	for (int is_jwt = 0; is_jwt < 2; is_jwt++) {
		struct visit visit;
		struct access access;
		struct text one;
		struct text other;

		begin(&visit, "rfc");
		one = issue(&visit, is_jwt != 0, "");
		other = issue(&visit, is_jwt != 0, "");
		assert_int_equal(read_token(&visit, one, &access), DONE);
		assert_int_equal(access_revoke(&visit.decision, world.tokens,
					       &access),
				 DONE);
		assert_refused(&visit, one, REASON_TOKEN_REVOKED);
		assert_alive(&visit, other);
		assert_alive(&visit, issue(&visit, is_jwt == 0, ""));
		assert_int_equal(access_revoke(&visit.decision, world.tokens,
					       &access),
				 DONE);
		world_leave(&visit);
	}
}

static void other_tenants(void **state)
{
	struct visit visit;
	struct visit stranger;

	begin(&visit, "rfc");
	begin(&stranger, "asgardeo");
	assert_refused(&stranger, issue(&visit, true, ""),
		       REASON_TOKEN_UNKNOWN);
	assert_refused(&stranger, issue(&visit, false, ""),
		       REASON_TOKEN_UNKNOWN);
	world_leave(&stranger);
	world_leave(&visit);
}

static struct text sign(struct visit *visit, const char *type,
			const char *payload)
{
	struct buf jws = buf_init_arena(visit->arena, 8192);

	assert_int_equal(keys_sign(world.keys,
				   &(struct keys_request){
					   .tenant_id = visit->tenant->id,
					   .algorithm = TEXT("ES256"),
					   .type = text_from(type),
					   .payload = text_from(payload),
					   .now = WORLD_NOW,
				   },
				   &jws),
			 DONE);
	return buf_text(&jws);
}

static const char id_token[] =
	"{\"iss\":\"i\",\"sub\":\"alice-sub\",\"aud\":\"web\","
	"\"exp\":1700003600,\"iat\":1700000000}";
static const char id_token_with_id[] =
	"{\"iss\":\"i\",\"sub\":\"alice-sub\",\"aud\":\"web\","
	"\"jti\":\"AbCdEfGhIjKlMnOpQrStUv\","
	"\"exp\":1700003600,\"iat\":1700000000}";

/* Genuinely signed by the tenant, but for another purpose. */
static void id_tokens(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct visit visit;
		const char *type;

		begin(&visit, names[i]);
		type = visit.tenant->profile->access_token_type;
		assert_refused(&visit, sign(&visit, "JWT", id_token),
			       REASON_TOKEN_UNKNOWN);
		assert_refused(&visit, sign(&visit, NULL, id_token),
			       REASON_TOKEN_UNKNOWN);
		assert_refused(&visit, sign(&visit, type, id_token),
			       REASON_TOKEN_UNKNOWN);
		assert_refused(&visit, sign(&visit, type, id_token_with_id),
			       REASON_TOKEN_UNKNOWN);
		assert_refused(&visit, sign(&visit, type, "{}"),
			       REASON_TOKEN_UNKNOWN);
		assert_refused(&visit, sign(&visit, type, "[]"),
			       REASON_TOKEN_UNKNOWN);
		world_leave(&visit);
	}
}

/* The header's type counts even where the jti is an access token's. */
static void type_counts(void **state)
{
	struct visit visit;
	struct reference reference = {
		.kind = REFERENCE_ACCESS_TOKEN_ID,
		.tenant_id = 1,
		.generation = 1,
		.expires_at = 1700000300,
	};
	struct text jti;
	const char *payload;
	struct access access;

	begin(&visit, "rfc");
	reference.row_id = visit.grant.id;
	reference.epoch = (uint32_t)tokens_epochs(world.tokens).current;
	jti = reference_seal(world.tokens, visit.arena, WORLD_NOW, &reference,
			     visit.grant.seed);
	payload = arena_format(visit.arena,
			       "{\"sub\":\"alice-sub\",\"jti\":\"%.*s\","
			       "\"exp\":1700000300,\"iat\":1700000000}",
			       TEXT_ARG(jti))
			  .at;
	assert_int_equal(read_token(&visit, sign(&visit, "at+jwt", payload),
				    &access),
			 DONE);
	assert_refused(&visit, sign(&visit, "JWT", payload),
		       REASON_TOKEN_UNKNOWN);
	assert_refused(&visit, sign(&visit, NULL, payload),
		       REASON_TOKEN_UNKNOWN);
	world_leave(&visit);
}

/* A jti of a JWT is no token by itself, a code and a refresh token neither. */
static void other_kinds(void **state)
{
	struct visit visit;
	struct access access;
	struct text token;

	begin(&visit, "rfc");
	visit.grant.expires_at = LATER(9999);
	token = issue(&visit, true, "");
	assert_int_equal(read_token(&visit, token, &access), DONE);
	assert_refused(&visit,
		       token_format_code(world.tokens, visit.arena, WORLD_NOW,
					 &visit.grant),
		       REASON_TOKEN_UNKNOWN);
	assert_refused(&visit,
		       token_format_refresh(world.tokens, visit.arena,
					    WORLD_NOW, &visit.grant, 1),
		       REASON_TOKEN_UNKNOWN);
	assert_refused(&visit,
		       reference_seal(world.tokens, visit.arena, WORLD_NOW,
				      &access.reference, visit.grant.seed),
		       REASON_TOKEN_UNKNOWN);
	world_leave(&visit);
}

/* Truncated insides, sealed and proven: refused, not read past. */
static void short_insides(void **state)
{
	static const char inside[] = "1234abcdefghscope\0audience";
	struct visit visit;
	struct reference reference = {
		.kind = REFERENCE_ACCESS_TOKEN,
		.tenant_id = 1,
		.generation = 1,
		.epoch = 1,
		.expires_at = 1800000000,
	};

	begin(&visit, "rfc");
	reference.row_id = visit.grant.id;
	reference.epoch = (uint32_t)tokens_epochs(world.tokens).current;
	for (size_t size = 0; size < 18; size++) {
		reference.more = text_of(inside, size);
		assert_refused(&visit,
			       reference_seal(world.tokens, visit.arena,
					      WORLD_NOW, &reference,
					      visit.grant.seed),
			       REASON_TOKEN_UNKNOWN);
	}
	world_leave(&visit);
}

static void tampered(void **state)
{
	for (int is_jwt = 0; is_jwt < 2; is_jwt++) {
		struct visit visit;
		struct text token;
		char *bytes;

		begin(&visit, "rfc");
		token = issue(&visit, is_jwt != 0, "");
		bytes = arena_terminated(visit.arena, token);
		for (size_t i = 0; i < token.size; i++) {
			bytes[i] = bytes[i] == 'A' ? 'B' : 'A';
			assert_refused(&visit, text_of(bytes, token.size),
				       REASON_TOKEN_UNKNOWN);
			bytes[i] = token.at[i];
		}
		world_leave(&visit);
	}
}

static void nonsense(void **state)
{
	struct visit visit;

	begin(&visit, "rfc");
	assert_refused(&visit, TEXT(""), REASON_TOKEN_UNKNOWN);
	assert_refused(&visit, TEXT("."), REASON_TOKEN_UNKNOWN);
	assert_refused(&visit, TEXT("a.b.c"), REASON_TOKEN_UNKNOWN);
	assert_refused(&visit, TEXT("e30.e30."), REASON_TOKEN_UNKNOWN);
	assert_refused(&visit,
		       TEXT("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30."),
		       REASON_TOKEN_UNKNOWN);
	world_leave(&visit);
}

/* Never found in what is kept of a refusal. */
static void refusal_shows_little(void **state)
{
	struct visit visit;
	struct text token;

	begin(&visit, "rfc");
	token = issue(&visit, false, "");
	visit.decision.now = LATER(300);
	assert_refused(&visit, token, REASON_TOKEN_EXPIRED);
	assert_true(visit.decision.refusal.received.size < 60);
	assert_int_equal(text_find(visit.decision.refusal.received,
				   text_first(token, 8)),
			 visit.decision.refusal.received.size);
	world_leave(&visit);
}

/* Last: a restored store refuses what was issued before. */
static void restored(void **state)
{
	struct visit visit;
	struct text jwt;
	struct text opaque;

	begin(&visit, "rfc");
	jwt = issue(&visit, true, "");
	opaque = issue(&visit, false, "");
	assert_int_equal(store_begin_epoch(world.store, WORLD_NOW), STORE_DONE);
	assert_int_equal(tokens_reload(world.tokens), DONE);
	assert_refused(&visit, jwt, REASON_EPOCH_OLD);
	assert_refused(&visit, opaque, REASON_EPOCH_OLD);
	world_leave(&visit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("one set of claims in two envelopes", two_envelopes),
		test_that("each profile's audience", audiences),
		test_that("no two tokens are alike", no_two_alike),
		test_that("a token ends on its second", ends),
		test_that("a revoked grant ends both kinds", grant_revoked),
		test_that("revoked singly, others of the grant live",
			  singly_revoked),
		test_that("another tenant's token is unknown", other_tenants),
		test_that("an ID token is no access token", id_tokens),
		test_that("a JWT of another type is no access token",
			  type_counts),
		test_that("nor are a code, a refresh token, a bare jti",
			  other_kinds),
		test_that("insides cut short are refused", short_insides),
		test_that("a changed character anywhere is refused", tampered),
		test_that("nonsense is unknown", nonsense),
		test_that("a refusal shows next to nothing of the token",
			  refusal_shows_little),
		test_that("a restored store refuses earlier tokens", restored),
	};

	return cmocka_run_group_tests_name("access", tests, world_open,
					   world_close);
}
