/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's tenants, people and clients, and how to try them. */
#include <stdio.h>

#include "loop/clock.h"
#include "registry/registry.h"
#include "server/demo_tenants.h"
#include "server/internal.h"
#include "json/writer.h"

#define DOCUMENT_MAX ((size_t)128 * 1024)
#define DEMO_BUDGET ((size_t)1024 * 1024)
#define DEMO_SECRET "demo-web-secret-0123456789abcdef"
#define DEMO_SCOPE "openid profile email address phone offline_access"
/* RFC 7636 appendix B. */
#define DEMO_VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define DEMO_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

struct demo_tenant {
	const char *name;
	const char *display_name;
	const char *profile;
	const char *prefix;
	const char *authorize;
	const char *token;
};

static const struct demo_tenant demo_tenants[] = {
	{"root", "Licet demo", "auth0", "", "/authorize", "/oauth/token"},
	{"bifrost", "Bifrost", "asgardeo", "/t/bifrost", "/oauth2/authorize",
	 "/oauth2/token"},
	{"plain", "Plain", "rfc", "/t/plain", "/authorize", "/token"},
};

struct demo_person {
	const char *username;
	const char *password;
	const char *given_name;
	const char *birthdate;
	const char *phone;
};

static const struct demo_person demo_people[] = {
	{"alice", "alice-password", "Alice", "1990-04-12", "+1 555 0100"},
	{"bob", "bob-password", "Bob", "1985-11-02", "+1 555 0101"},
};

struct demo_client {
	const char *id;
	const char *name;
	const char *type;
	const char *secret; /* NULL: public */
	const char *redirect_uri;
};

static const struct demo_client demo_clients[] = {
	{"demo-web", "Demo web application", "web", DEMO_SECRET,
	 "http://localhost:3000/callback"},
	{"demo-spa", "Demo single-page application", "web", NULL,
	 "http://localhost:3000/callback"},
	{"demo-native", "Demo native application", "native", NULL,
	 "http://127.0.0.1/callback"},
};

/* "http://localhost:8080", "http://[::1]:8080". */
static struct text origin_of(struct arena *arena, const struct demo *demo)
{
	bool is_ipv6 = strchr(demo->host, ':') != NULL;
	struct text host = arena_format(arena, "http://%s%s%s",
					is_ipv6 ? "[" : "", demo->host,
					is_ipv6 ? "]" : "");

	if (demo->port == 80)
		return host;
	return arena_format(arena, "%.*s:%u", TEXT_ARG(host), demo->port);
}

static void write_tenants(struct json_writer *writer, struct arena *arena,
			  struct text origin)
{
	json_name(writer, "tenants");
	json_open_array(writer);
	for (size_t i = 0; i < COUNT_OF(demo_tenants); i++) {
		const struct demo_tenant *tenant = &demo_tenants[i];

		json_open_object(writer);
		json_member_string(writer, "name", tenant->name);
		json_member_string(writer, "profile", tenant->profile);
		json_member_text(writer, "url",
				 arena_format(arena, "%.*s%s", TEXT_ARG(origin),
					      tenant->prefix));
		json_close_object(writer);
	}
	json_close_array(writer);
}

static void write_address(struct json_writer *writer)
{
	json_name(writer, "address");
	json_open_object(writer);
	json_member_string(writer, "street_address", "1 Loopback Road");
	json_member_string(writer, "locality", "Localhost");
	json_member_string(writer, "postal_code", "12701");
	json_member_string(writer, "country", "Nowhere");
	json_close_object(writer);
}

static void write_claims(struct json_writer *writer, struct arena *arena,
			 const struct demo_person *person)
{
	json_name(writer, "claims");
	json_open_object(writer);
	json_member_text(writer, "name",
			 arena_format(arena, "%s Example", person->given_name));
	json_member_string(writer, "given_name", person->given_name);
	json_member_string(writer, "family_name", "Example");
	json_member_string(writer, "middle_name", "D.");
	json_member_string(writer, "nickname", person->username);
	json_member_string(writer, "preferred_username", person->username);
	json_member_text(writer, "profile",
			 arena_format(arena, "https://example.com/%s",
				      person->username));
	json_member_text(writer, "picture",
			 arena_format(arena, "https://example.com/%s.png",
				      person->username));
	json_member_string(writer, "website", "https://example.com/");
	json_member_string(writer, "gender", "unspecified");
	json_member_string(writer, "birthdate", person->birthdate);
	json_member_string(writer, "zoneinfo", "Europe/Zurich");
	json_member_string(writer, "locale", "en");
	json_member_integer(writer, "updated_at", 1767225600);
	json_member_text(writer, "email",
			 arena_format(arena, "%s@example.com",
				      person->username));
	json_member_boolean(writer, "email_verified", true);
	json_member_string(writer, "phone_number", person->phone);
	json_member_boolean(writer, "phone_number_verified", false);
	write_address(writer);
	json_close_object(writer);
}

static void write_people(struct json_writer *writer, struct arena *arena)
{
	json_name(writer, "users");
	json_open_array(writer);
	for (size_t i = 0; i < COUNT_OF(demo_tenants); i++)
		for (size_t k = 0; k < COUNT_OF(demo_people); k++) {
			json_open_object(writer);
			json_member_string(writer, "tenant",
					   demo_tenants[i].name);
			json_member_string(writer, "username",
					   demo_people[k].username);
			json_member_string(writer, "password",
					   demo_people[k].password);
			write_claims(writer, arena, &demo_people[k]);
			json_close_object(writer);
		}
	json_close_array(writer);
}

static void write_client(struct json_writer *writer,
			 const struct demo_client *client, const char *tenant)
{
	json_open_object(writer);
	json_member_string(writer, "tenant", tenant);
	json_member_string(writer, "client_id", client->id);
	json_member_string(writer, "client_name", client->name);
	json_member_string(writer, "application_type", client->type);
	if (client->secret != NULL)
		json_member_string(writer, "client_secret", client->secret);
	json_member_string(writer, "token_endpoint_auth_method",
			   client->secret != NULL ? "client_secret_basic"
						  : "none");
	json_member_words(writer, "redirect_uris",
			  text_from(client->redirect_uri));
	json_member_words(writer, "post_logout_redirect_uris",
			  TEXT("http://localhost:3000 http://localhost:3000/"));
	json_member_words(writer, "grant_types",
			  TEXT("authorization_code refresh_token"));
	json_member_words(writer, "response_types", TEXT("code"));
	json_member_words(writer, "web_origins", TEXT("http://localhost:3000"));
	json_member_string(writer, "scope", DEMO_SCOPE);
	json_close_object(writer);
}

static void write_clients(struct json_writer *writer)
{
	json_name(writer, "clients");
	json_open_array(writer);
	for (size_t i = 0; i < COUNT_OF(demo_tenants); i++)
		for (size_t k = 0; k < COUNT_OF(demo_clients); k++)
			write_client(writer, &demo_clients[k],
				     demo_tenants[i].name);
	json_close_array(writer);
}

static outcome import(const struct demo *demo, struct store *store,
		      const struct master *master, struct buf *why)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(DEMO_BUDGET);
	CLEANUP(buf_wipe) struct buf document = buf_init(DOCUMENT_MAX);
	CLEANUP(buf_wipe)
	struct buf warnings = buf_init(REGISTRY_SENTENCES_MAX);
	struct json_writer writer = {.buf = &document};
	struct registry registry = {
		.store = store,
		.master = master,
		.profiles = server_profiles,
		.profile_count = server_profile_count,
		.now = clock_now(),
		.allows_weak_secrets = true,
	};
	struct registry_report report = {.mistakes = why,
					 .warnings = &warnings};

	json_open_object(&writer);
	write_tenants(&writer, arena, origin_of(arena, demo));
	write_people(&writer, arena);
	write_clients(&writer);
	json_close_object(&writer);
	MUST(!document.is_over);
	return registry_import(&registry, buf_text(&document), TEXT_ABSENT,
			       &report);
}

/* What follows "scheme://host:port" of a URL. */
static struct text path_of(struct text url)
{
	size_t scheme = text_find(url, TEXT("://")) + 3;
	struct text rest = text_from_byte(url, scheme);

	return text_from_byte(rest, text_find_byte(rest, '/'));
}

static enum store_outcome save_moved(struct store *store, struct arena *arena,
				     struct text origin,
				     struct tenant_record *tenant)
{
	tenant->url = arena_format(arena, "%.*s%.*s", TEXT_ARG(origin),
				   TEXT_ARG(path_of(tenant->url)));
	return store_save_tenant(store, tenant);
}

static outcome move(struct store *store, struct arena *arena,
		    struct text origin, struct tenant_record *tenants,
		    size_t count)
{
	enum store_outcome moved = store_begin(store);

	if (moved != STORE_DONE)
		return BROKEN;
	for (size_t i = 0; i < count && moved == STORE_DONE; i++)
		moved = save_moved(store, arena, origin, &tenants[i]);
	return store_end(store, moved) == STORE_DONE ? DONE : BROKEN;
}

outcome demo_tenants_fill(const struct demo *demo, struct store *store,
			  const struct master *master, struct buf *why)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(DEMO_BUDGET);
	struct text origin = origin_of(arena, demo);
	struct tenant_record *tenants;
	size_t count;

	if (store_load_tenants(store, arena, &tenants, &count) != STORE_DONE) {
		buf_format(why, "the store cannot be read\n");
		return BROKEN;
	}
	if (count == 0)
		return import(demo, store, master, why);
	if (demo->is_joining || text_starts_with(tenants[0].url, origin))
		return DONE;
	if (move(store, arena, origin, tenants, count) == DONE)
		return DONE;
	buf_format(why, "the store cannot be written\n");
	return BROKEN;
}

static void print_tenant(const struct demo_tenant *tenant, struct text origin)
{
	printf("\n%s (profile %s)\n"
	       "  sign in:  %.*s%s%s?response_type=code&client_id=demo-spa"
	       "&scope=openid%%20profile%%20offline_access"
	       "&redirect_uri=http%%3A%%2F%%2Flocalhost%%3A3000%%2Fcallback"
	       "&state=demo&code_challenge=" DEMO_CHALLENGE
	       "&code_challenge_method=S256\n"
	       "  exchange: curl %.*s%s%s -d grant_type=authorization_code"
	       " -d client_id=demo-spa -d code_verifier=" DEMO_VERIFIER
	       " -d redirect_uri=http://localhost:3000/callback"
	       " -d code=THE_CODE\n",
	       tenant->name, tenant->profile, TEXT_ARG(origin), tenant->prefix,
	       tenant->authorize, TEXT_ARG(origin), tenant->prefix,
	       tenant->token);
}

void demo_tenants_print(const struct demo *demo)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(DEMO_BUDGET);
	struct text origin = origin_of(arena, demo);

	printf("licet demo on %.*s: for trying out, never for real people\n"
	       "people: alice / alice-password, bob / bob-password\n"
	       "clients: demo-web (secret " DEMO_SECRET
	       "), demo-spa, demo-native\n"
	       "After the sign-in, copy the code from the address bar "
	       "(nothing needs to answer on port 3000).\n",
	       TEXT_ARG(origin));
	for (size_t i = 0; i < COUNT_OF(demo_tenants); i++)
		print_tenant(&demo_tenants[i], origin);
	if (demo->is_joining)
		printf("\nAnother process serves this folder: its URLs "
		       "hold.\n");
	fflush(stdout);
}
