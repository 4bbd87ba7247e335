/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata: valid, of the tenant's own issuer, and true. */
#include "fixture.h"

static const char *const names[] = {"rfc", "auth0", "asgardeo"};

static struct text document(struct exchange *x, const char *tenant,
			    enum endpoint endpoint)
{
	fixture_begin(x, tenant, endpoint);
	x->http.host = TEXT("evil.example");
	if (endpoint == ENDPOINT_OPENID_METADATA)
		oidc_endpoint_openid_metadata.answer(&x->request);
	else
		oidc_endpoint_oauth_metadata.answer(&x->request);
	assert_int_equal(x->reply.status, 200);
	assert_int_not_equal(
		text_find(buf_text(&x->reply.headers),
			  TEXT("Cache-Control: public, max-age=300\r\n")),
		x->reply.headers.size);
	return buf_text(&x->reply.body);
}

static void the_issuer_is_the_tenants(void **state)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct exchange x;
		struct text body =
			document(&x, names[i], ENDPOINT_OPENID_METADATA);

		fixture_assert_text(
			fixture_member(&x, body, "issuer"),
			arena_format(x.arena, "\"%.*s\"",
				     TEXT_ARG(x.request.tenant->issuer))
				.at);
		assert_int_equal(text_find(body, TEXT("evil")), body.size);
		fixture_end(&x);
	}
}

/* Every URL of the document leads to the endpoint that its name says. */
static void every_endpoint_has_a_route(void **state)
{
	static const struct {
		const char *name;
		enum endpoint endpoint;
	} rows[] = {
		{"authorization_endpoint", ENDPOINT_AUTHORIZE},
		{"token_endpoint", ENDPOINT_TOKEN},
		{"jwks_uri", ENDPOINT_JWKS},
		{"revocation_endpoint", ENDPOINT_REVOKE},
		{"introspection_endpoint", ENDPOINT_INTROSPECT},
		{"userinfo_endpoint", ENDPOINT_USERINFO},
		{"end_session_endpoint", ENDPOINT_LOGOUT},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct exchange x;
		struct text body =
			document(&x, names[i], ENDPOINT_OPENID_METADATA);

		for (size_t k = 0; k < COUNT_OF(rows); k++) {
			struct text url =
				fixture_member(&x, body, rows[k].name);
			const struct tenant *tenant;
			const struct profile_route *route;
			struct text rest;

			assert_true(text_starts_with(
				url, TEXT("\"https://id.example/")));
			url = text_from_byte(url, strlen("\"https://"
							 "id.example"));
			url.size--;
			tenant = tenants_find(fixture.tenants,
					      TEXT("id.example"), url, x.arena,
					      &rest);
			assert_ptr_equal(tenant, x.request.tenant);
			route = profile_find_route(tenant->profile, rest);
			assert_non_null(route);
			assert_int_equal(route->endpoint, rows[k].endpoint);
		}
		fixture_end(&x);
	}
}

static void the_oauth_document_is_the_same_but_in_asgardeo(void **state)
{
	struct exchange x, y;
	struct text openid;

	for (size_t i = 0; i < 2; i++) {
		openid = document(&x, names[i], ENDPOINT_OPENID_METADATA);
		assert_true(
			text_equal(openid, document(&y, names[i],
						    ENDPOINT_OAUTH_METADATA)));
		fixture_end(&x);
		fixture_end(&y);
	}
	openid = document(&x, "asgardeo", ENDPOINT_OAUTH_METADATA);
	fixture_assert_member(&x, openid, "userinfo_endpoint", NULL);
	fixture_assert_member(&x, openid, "claims_supported", NULL);
	fixture_assert_member(&x, openid, "subject_types_supported", NULL);
	fixture_assert_member(&x, openid, "response_types_supported",
			      "[\"code\"]");
	fixture_end(&x);
}

static void the_required_members_are_there(void **state)
{
	static const char *const required[] = {
		"issuer",
		"authorization_endpoint",
		"token_endpoint",
		"jwks_uri",
		"response_types_supported",
		"subject_types_supported",
		"id_token_signing_alg_values_supported",
		"scopes_supported",
		"claims_supported",
		"code_challenge_methods_supported",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct exchange x;
		struct text body =
			document(&x, names[i], ENDPOINT_OPENID_METADATA);

		for (size_t k = 0; k < COUNT_OF(required); k++)
			assert_true(text_is_present(
				fixture_member(&x, body, required[k])));
		fixture_end(&x);
	}
}

static void algorithms_are_those_of_the_keys(void **state)
{
	static const struct {
		const char *tenant;
		const char *algorithms;
	} rows[] = {
		{"rfc", "[\"RS256\",\"ES256\",\"EdDSA\"]"},
		{"auth0", "[\"RS256\"]"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct exchange x;
		struct text body =
			document(&x, rows[i].tenant, ENDPOINT_OPENID_METADATA);

		fixture_assert_member(&x, body,
				      "id_token_signing_alg_values_supported",
				      rows[i].algorithms);
		fixture_end(&x);
	}
}

/* RFC 8705 section 5. */
static void certificates_are_advertised_where_they_are_shown(void **state)
{
	struct exchange x;
	struct tenant tenant;
	struct text body = document(&x, "rfc", ENDPOINT_OPENID_METADATA);

	assert_int_equal(text_find(body, TEXT("tls_client")), body.size);
	assert_int_equal(text_find(body, TEXT("mtls")), body.size);
	fixture_end(&x);
	fixture_begin(&x, "rfc", ENDPOINT_OPENID_METADATA);
	tenant = *x.request.tenant;
	tenant.mtls_url = TEXT("https://mtls.example/t/rfc");
	x.request.tenant = &tenant;
	oidc_endpoint_openid_metadata.answer(&x.request);
	body = buf_text(&x.reply.body);
	assert_int_not_equal(
		text_find(body, TEXT("\"token_endpoint\":"
				     "\"https://mtls.example/t/rfc/token\"")),
		body.size);
	fixture_assert_text(
		fixture_member(&x, body,
			       "tls_client_certificate_bound_access_tokens"),
		"true");
	fixture_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("the issuer is the tenant's, whatever the Host",
			  the_issuer_is_the_tenants),
		test_that("every advertised endpoint has its route",
			  every_endpoint_has_a_route),
		test_that("the OAuth document is the same but in asgardeo",
			  the_oauth_document_is_the_same_but_in_asgardeo),
		test_that("the algorithms are those that there are keys for",
			  algorithms_are_those_of_the_keys),
		test_that("certificates are advertised where clients show them",
			  certificates_are_advertised_where_they_are_shown),
		test_that("the required members are there",
			  the_required_members_are_there),
	};

	return cmocka_run_group_tests_name("oidc_metadata", tests, fixture_open,
					   fixture_close);
}
