/* SPDX-License-Identifier: Apache-2.0 */
/* What holds in every profile, whatever a vendor does. */
#include "golden.h"

static bool is_our_fault(enum reason reason)
{
	return reason == REASON_STORE_BUSY ||
	       reason == REASON_STORE_UNCERTAIN ||
	       reason == REASON_SHARD_AWAY || reason == REASON_SERVER_BUSY ||
	       reason == REASON_SERVER_ERROR;
}

/* RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E */
static bool is_description(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '"' ||
		    *text == '\\')
			return false;
	return true;
}

static size_t count_arguments(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '%')) != NULL; text += 2) {
		assert_int_equal(text[1], 's');
		count++;
	}
	return count;
}

static void every_reason_has_a_reply(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++)
		for (enum endpoint k = 0; k <= ENDPOINT_COUNT; k++)
			for (enum reason reason = REASON_NONE + 1;
			     reason < REASON_COUNT; reason++)
				assert_int_equal(profile_find_reply(profiles[i],
								    k, reason)
							 ->reason,
						 reason);
}

static void no_row_stands_twice(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct profile_replies *replies = profiles[i]->replies;

		for (size_t k = 0; k < replies->count; k++) {
			const struct profile_reply *row = &replies->rows[k];

			assert_int_equal(endpoint_class(row->endpoint),
					 row->endpoint);
			for (size_t j = 0; j < k; j++)
				assert_false(replies->rows[j].reason ==
						     row->reason &&
					     replies->rows[j].endpoint ==
						     row->endpoint);
		}
	}
}

static void texts_fit_the_wire(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct profile_replies *replies = profiles[i]->replies;

		for (size_t k = 0; k < replies->count; k++) {
			const struct profile_reply *row = &replies->rows[k];

			assert_int_equal(row->error == NULL, row->text == NULL);
			if (row->text == NULL)
				continue;
			assert_true(count_arguments(row->text) <= 1);
			/* an argument would have to be quoted there */
			if ((row->flags & REPLY_CHALLENGES_BEARER) != 0)
				assert_int_equal(count_arguments(row->text), 0);
			assert_true(is_description(row->text));
			assert_true(is_description(row->error));
			assert_int_equal(count_arguments(row->error), 0);
		}
	}
}

static void faults_are_whose_they_are(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct profile_replies *replies = profiles[i]->replies;

		for (size_t k = 0; k < replies->count; k++) {
			const struct profile_reply *row = &replies->rows[k];

			if ((row->flags & REPLY_SILENT) != 0)
				assert_int_equal(row->status, 200);
			else if (is_our_fault(row->reason))
				assert_in_range(row->status, 500, 599);
			else
				assert_in_range(row->status, 400, 499);
		}
	}
}

static void assert_alike(const struct profile *profile, enum endpoint endpoint,
			 enum reason a, enum reason b)
{
	const struct profile_reply *one =
		profile_find_reply(profile, endpoint, a);
	const struct profile_reply *other =
		profile_find_reply(profile, endpoint, b);

	assert_int_equal(one->status, other->status);
	assert_string_equal(one->error, other->error);
	assert_string_equal(one->text, other->text);
	assert_int_equal(one->flags, other->flags);
}

static void unknown_clients_look_like_wrong_secrets(void **state)
{
	static const enum endpoint endpoints[] = {
		ENDPOINT_TOKEN, ENDPOINT_REVOKE, ENDPOINT_INTROSPECT};

	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		for (size_t k = 0; k < COUNT_OF(endpoints); k++) {
			assert_alike(profiles[i], endpoints[k],
				     REASON_CLIENT_UNKNOWN,
				     REASON_CLIENT_SECRET_WRONG);
			assert_alike(profiles[i], endpoints[k],
				     REASON_CLIENT_UNKNOWN,
				     REASON_CLIENT_SECRET_MISSING);
		}
		assert_alike(profiles[i], ENDPOINT_TOKEN, REASON_CODE_UNKNOWN,
			     REASON_CODE_OTHER_CLIENT);
		assert_alike(profiles[i], ENDPOINT_TOKEN,
			     REASON_REFRESH_UNKNOWN,
			     REASON_REFRESH_OTHER_CLIENT);
		assert_alike(profiles[i], ENDPOINT_AUTHORIZE,
			     REASON_CLIENT_UNKNOWN, REASON_CLIENT_DISABLED);
	}
}

static void rfc_is_plain_about_codes(void **state)
{
	for (enum reason reason = REASON_CODE_UNKNOWN;
	     reason <= REASON_CODE_REVOKED; reason++) {
		assert_alike(&profile_rfc, ENDPOINT_TOKEN, REASON_CODE_UNKNOWN,
			     reason);
		assert_alike(&profile_auth0, ENDPOINT_TOKEN,
			     REASON_CODE_UNKNOWN, reason);
	}
}

static void auth0_never_challenges_at_token(void **state)
{
	for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT;
	     reason++) {
		const struct profile_reply *row = profile_find_reply(
			&profile_auth0, ENDPOINT_TOKEN, reason);

		/* access tokens are not presented there */
		if (text_starts_with(text_from(reason_name(reason)),
				     TEXT("token_")) ||
		    reason == REASON_DPOP_TOKEN_MISMATCH)
			continue;
		assert_int_equal(row->flags & (REPLY_CHALLENGES |
					       REPLY_CHALLENGES_AUTHORIZATION |
					       REPLY_CHALLENGES_BEARER |
					       REPLY_CHALLENGES_BEARER_BARE |
					       REPLY_CHALLENGES_DPOP),
				 0);
	}
}

/* RFC 6749 section 5.2: 401 after an Authorization header has a challenge. */
static void unauthorized_means_a_challenge(void **state)
{
	for (size_t i = 0; i < profile_rfc.replies->count; i++) {
		const struct profile_reply *row = &profile_rfc.replies->rows[i];

		if (row->status == 401)
			assert_int_not_equal(
				row->flags & (REPLY_CHALLENGES_AUTHORIZATION |
					      REPLY_CHALLENGES_BEARER |
					      REPLY_CHALLENGES_BEARER_BARE |
					      REPLY_CHALLENGES_DPOP),
				0);
	}
}

static void redirect_targets_stay_untold(void **state)
{
	const struct profile_reply *row = profile_find_reply(
		&profile_auth0, ENDPOINT_TOKEN, REASON_REDIRECT_URI_MISMATCH);

	assert_int_equal(row->status, 403);
	assert_string_equal(row->error, "unauthorized_client");
	assert_string_equal(row->text, "The redirect URI is wrong.");
	for (size_t i = 0; i < COUNT_OF(profiles); i++)
		assert_int_equal(
			count_arguments(
				profile_find_reply(profiles[i], ENDPOINT_TOKEN,
						   REASON_REDIRECT_URI_MISMATCH)
					->text),
			0);
}

static void issuers_are_the_vendors(void **state)
{
	assert_string_equal(profile_rfc.issuer_suffix, "");
	assert_string_equal(profile_auth0.issuer_suffix, "/");
	assert_string_equal(profile_asgardeo.issuer_suffix, "/oauth2/token");
}

static void paths_are_unique_and_whole(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct profile *profile = profiles[i];

		for (size_t k = 0; k < profile->route_count; k++) {
			const struct profile_route *route = &profile->routes[k];

			assert_int_equal(route->path[0], '/');
			assert_ptr_equal(
				profile_find_route(profile,
						   text_from(route->path)),
				route);
		}
		for (enum endpoint k = 0; k < ENDPOINT_COUNT; k++)
			if (k != ENDPOINT_LOGOUT_RETURN)
				assert_non_null(profile_path(profile, k));
	}
	assert_null(profile_path(&profile_rfc, ENDPOINT_LOGOUT_RETURN));
	assert_string_equal(profile_path(&profile_auth0,
					 ENDPOINT_LOGOUT_RETURN),
			    "/v2/logout");
	assert_null(profile_path(&profile_asgardeo, ENDPOINT_LOGOUT_RETURN));
}

static void paths_match_byte_for_byte(void **state)
{
	assert_null(profile_find_route(&profile_rfc, TEXT("/token/")));
	assert_null(profile_find_route(&profile_rfc, TEXT("/Token")));
	assert_null(profile_find_route(&profile_rfc, TEXT("/toke")));
	assert_null(profile_find_route(&profile_rfc, TEXT("")));
	assert_int_equal(profile_find_route(&profile_asgardeo,
					    TEXT("/oauth2/token"))
				 ->endpoint,
			 ENDPOINT_TOKEN);
}

/* The discovery document lies below the issuer that it names. */
static void discovery_lies_below_the_issuer(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		struct text suffix = text_from(profiles[i]->issuer_suffix);
		struct text path = text_from(
			profile_path(profiles[i], ENDPOINT_OPENID_METADATA));

		if (text_ends_with(suffix, TEXT("/")))
			suffix.size--;
		assert_true(text_starts_with(path, suffix));
		assert_true(
			text_equal(text_from_byte(path, suffix.size),
				   TEXT("/.well-known/openid-configuration")));
	}
}

static void assert_members(const char *constants)
{
	static const char *const ours[] = {"issuer", "token_endpoint",
					   "scopes_supported",
					   "claims_supported"};
	struct json_document *document = NULL;
	char whole[4096];
	int size = snprintf(whole, sizeof(whole), "{%s}", constants);

	assert_in_range(size, 2, (int)sizeof(whole) - 1);
	assert_int_equal(json_parse(text_of(whole, (size_t)size), sizeof(whole),
				    &document, NULL),
			 DONE);
	for (size_t i = 0; i < COUNT_OF(ours); i++)
		assert_null(json_find(json_root(document), ours[i]));
	assert_int_equal(
		json_count(json_find(json_root(document),
				     "code_challenge_methods_supported")),
		1);
	json_document_free(&document);
}

static void metadata_is_json(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		assert_members(profiles[i]->openid_metadata_constants);
		assert_members(profiles[i]->oauth_metadata_constants);
		assert_true(
			text_has_word(text_from(profiles[i]->scopes_supported),
				      TEXT("openid")));
		assert_true(text_has_word(
			text_from(profiles[i]->claims_supported), TEXT("sub")));
	}
}

/* OpenID Connect Core section 2, RFC 9068 section 2.2. */
static void assert_claims(const struct profile_claim *claims, size_t count)
{
	static const char *const needed[] = {"iss", "sub", "aud", "exp", "iat"};

	for (size_t i = 0; i < COUNT_OF(needed); i++) {
		size_t found = 0;

		for (size_t k = 0; k < count; k++)
			if (claims[k].name != NULL &&
			    strcmp(claims[k].name, needed[i]) == 0 &&
			    claims[k].condition == CLAIM_ALWAYS)
				found++;
		assert_int_equal(found, 1);
	}
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(claims[i].source == CLAIM_CONSTANT,
				 claims[i].constant != NULL);
		for (size_t k = 0; k < i && claims[i].name != NULL; k++)
			if (claims[k].name != NULL)
				assert_string_not_equal(claims[k].name,
							claims[i].name);
	}
}

static void tokens_hold_what_they_must(void **state)
{
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct profile *profile = profiles[i];
		bool has_reference = false;

		assert_claims(profile->id_token_claims,
			      profile->id_token_claim_count);
		assert_claims(profile->access_token_claims,
			      profile->access_token_claim_count);
		for (size_t k = 0; k < profile->access_token_claim_count; k++)
			if (profile->access_token_claims[k].source ==
			    CLAIM_REFERENCE)
				has_reference = true;
		assert_true(has_reference);
	}
}

static void lifetimes_are_the_rules(void **state)
{
	assert_int_equal(profile_rfc.lifetimes.code_for, 60);
	assert_int_equal(profile_auth0.lifetimes.code_for, 120);
	assert_int_equal(profile_asgardeo.lifetimes.code_for, 300);
	assert_int_equal(profile_rfc.lifetimes.access_token_for, 300);
	assert_int_equal(profile_auth0.lifetimes.code_replay_tolerance_for, 5);
	assert_int_equal(profile_rfc.lifetimes.pushed_for, 60);
	assert_int_equal(profile_auth0.lifetimes.pushed_for, 30);
	assert_int_equal(profile_asgardeo.lifetimes.pushed_for, 60);
	for (size_t i = 0; i < COUNT_OF(profiles); i++) {
		const struct profile_lifetimes *span = &profiles[i]->lifetimes;

		assert_in_range(span->code_for, 1, 600);
		assert_true(span->overlap_for < span->refresh_idle_for);
		assert_true(span->refresh_idle_for <= span->refresh_for);
		assert_true(span->session_for > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every reason has a reply at every endpoint",
			  every_reason_has_a_reply),
		test_that("no row stands twice, and each has a class",
			  no_row_stands_twice),
		test_that("texts hold one argument at most and RFC 6749's "
			  "characters",
			  texts_fit_the_wire),
		test_that("no client's fault is a 5xx, and no fault of ours a "
			  "4xx",
			  faults_are_whose_they_are),
		test_that("an unknown client looks like a wrong secret",
			  unknown_clients_look_like_wrong_secrets),
		test_that("rfc and auth0 say of codes only that they are bad",
			  rfc_is_plain_about_codes),
		test_that("auth0 never challenges at the token endpoint",
			  auth0_never_challenges_at_token),
		test_that("a 401 of rfc has a challenge",
			  unauthorized_means_a_challenge),
		test_that("no reply tells the expected redirect_uri",
			  redirect_targets_stay_untold),
		test_that("issuers end as the vendors' do",
			  issuers_are_the_vendors),
		test_that("each path is there once, each endpoint at least",
			  paths_are_unique_and_whole),
		test_that("paths are compared byte for byte",
			  paths_match_byte_for_byte),
		test_that("discovery lies below the issuer it names",
			  discovery_lies_below_the_issuer),
		test_that("metadata constants are JSON members of their own",
			  metadata_is_json),
		test_that("tokens hold what the specifications ask",
			  tokens_hold_what_they_must),
		test_that("lifetimes are those of the rules",
			  lifetimes_are_the_rules),
	};

	return cmocka_run_group_tests_name("profile_tables", tests, NULL, NULL);
}
