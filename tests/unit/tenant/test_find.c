/* SPDX-License-Identifier: Apache-2.0 */
/* From host and path to the tenant, and to what of the path is left. */
#include "world.h"

#include "profile/profile.h"

static const struct profile *const profiles[] = {&profile_rfc, &profile_auth0};

static void save(int64_t id, const char *name, const char *url,
		 const char *settings)
{
	struct tenant_record record = {
		.id = id,
		.name = text_from(name),
		.profile = TEXT("rfc"),
		.url = text_from(url),
		.settings = text_from(settings),
	};

	assert_int_equal(store_save_tenant(world.store, &record), STORE_DONE);
}

static int open_tenants(void **state)
{
	int opened = world_open(state);

	save(10, "root", "https://root.example", "{}");
	save(11, "org", "https://root.example/t/org",
	     "{\"mtls_url\": \"https://mtls.example:9443/t/org\"}");
	save(12, "organ", "https://root.example/t/organ", "{}");
	save(13, "port", "https://port.example:8443", "{}");
	save(14, "local", "http://localhost:8080", "{}");
	save(15, "plain", "http://plain.example", "{}");
	world_reload_tenants();
	return opened;
}

struct row {
	const char *host;
	const char *path;
	const char *name; /* NULL: no tenant */
	const char *rest;
};

#define OAUTH "/.well-known/oauth-authorization-server"
#define OPENID "/.well-known/openid-configuration"

static const struct row rows[] = {
	{"root.example", "/token", "root", "/token"},
	{"root.example", "/", "root", "/"},
	{"root.example:443", "/token", "root", "/token"},
	{"ROOT.Example", "/token", "root", "/token"},
	{"ROOT.Example:443", "/t/org/token", "org", "/token"},
	{"root.example", "/t/org/token", "org", "/token"},
	{"root.example", "/t/org", "org", ""},
	{"root.example", "/t/org/", "org", "/"},
	{"root.example", "/t/organ/token", "organ", "/token"},
	{"root.example", "/t/orga/token", "root", ""},
	{"root.example", "/t/Org/token", "root", ""},
	{"root.example", "/t/ORG/token", "root", ""},
	{"root.example", "/t//token", "root", ""},
	{"root.example", "/t/org%2f/token", "root", ""},
	{"root.example", "/t/org/../organ/token", "org", "/../organ/token"},
	{"root.example", "//t/org/token", "root", "//t/org/token"},
	{"root.example", "/T/org/token", "root", "/T/org/token"},
	{"port.example:8443", "/token", "port", "/token"},
	{"port.example", "/token", NULL, NULL},
	{"port.example:443", "/token", NULL, NULL},
	{"localhost:8080", "/token", "local", "/token"},
	{"localhost", "/token", NULL, NULL},
	{"plain.example:80", "/token", "plain", "/token"},
	{"plain.example", "/token", "plain", "/token"},
	/* where its clients show certificates (RFC 8705 section 5) */
	{"mtls.example:9443", "/t/org/token", "org", "/token"},
	{"MTLS.example:9443", "/t/org" OPENID, "org", OPENID},
	{"mtls.example:9443", "/token", NULL, NULL},
	{"mtls.example", "/t/org/token", NULL, NULL},
	{"elsewhere.example", "/token", NULL, NULL},
	{"", "/token", NULL, NULL},
	{"root.example.", "/token", NULL, NULL},
	{"root.exampl", "/token", NULL, NULL},
	{"root.example2", "/token", NULL, NULL},
	{"evil@root.example", "/token", NULL, NULL},
	{"id.example", "/t/rfc/token", "rfc", "/token"},
	{"id.example", "/t/nobody/token", "asgardeo", ""},
	{"id.example", "/token", "asgardeo", ""},

	{"root.example", OAUTH, "root", OAUTH},
	{"root.example", OPENID, "root", OPENID},
	{"root.example", OAUTH "/t/org", "org", OAUTH},
	{"root.example", OPENID "/t/org", "org", OPENID},
	{"root.example", OAUTH "/t/organ", "organ", OAUTH},
	{"root.example", "/t/org" OAUTH, "org", OAUTH},
	{"root.example", "/t/org" OPENID, "org", OPENID},
	{"root.example", OAUTH "/t/nobody", "root", ""},
	{"id.example", OAUTH "/t/asgardeo/oauth2/token", "asgardeo",
	 OAUTH "/oauth2/token"},
	{"root.example", OAUTH "/x", "root", OAUTH "/x"},
	{"root.example", "/.well-known/other/t/org", "root",
	 "/.well-known/other/t/org"},
};

static void every_row(void **state)
{
	struct arena *arena = arena_new(65536);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text rest = TEXT_ABSENT;
		const struct tenant *tenant =
			tenants_find(world.tenants, text_from(rows[i].host),
				     text_from(rows[i].path), arena, &rest);

		if ((tenant == NULL) != (rows[i].name == NULL))
			fail_msg("%s%s", rows[i].host, rows[i].path);
		if (tenant == NULL)
			continue;
		if (!text_equal(tenant->name, text_from(rows[i].name)) ||
		    !text_equal(rest, text_from(rows[i].rest)))
			fail_msg("%s%s: %.*s '%.*s'", rows[i].host,
				 rows[i].path, TEXT_ARG(tenant->name),
				 TEXT_ARG(rest));
	}
	arena_free(&arena);
}

static void taken_apart(void **state)
{
	const struct tenant *org =
		tenants_find_named(world.tenants, TEXT("org"));
	const struct tenant *local =
		tenants_find_named(world.tenants, TEXT("local"));

	world_assert_text(org->origin, "https://root.example");
	world_assert_text(org->prefix, "/t/org");
	world_assert_text(org->issuer, "https://root.example/t/org");
	assert_true(org->is_secure);
	world_assert_text(local->origin, "http://localhost:8080");
	world_assert_text(local->prefix, "");
	assert_false(local->is_secure);
	assert_null(tenants_find_named(world.tenants, TEXT("nobody")));
	assert_int_equal(tenants_count(world.tenants), 9);
}

static void issuers(void **state)
{
	world_assert_text(
		tenants_find_named(world.tenants, TEXT("auth0"))->issuer,
		"https://id.example/t/auth0/");
	world_assert_text(
		tenants_find_named(world.tenants, TEXT("asgardeo"))->issuer,
		"https://id.example/t/asgardeo/oauth2/token");
}

/* Profile, then the operator's defaults, then the tenant's own. */
static void lifetimes(void **state)
{
	struct tenant_defaults defaults = {0};
	struct tenants *tenants = NULL;
	const struct tenant *own;

	defaults.lifetimes.code_for = 45;
	defaults.lifetimes.access_token_for = 111;
	save(16, "own", "https://own.example", "{\"code_for\":30}");
	assert_int_equal(tenants_load(world.store,
				      (const struct profile *const[]){
					      &profile_rfc, &profile_auth0,
					      &profile_asgardeo},
				      3, &defaults, &tenants),
			 DONE);
	own = tenants_find_named(tenants, TEXT("own"));
	assert_int_equal(own->lifetimes.code_for, 30);
	assert_int_equal(own->lifetimes.access_token_for, 111);
	assert_int_equal(own->lifetimes.overlap_for, 10);
	tenants_unref(&tenants);
}

/* A certificate of nobody in particular, until the year 2126. */
#define PEM                                                                    \
	"-----BEGIN CERTIFICATE-----\\n"                                       \
	"MIIBMjCB5aADAgECAhRCS9fCWSU8jWeP3/Pt7M3yeHxiSTAFBgMrZXAwDjEMMAoG\\n"  \
	"A1UEAwwDYW55MCAXDTI2MTEyMjAzMjc1OFoYDzIxMjYxMDI5MDMyNzU4WjAOMQww\\n"  \
	"CgYDVQQDDANhbnkwKjAFBgMrZXADIQAC5oJz1UqkFh0rnZuyhAisMYSP6BFDviYt\\n"  \
	"mNRhLz28sqNTMFEwHQYDVR0OBBYEFL9jX5ZOmWJfSp1oGdU0E/BnrpYxMB8GA1Ud\\n"  \
	"IwQYMBaAFL9jX5ZOmWJfSp1oGdU0E/BnrpYxMA8GA1UdEwEB/wQFMAMBAf8wBQYD\\n"  \
	"K2VwA0EAGkd+82L+AELPwoTOpFgyhpw5udcXJ9sW8XUsGkZb7afLiOl3CKzXOUSq\\n"  \
	"3lY32JxOLGoyEezag0sKC03zCMLSBA==\\n"                                  \
	"-----END CERTIFICATE-----\\n"
/* Once for all requests that the snapshot serves. */
static void authorities(void **state)
{
	const struct profile *const all[] = {&profile_rfc, &profile_auth0,
					     &profile_asgardeo};
	struct tenant_defaults defaults = {0};
	struct tenants *tenants = NULL;

	save(16, "own", "https://own.example",
	     "{\"client_certificate_authorities\":\"" PEM "\"}");
	assert_int_equal(tenants_load(world.store, all, COUNT_OF(all),
				      &defaults, &tenants),
			 DONE);
	assert_non_null(
		tenants_find_named(tenants, TEXT("own"))->client_authorities);
	assert_null(
		tenants_find_named(tenants, TEXT("rfc"))->client_authorities);
	tenants_unref(&tenants);
	save(16, "own", "https://own.example",
	     "{\"client_certificate_authorities\":\"nonsense\"}");
	assert_int_equal(tenants_load(world.store, all, COUNT_OF(all),
				      &defaults, &tenants),
			 REFUSED);
	assert_null(tenants);
	save(16, "own", "https://own.example", "{}");
}

/* One bad row must not go unnoticed: nothing is loaded. */
static void unusable(void **state)
{
	struct tenant_defaults defaults = {0};
	struct tenants *tenants = NULL;

	assert_int_equal(tenants_load(world.store, profiles, COUNT_OF(profiles),
				      &defaults, &tenants),
			 REFUSED);
	assert_null(tenants);
	save(17, "bad", "https://bad.example", "{\"code_for\":9999}");
	assert_int_equal(tenants_load(world.store,
				      (const struct profile *const[]){
					      &profile_rfc, &profile_auth0,
					      &profile_asgardeo},
				      3, &defaults, &tenants),
			 REFUSED);
	assert_null(tenants);
}

static void counted(void **state)
{
	struct tenants *other = tenants_ref(world.tenants);

	tenants_unref(&other);
	assert_null(other);
	assert_int_equal(tenants_count(world.tenants), 9);
	tenants_unref(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every host and path finds its tenant", every_row),
		test_that("a url is taken apart", taken_apart),
		test_that("the profile makes the issuer", issuers),
		test_that("snapshots are counted", counted),
		test_that("lifetimes: profile, operator, tenant", lifetimes),
		test_that("authorities of clients are parsed with the "
			  "snapshot, or the row is refused",
			  authorities),
		test_that("a row with an unknown profile or bad settings",
			  unusable),
	};

	return cmocka_run_group_tests_name("find", tests, open_tenants,
					   world_close);
}
