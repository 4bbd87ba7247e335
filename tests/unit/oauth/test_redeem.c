/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange of a code at the token endpoint: RULES' "Codes". */
#include "oauth/ask.h"

#include "base/encoding.h"

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

static const struct redeem plainly = {0};
static const struct redeem with_verifier = {.verifier = ASK_VERIFIER};

static void redeem(const struct coded *coded, const struct redeem *how,
		   int status, enum reason reason)
{
	struct answer answer = ask_redeem(coded, how);

	ask_assert(&answer, status, reason);
	assert_string_equal(answer.access_token[0] != '\0' ? "tokens" : "none",
			    status == 200 ? "tokens" : "none");
}

static void assert_lives(const struct coded *coded)
{
	assert_int_equal(ask_state(coded->grant_id).revoked_at, 0);
}

static void assert_revoked(const struct coded *coded, const char *reason)
{
	struct grant_state state = ask_state(coded->grant_id);

	assert_int_not_equal(state.revoked_at, 0);
	assert_string_equal(state.revoked_reason, reason);
}

static void tokens_come(void **state)
{
	struct coded coded = ask_new_code("rfc", ask_with_challenge);
	struct answer answer = ask_redeem(&coded, &with_verifier);

	ask_assert(&answer, 200, REASON_NONE);
	assert_string_equal(answer.scope, "openid profile offline_access");
	assert_int_equal(answer.expires_in, 300);
	assert_int_equal(strlen(answer.refresh_token), 75);
	assert_int_equal(ask_state(coded.grant_id).generation, 1);
}

static void not_to_be_kept(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);
	struct text headers;
	struct ask ask;

	ask_begin(&ask, "rfc", WORLD_NOW);
	ask_field(&ask, "grant_type", "authorization_code");
	ask_field(&ask, "code", coded.code);
	ask_field(&ask, "redirect_uri", ASK_CALLBACK);
	ask_as(&ask, "web");
	ask_answer(&ask, &oauth_endpoint_token);
	headers = buf_text(&ask.reply.headers);
	assert_int_equal(ask.reply.status, 200);
	assert_int_not_equal(text_find(headers,
				       TEXT("Cache-Control: no-store\r\n")),
			     headers.size);
	assert_int_not_equal(text_find(headers,
				       TEXT("Content-Type: application/json")),
			     headers.size);
	world_assert_member(ask.arena, buf_text(&ask.reply.body), "token_type",
			    "\"Bearer\"");
	ask_end(&ask);
}

static void replay_with_proof(void **state)
{
	struct coded coded = ask_new_code("rfc", ask_with_challenge);
	struct answer first = ask_redeem(&coded, &with_verifier);
	struct answer refreshed;

	ask_assert(&first, 200, REASON_NONE);
	redeem(&coded, &with_verifier, 400, REASON_CODE_REUSED);
	assert_revoked(&coded, "code_reused");
	refreshed = ask_refresh("rfc", first.refresh_token,
				&(struct refresh){.now = LATER(1)});
	ask_assert(&refreshed, 400, REASON_REFRESH_REVOKED);
	redeem(&coded, &with_verifier, 400, REASON_CODE_REUSED);
}

static void replay_without_proof(void **state)
{
	struct coded coded = ask_new_code("rfc", ask_with_challenge);

	redeem(&coded, &with_verifier, 200, REASON_NONE);
	redeem(&coded, &plainly, 400, REASON_CODE_REUSED_UNPROVEN);
	redeem(&coded, &(struct redeem){.verifier = ASK_VERIFIER "x"}, 400,
	       REASON_CODE_REUSED_UNPROVEN);
	redeem(&coded,
	       &(struct redeem){.verifier = ASK_VERIFIER,
				.redirect_uri = ASK_CALLBACK "/"},
	       400, REASON_CODE_REUSED_UNPROVEN);
	redeem(&coded,
	       &(struct redeem){.verifier = ASK_VERIFIER, .client = "spa"}, 400,
	       REASON_CODE_OTHER_CLIENT);
	assert_lives(&coded);
}

static void replay_tells_from_where(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);
	struct redeem again = {.now = WORLD_NOW + 4200000,
			       .peer = "198.51.100.7"};
	struct answer answer;

	redeem(&coded, &plainly, 200, REASON_NONE);
	answer = ask_redeem(&coded, &again);
	assert_string_equal(answer.near_miss,
			    "redeemed 4.2 s ago by the same client from "
			    "another address");
}

static void tolerance(void **state)
{
	struct coded coded = ask_new_code("auth0", ask_with_challenge);
	struct redeem again = with_verifier;

	redeem(&coded, &with_verifier, 200, REASON_NONE);
	again.now = LATER(5) - 1;
	redeem(&coded, &again, 403, REASON_CODE_REUSED_TOLERATED);
	assert_lives(&coded);
	again.now = LATER(5);
	redeem(&coded, &again, 403, REASON_CODE_REUSED);
	assert_revoked(&coded, "code_reused");
}

static void redeemed_before_expired(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);

	redeem(&coded, &plainly, 200, REASON_NONE);
	redeem(&coded, &(struct redeem){.now = LATER(61)}, 400,
	       REASON_CODE_REUSED);
	assert_revoked(&coded, "code_reused");
}

static void expires(void **state)
{
	struct coded late = ask_new_code("rfc", NULL);
	struct coded just = ask_new_code("rfc", NULL);

	redeem(&late, &(struct redeem){.now = LATER(60)}, 400,
	       REASON_CODE_EXPIRED);
	assert_lives(&late);
	redeem(&just, &(struct redeem){.now = LATER(60) - 1}, 200, REASON_NONE);
}

static void failing_burns_nothing(void **state)
{
	static const char *const names[] = {"rfc", "auth0"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct coded coded = ask_new_code(names[i], ask_with_challenge);
		int refused = i == 0 ? 400 : 403;

		redeem(&coded, &(struct redeem){.verifier = ASK_VERIFIER "x"},
		       refused, REASON_VERIFIER_WRONG);
		redeem(&coded,
		       &(struct redeem){.verifier = ASK_VERIFIER,
					.redirect_uri = "https://evil.example"},
		       refused, REASON_REDIRECT_URI_MISMATCH);
		redeem(&coded, &with_verifier, 200, REASON_NONE);
	}
}

static void asgardeo_burns(void **state)
{
	struct coded by_verifier = ask_new_code("asgardeo", ask_with_challenge);
	struct coded by_uri = ask_new_code("asgardeo", ask_with_challenge);

	redeem(&by_verifier, &(struct redeem){.verifier = ASK_VERIFIER "x"},
	       400, REASON_VERIFIER_WRONG);
	assert_revoked(&by_verifier, "verifier_wrong");
	redeem(&by_verifier, &with_verifier, 400, REASON_CODE_REVOKED);
	redeem(&by_uri,
	       &(struct redeem){.verifier = ASK_VERIFIER,
				.redirect_uri = "https://evil.example"},
	       400, REASON_REDIRECT_URI_MISMATCH);
	redeem(&by_uri, &with_verifier, 400, REASON_CODE_REVOKED);
}

static void stranger_burns_nothing(void **state)
{
	struct coded coded = ask_new_code("asgardeo", ask_with_challenge);

	redeem(&coded,
	       &(struct redeem){.client = "spa", .verifier = ASK_VERIFIER "x"},
	       400, REASON_CODE_OTHER_CLIENT);
	redeem(&coded, &plainly, 400, REASON_VERIFIER_MISSING);
	redeem(&coded, &with_verifier, 200, REASON_NONE);
}

static void not_sent_before(struct grant *grant)
{
	grant->request.redirect_uri_sent = false;
}

static void redirect_uri_left_out(void **state)
{
	static const struct redeem without = {.leaves_out_redirect_uri = true};
	static const struct redeem proven = {.leaves_out_redirect_uri = true,
					     .verifier = ASK_VERIFIER};
	struct coded coded = ask_new_code("rfc", NULL);

	redeem(&coded, &without, 400, REASON_REDIRECT_URI_MISSING);
	coded = ask_new_code("rfc", not_sent_before);
	redeem(&coded, &without, 200, REASON_NONE);
	coded = ask_new_code("rfc", ask_with_challenge);
	redeem(&coded, &proven, 400, REASON_REDIRECT_URI_MISSING);
	coded = ask_new_code("auth0", NULL);
	redeem(&coded, &without, 403, REASON_REDIRECT_URI_MISSING);
	coded = ask_new_code("auth0", ask_with_challenge);
	redeem(&coded, &proven, 200, REASON_NONE);
	coded = ask_new_code("asgardeo", not_sent_before);
	redeem(&coded, &without, 400, REASON_PARAMETER_MISSING);
}

/* Sent though it was not before: it still has to be the effective one. */
static void redirect_uri_sent_late(void **state)
{
	struct coded coded = ask_new_code("rfc", not_sent_before);

	redeem(&coded, &(struct redeem){.redirect_uri = "https://evil.example"},
	       400, REASON_REDIRECT_URI_MISMATCH);
	redeem(&coded, &plainly, 200, REASON_NONE);
}

static void verifier_unexpected(void **state)
{
	static const char *const names[] = {"rfc", "auth0", "asgardeo"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct coded coded = ask_new_code(names[i], NULL);
		struct answer answer = ask_redeem(&coded, &with_verifier);

		assert_int_equal(answer.reason, REASON_VERIFIER_UNEXPECTED);
		assert_string_equal(answer.error, "invalid_grant");
		assert_string_equal(answer.near_miss, "");
		redeem(&coded, &plainly, 200, REASON_NONE);
	}
}

static void verifier_forms(void **state)
{
	static const struct {
		const char *verifier;
		enum reason reason;
	} rows[] = {
		{NULL, REASON_VERIFIER_MISSING},
		{"", REASON_VERIFIER_MISSING},
		{"0123456789012345678901234567890123456789ab",
		 REASON_VERIFIER_MALFORMED},
		{"0123456789012345678901234567890123456789 bc",
		 REASON_VERIFIER_MALFORMED},
		{"0123456789012345678901234567890123456789=bc",
		 REASON_VERIFIER_MALFORMED},
		{"01234567890123456789012345678901234567890123456789"
		 "01234567890123456789012345678901234567890123456789"
		 "01234567890123456789012345678",
		 REASON_VERIFIER_MALFORMED},
		{"01234567890123456789012345678901234567890123456789"
		 "01234567890123456789012345678901234567890123456789"
		 "0123456789012345678901234567",
		 REASON_VERIFIER_WRONG},
		{"0123456789012345678901234567890123456789~.-",
		 REASON_VERIFIER_WRONG},
	};
	struct coded coded = ask_new_code("rfc", ask_with_challenge);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		redeem(&coded, &(struct redeem){.verifier = rows[i].verifier},
		       400, rows[i].reason);
	redeem(&coded, &with_verifier, 200, REASON_NONE);
}

static void challenge_as_verifier(void **state)
{
	struct coded coded = ask_new_code("rfc", ask_with_challenge);
	struct grant grant = {0};
	struct answer answer;
	char challenge[64] = "";

	ask_with_challenge(&grant);
	memcpy(challenge, grant.request.challenge.at,
	       grant.request.challenge.size);
	answer = ask_redeem(&coded, &(struct redeem){.verifier = challenge});
	ask_assert(&answer, 400, REASON_VERIFIER_WRONG);
	assert_string_equal(answer.near_miss,
			    "the verifier sent is the challenge itself");
}

static void with_plain(struct grant *grant)
{
	grant->request.challenge = TEXT(ASK_VERIFIER);
	grant->request.challenge_method = TEXT("plain");
}

static void plain_challenge(void **state)
{
	struct coded coded = ask_new_code("rfc", with_plain);

	redeem(&coded, &(struct redeem){.verifier = ASK_VERIFIER "x"}, 400,
	       REASON_VERIFIER_WRONG);
	redeem(&coded, &with_verifier, 200, REASON_NONE);
}

static void nobody(struct grant *grant)
{
	grant->user_id = 4711;
}

static void person_gone(void **state)
{
	struct coded coded = ask_new_code("rfc", nobody);

	redeem(&coded, &plainly, 400, REASON_USER_GONE);
}

static void without_offline(struct grant *grant)
{
	grant->scope = TEXT("openid profile");
}

static void no_refresh_token(void **state)
{
	struct coded coded = ask_new_code("rfc", without_offline);
	struct answer answer = ask_redeem(&coded, &plainly);

	ask_assert(&answer, 200, REASON_NONE);
	assert_string_equal(answer.refresh_token, "");
}

static void disabled_client(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);

	redeem(&coded, &(struct redeem){.client = "off"}, 401,
	       REASON_CLIENT_DISABLED);
	assert_lives(&coded);
}

static void other_tenant(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);

	coded.tenant = "asgardeo";
	redeem(&coded, &plainly, 400, REASON_CODE_UNKNOWN);
}

static void forged(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);

	coded.code[10] = coded.code[10] == 'A' ? 'B' : 'A';
	redeem(&coded, &plainly, 400, REASON_CODE_UNKNOWN);
	coded.code[10] = '\0';
	redeem(&coded, &plainly, 400, REASON_CODE_UNKNOWN);
	coded.code[0] = '\0';
	redeem(&coded, &plainly, 400, REASON_PARAMETER_MISSING);
}

static void refresh_token_as_code(void **state)
{
	struct coded coded = ask_new_code("rfc", NULL);
	struct answer answer = ask_redeem(&coded, &plainly);

	memcpy(coded.code, answer.refresh_token,
	       strlen(answer.refresh_token) + 1);
	redeem(&coded, &plainly, 400, REASON_CODE_WRONG_KIND);
	assert_lives(&coded);
}

/* As if its tenant had been put under fapi2 since. */
static void older_than_the_rule(void **state)
{
	struct tenant *tenant =
		(struct tenant *)tenants_find_named(world.tenants, TEXT("rfc"));
	const struct profile *before = tenant->profile;
	struct profile strict = *before;
	struct coded without = ask_new_code("rfc", NULL);
	struct coded with = ask_new_code("rfc", ask_with_challenge);
	struct answer answer;

	strict.limits.challenges_always = true;
	tenant->profile = &strict;
	answer = ask_redeem(&without, &(struct redeem){.client = NULL});
	ask_assert(&answer, 400, REASON_VERIFIER_MISSING);
	answer = ask_redeem(&with, &(struct redeem){.verifier = ASK_VERIFIER});
	ask_assert(&answer, 200, REASON_NONE);
	tenant->profile = before;
	answer = ask_redeem(&without, &(struct redeem){.client = NULL});
	ask_assert(&answer, 200, REASON_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("a code older than the rule that PKCE is required is "
			  "refused without it",
			  older_than_the_rule),
		test_that("a code yields tokens", tokens_come),
		test_that("nobody may keep the reply", not_to_be_kept),
		test_that("a code redeemed twice with full proof revokes the "
			  "grant",
			  replay_with_proof),
		test_that("without full proof nothing is revoked",
			  replay_without_proof),
		test_that("the operator learns when and from where it was used",
			  replay_tells_from_where),
		test_that("auth0 tolerates a replay for 5 s", tolerance),
		test_that("redeemed is judged before expired",
			  redeemed_before_expired),
		test_that("a code ends on its second", expires),
		test_that("a failed check burns no code",
			  failing_burns_nothing),
		test_that("asgardeo burns it on a wrong redirect_uri or "
			  "verifier",
			  asgardeo_burns),
		test_that("another client cannot burn it",
			  stranger_burns_nothing),
		test_that("when redirect_uri may be left out",
			  redirect_uri_left_out),
		test_that("redirect_uri sent late is compared",
			  redirect_uri_sent_late),
		test_that("a verifier nobody promised is refused everywhere",
			  verifier_unexpected),
		test_that("verifiers of every form", verifier_forms),
		test_that("the challenge itself is no verifier",
			  challenge_as_verifier),
		test_that("plain challenges are compared", plain_challenge),
		test_that("no tokens for a person who is gone", person_gone),
		test_that("no refresh token without offline_access",
			  no_refresh_token),
		test_that("a disabled client redeems nothing", disabled_client),
		test_that("another tenant's code is unknown", other_tenant),
		test_that("a changed or cut code is unknown", forged),
		test_that("a refresh token is no code", refresh_token_as_code),
	};

	return cmocka_run_group_tests_name("redeem", tests, ask_open,
					   ask_close);
}
