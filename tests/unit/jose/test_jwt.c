/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: their types, the checks on them, and the half hashes. */
#include "jose/jwt.h"

#include <stdio.h>

#include "crypto/crypto.h"
#include "suite.h"

#define NOW 1700000000

static outcome parse(const char *payload)
{
	struct jwt_claims claims;
	const char *why = NULL;
	outcome result = jwt_parse(text_from(payload), &claims, &why);

	assert_int_equal(result == REFUSED, why != NULL);
	jwt_wipe(&claims);
	return result;
}

static void typed(void **state)
{
	struct jwt_claims claims;
	const char *why;

	assert_int_equal(
		jwt_parse(TEXT("{\"iss\":\"https://as.example\",\"sub\":\"s\","
			       "\"jti\":\"j\",\"aud\":[\"a\",\"b\"],"
			       "\"exp\":1700000300,\"nbf\":1700000000.25,"
			       "\"iat\":1.7e9,\"scope\":\"openid\"}"),
			  &claims, &why),
		DONE);
	assert_true(text_equal(claims.issuer, TEXT("https://as.example")));
	assert_true(text_equal(claims.subject, TEXT("s")));
	assert_true(text_equal(claims.id, TEXT("j")));
	assert_int_equal(json_count(claims.audience), 2);
	assert_true(claims.expires_at == instant_from_seconds(NOW + 300));
	assert_true(claims.not_before_at ==
		    instant_from_seconds(NOW) + INSTANT_SECOND / 4);
	assert_true(claims.issued_at == instant_from_seconds(NOW));
	assert_true(text_equal(json_text(json_find(claims.all, "scope")),
			       TEXT("openid")));
	jwt_wipe(&claims);
	assert_null(claims.document);
}

static void absent(void **state)
{
	struct jwt_claims claims;
	const char *why;

	assert_int_equal(jwt_parse(TEXT("{}"), &claims, &why), DONE);
	assert_false(text_is_present(claims.issuer));
	assert_false(text_is_present(claims.subject));
	assert_false(text_is_present(claims.id));
	assert_null(claims.audience);
	assert_true(claims.expires_at == JWT_TIME_ABSENT);
	assert_true(claims.not_before_at == JWT_TIME_ABSENT);
	assert_true(claims.issued_at == JWT_TIME_ABSENT);
	jwt_wipe(&claims);
}

static void times(void **state)
{
	static const char *const bad[] = {
		"\"1700000300\"",
		"1e300",
		"-1",
		"-0.5",
		"\"NaN\"",
		"NaN",
		"Infinity",
		"9223372036854775807",
		"9223372036854775808",
		"1e400",
		"253402300800",
		"2.534023008e11",
		"null",
		"true",
		"[1700000300]",
		"{}",
		"-9223372036854775808",
	};
	static const char *const good[] = {
		"0",   "1700000300",   "1700000300.5",
		"1e9", "253402300799", "0.0"};
	static const char *const names[] = {"exp", "nbf", "iat"};
	char payload[128];

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		for (size_t j = 0; j < COUNT_OF(bad); j++) {
			snprintf(payload, sizeof(payload), "{\"%s\":%s}",
				 names[i], bad[j]);
			assert_int_equal(parse(payload), REFUSED);
		}
		for (size_t j = 0; j < COUNT_OF(good); j++) {
			snprintf(payload, sizeof(payload), "{\"%s\":%s}",
				 names[i], good[j]);
			assert_int_equal(parse(payload), DONE);
		}
	}
}

static void mistyped(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"\"claims\"",
		"{\"sub\":1}",
		"{\"sub\":null}",
		"{\"iss\":[\"a\"]}",
		"{\"jti\":{}}",
		"{\"aud\":1}",
		"{\"aud\":null}",
		"{\"aud\":{\"a\":1}}",
		"{\"aud\":[\"a\",1]}",
		"{\"aud\":[[\"a\"]]}",
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(parse(bad[i]), REFUSED);
	assert_int_equal(parse("{\"aud\":[]}"), DONE);
}

static void duplicates(void **state)
{
	assert_int_equal(parse("{\"sub\":\"a\",\"sub\":\"b\"}"), REFUSED);
	assert_int_equal(parse("{\"aud\":\"a\",\"aud\":[\"b\"]}"), REFUSED);
	assert_int_equal(parse("{\"exp\":1,\"\\u0065xp\":2}"), REFUSED);
}

/* Whether these claims pass these checks; a refusal says why. */
static bool passes(const char *payload, const struct jwt_checks *checks)
{
	struct jwt_claims claims;
	const char *why;
	outcome result;

	assert_int_equal(jwt_parse(text_from(payload), &claims, &why), DONE);
	result = jwt_check(&claims, checks, &why);
	assert_int_equal(result == REFUSED, why != NULL);
	jwt_wipe(&claims);
	return result == DONE;
}

static void issuers(void **state)
{
	struct jwt_checks checks = {.issuer = TEXT("https://as.example")};

	assert_true(passes("{\"iss\":\"https://as.example\"}", &checks));
	assert_false(passes("{\"iss\":\"https://as.example/\"}", &checks));
	assert_false(passes("{\"iss\":\"https://as.exampl\"}", &checks));
	assert_false(passes("{\"iss\":\"\"}", &checks));
	assert_false(passes("{}", &checks));
	checks.issuer = TEXT_ABSENT;
	assert_true(passes("{}", &checks));
}

static void audiences(void **state)
{
	struct jwt_checks checks = {.audience = TEXT("https://as.example")};

	assert_true(passes("{\"aud\":\"https://as.example\"}", &checks));
	assert_true(
		passes("{\"aud\":[\"x\",\"https://as.example\"]}", &checks));
	assert_false(passes("{\"aud\":\"https://as.example.evil\"}", &checks));
	assert_false(passes("{\"aud\":\"https://as\"}", &checks));
	assert_false(passes("{\"aud\":[]}", &checks));
	assert_false(passes("{}", &checks));
	checks.needs_lone_audience = true;
	assert_true(passes("{\"aud\":\"https://as.example\"}", &checks));
	assert_false(passes("{\"aud\":[\"https://as.example\"]}", &checks));
	assert_false(
		passes("{\"aud\":[\"x\",\"https://as.example\"]}", &checks));
	assert_false(passes("{}", &checks));
}

static void periods(void **state)
{
	struct jwt_checks checks = {.now = instant_from_seconds(NOW),
				    .leeway_for = 5};

	assert_true(passes("{}", &checks));
	assert_true(passes("{\"exp\":1700000001}", &checks));
	assert_true(passes("{\"exp\":1699999996}", &checks));
	assert_false(passes("{\"exp\":1699999995}", &checks));
	assert_false(passes("{\"exp\":0}", &checks));
	assert_true(passes("{\"nbf\":1700000005,\"iat\":1700000005}", &checks));
	assert_false(passes("{\"nbf\":1700000005.5}", &checks));
	assert_false(passes("{\"iat\":1700000006}", &checks));
	assert_true(passes("{\"iat\":0,\"nbf\":0}", &checks));
	checks.leeway_for = 0;
	assert_false(passes("{\"exp\":1700000000}", &checks));
	assert_true(passes("{\"exp\":1700000000.5}", &checks));
	checks.needs_expiry = true;
	assert_false(passes("{}", &checks));
	checks.longest_for = 60;
	assert_true(passes("{\"exp\":1700000060}", &checks));
	assert_false(passes("{\"exp\":1700000061}", &checks));
	assert_false(passes("{\"exp\":253402300799}", &checks));
	checks.needs_expiry = false;
	assert_false(passes("{}", &checks));
}

static void assert_half(const char *algorithm, const char *value,
			const char *expected)
{
	struct buf half = buf_init(64);

	jwt_hash_half(jws_algorithm_find(text_from(algorithm)),
		      text_from(value), &half);
	assert_true(text_equal(buf_text(&half), text_from(expected)));
	buf_wipe(&half);
}

static void halves(void **state)
{
	assert_half("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
		    "77QmUPtjPfzWtF2AnpK9RQ");
	assert_half(
		"RS256",
		"Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk",
		"LDktKdoQak3Pk0cnXxCltA");
	assert_half("PS256", "54bd024f-5080-3db5-9422-785f5d610605",
		    "JoWHF8A1zf1poiRPwi54Mg");
}

/* Computed with Python's hashlib. */
static void longer_halves(void **state)
{
	assert_half("ES384", "abc", "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFj");
	assert_half("RS512", "abc",
		    "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o");
	assert_half("EdDSA", "abc",
		    "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("claims are read by their types, times to the "
			  "microsecond",
			  typed),
		test_that("what is not there is absent", absent),
		test_that("J13: times of other types and out of range are "
			  "refused",
			  times),
		test_that("claims of wrong types are refused", mistyped),
		test_that("J11: duplicate claims are refused", duplicates),
		test_that("the issuer is compared byte for byte", issuers),
		test_that("J14: the audience is the whole string, alone where "
			  "that is asked",
			  audiences),
		test_that("a token is good from nbf and iat until before exp, "
			  "give or take the leeway",
			  periods),
		test_that("at_hash and c_hash are those of OpenID Connect "
			  "Core's appendix A and of a vendor",
			  halves),
		test_that("half hashes follow the algorithm's digest",
			  longer_halves),
	};

	if (crypto_open() != DONE)
		return 1;
	return cmocka_run_group_tests_name("jwt", tests, NULL, NULL);
}
