/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of access tokens as each profile's template has them. */
#include "suite_arena.h"
#include "world.h"

#include "jose/jws.h"
#include "token/claims.h"

static struct claims_source source_of(struct visit *visit)
{
	return (struct claims_source){
		.tenant = visit->tenant,
		.client = visit->client,
		.grant = &visit->grant,
		.subject = TEXT("alice-sub"),
		.issued_at = 1000,
		.expires_at = 1300,
		.scope = TEXT("openid read"),
		.audience = TEXT("urn:a"),
		.reference = TEXT("the-reference"),
	};
}

static struct text write(const struct profile_claim *claims, size_t count,
			 const struct claims_source *source)
{
	struct buf object = buf_init_arena(arena, 65536);

	claims_write(arena, claims, count, source,
		     &(struct json_writer){.buf = &object});
	return buf_text(&object);
}

static struct text access_claims(struct visit *visit,
				 const struct claims_source *source)
{
	return write(visit->tenant->profile->access_token_claims,
		     visit->tenant->profile->access_token_claim_count, source);
}

static void rfc(void **state)
{
	struct visit visit;
	struct claims_source source;

	world_visit(&visit, "rfc");
	source = source_of(&visit);
	world_assert_text(
		access_claims(&visit, &source),
		"{\"iss\":\"https://id.example/t/rfc\",\"sub\":\"alice-sub\","
		"\"aud\":\"urn:a\",\"client_id\":\"web\",\"exp\":1300,"
		"\"iat\":1000,\"jti\":\"the-reference\","
		"\"scope\":\"openid read\",\"auth_time\":1699999970}");
	world_leave(&visit);
}

static void auth0(void **state)
{
	struct visit visit;
	struct claims_source source;

	world_visit(&visit, "auth0");
	source = source_of(&visit);
	source.audience = TEXT("urn:a https://id.example/t/auth0/userinfo");
	world_assert_text(
		access_claims(&visit, &source),
		"{\"iss\":\"https://id.example/t/auth0/\","
		"\"sub\":\"alice-sub\",\"aud\":[\"urn:a\","
		"\"https://id.example/t/auth0/userinfo\"],\"iat\":1000,"
		"\"exp\":1300,\"scope\":\"openid read\",\"azp\":\"web\","
		"\"jti\":\"the-reference\"}");
	source.is_refresh = true;
	world_assert_member(arena, access_claims(&visit, &source), "gty",
			    "\"refresh_token\"");
	world_leave(&visit);
}

static void asgardeo(void **state)
{
	struct visit visit;
	struct claims_source source;

	world_visit(&visit, "asgardeo");
	source = source_of(&visit);
	source.audience = TEXT("web");
	world_assert_text(
		access_claims(&visit, &source),
		"{\"sub\":\"alice-sub\",\"aut\":\"APPLICATION_USER\","
		"\"iss\":\"https://id.example/t/asgardeo/oauth2/token\","
		"\"client_id\":\"web\",\"aud\":\"web\",\"nbf\":1000,"
		"\"azp\":\"web\",\"scope\":\"openid read\",\"exp\":1300,"
		"\"iat\":1000,\"jti\":\"the-reference\"}");
	world_leave(&visit);
}

static void confirmation(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct visit visit;
		struct claims_source source;

		world_visit(&visit, names[i]);
		source = source_of(&visit);
		source.confirmation = TEXT("jkt:abc");
		world_assert_member(arena, access_claims(&visit, &source),
				    "cnf", "{\"jkt\":\"abc\"}");
		source.confirmation = TEXT("x5t#S256:a:c");
		world_assert_member(arena, access_claims(&visit, &source),
				    "cnf", "{\"x5t#S256\":\"a:c\"}");
		source.confirmation = TEXT_ABSENT;
		world_assert_member(arena, access_claims(&visit, &source),
				    "cnf", NULL);
		world_leave(&visit);
	}
}

/* Texts from outside never leave their string. */
static void escapes(void **state)
{
	struct visit visit;
	struct claims_source source;

	world_visit(&visit, "rfc");
	source = source_of(&visit);
	source.subject = TEXT("a\",\"aud\":\"x\\\n");
	world_assert_member(arena, access_claims(&visit, &source), "sub",
			    "\"a\\\",\\\"aud\\\":\\\"x\\\\\\n\"");
	world_assert_member(arena, access_claims(&visit, &source), "aud",
			    "\"urn:a\"");
	world_leave(&visit);
}

static void conditions(void **state)
{
	static const struct profile_claim claims[] = {
		{"auth_time", CLAIM_AUTH_TIME, CLAIM_IF_ASKED, NULL},
		{"nonce", CLAIM_NONCE, CLAIM_NOT_ON_REFRESH, NULL},
		{"c_hash", CLAIM_C_HASH, CLAIM_WITH_CODE, NULL},
		{"gty", CLAIM_CONSTANT, CLAIM_ON_REFRESH, "refresh_token"},
		{NULL, CLAIM_USER, CLAIM_ALWAYS, NULL},
		{NULL, CLAIM_USER_BY_PARAMETER, CLAIM_ALWAYS, NULL},
		{"amr", CLAIM_AMR, CLAIM_ALWAYS, NULL},
	};
	struct visit visit;
	struct claims_source source;

	world_visit(&visit, "rfc");
	visit.grant.request.nonce = TEXT("n");
	source = source_of(&visit);
	source.c_hash = TEXT("h");
	source.asks_auth_time = true;
	source.user_claims = TEXT("\"name\":\"A\",\"b\":1");
	source.user_claims_by_parameter = TEXT("\"c\":null");
	world_assert_text(write(claims, COUNT_OF(claims), &source),
			  "{\"auth_time\":1699999970,\"nonce\":\"n\","
			  "\"c_hash\":\"h\",\"name\":\"A\",\"b\":1,"
			  "\"c\":null,\"amr\":[\"pwd\"]}");
	source.asks_auth_time = false;
	source.is_refresh = true;
	source.user_claims = TEXT_ABSENT;
	source.user_claims_by_parameter = TEXT("");
	visit.grant.methods = TEXT_ABSENT;
	world_assert_text(write(claims, COUNT_OF(claims), &source),
			  "{\"gty\":\"refresh_token\"}");
	world_leave(&visit);
}

/* Two ways to say which session, and neither gives the other away. */
static void sessions(void **state)
{
	static const struct profile_claim claims[] = {
		{"sid", CLAIM_SID, CLAIM_ALWAYS, NULL},
		{"isk", CLAIM_SESSION_KEY, CLAIM_ALWAYS, NULL},
	};
	struct visit visit;
	struct claims_source source;
	struct text object;

	world_visit(&visit, "asgardeo");
	source = source_of(&visit);
	object = write(claims, COUNT_OF(claims), &source);
	world_assert_member(arena, object, "sid",
			    "\"66656463626139383736353433323100\"");
	assert_int_equal(world_member(arena, object, "isk").size, 64 + 2);
	world_leave(&visit);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("rfc: RFC 9068's claims", rfc),
		test_here("auth0: the vendor's shape", auth0),
		test_here("asgardeo: the vendor's shape", asgardeo),
		test_here("cnf in every profile, only when bound",
			  confirmation),
		test_here("a subject cannot add claims", escapes),
		test_here("a claim is there on its condition alone",
			  conditions),
		test_here("sid and isk name the session", sessions),
	};

	return cmocka_run_group_tests_name("claims", tests, world_open,
					   world_close);
}
