/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of serve: their defaults, and the documented example. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "suite.h"

#include "server/schema.h"
#include "server/site.h"

static void the_example_is_accepted(void **state)
{
	struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	struct config *config = NULL;

	if (config_load("docs/licet.example.yaml", NULL, &server_schema,
			&mistakes, &config) != DONE)
		fail_msg("%.*s", TEXT_ARG(buf_text(&mistakes)));
	assert_int_equal(config_count(config, "listeners"), 2);
	config_free(&config);
	buf_wipe(&mistakes);
}

static void defaults_are_those_of_http(void **state)
{
	struct config *config = config_of_defaults(&server_schema);
	const struct http_limits *wanted = &http_limits_default;
	struct http_limits limits;

	schema_http_limits(config, &limits);
	assert_int_equal(limits.head_size, wanted->head_size);
	assert_int_equal(limits.header_count, wanted->header_count);
	assert_int_equal(limits.body_size, wanted->body_size);
	assert_int_equal(limits.head_ms, wanted->head_ms);
	assert_int_equal(limits.body_ms, wanted->body_ms);
	assert_int_equal(limits.idle_ms, wanted->idle_ms);
	assert_int_equal(limits.write_ms, wanted->write_ms);
	assert_int_equal(limits.connection_count, wanted->connection_count);
	assert_int_equal(limits.connection_count_per_address,
			 wanted->connection_count_per_address);
	config_free(&config);
}

static void lifetimes_are_the_profiles_unless_given(void **state)
{
	const struct config_input input = {
		"licet.yaml",
		TEXT("listeners: [{address: 127.0.0.1, port: 1}]\n"
		     "store: {sqlite: {folder: a}}\n"
		     "master_key: {file: b}\n"
		     "defaults: {code_for: 30s, session_for: 2h}\n"),
		NULL};
	struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	struct tenant_defaults defaults;
	struct config *config = NULL;

	assert_int_equal(
		config_parse(&input, &server_schema, &mistakes, &config), DONE);
	schema_tenant_defaults(config, &defaults);
	assert_int_equal(defaults.lifetimes.code_for, 30);
	assert_int_equal(defaults.lifetimes.session_for, 7200);
	assert_int_equal(defaults.lifetimes.access_token_for, 0);
	assert_int_equal(defaults.lifetimes.overlap_for, 0);
	config_free(&config);
	buf_wipe(&mistakes);
}

static void certificates_come_with_their_keys(void **state)
{
	const struct config_input input = {
		"licet.yaml",
		TEXT("listeners:\n"
		     "  - {address: \"::\", port: 1, tls: {certificate: c}}\n"
		     "store: {sqlite: {folder: a}}\n"
		     "master_key: {file: b}\n"),
		NULL};
	struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	struct config *config = NULL;

	assert_int_equal(config_parse(&input, &server_schema, &mistakes,
				      &config),
			 REFUSED);
	assert_true(text_equal(
		buf_text(&mistakes),
		TEXT("licet.yaml:2:49: \"listeners[].tls.certificate\" needs "
		     "\"listeners[].tls.key\" beside it\n")));
	buf_wipe(&mistakes);
}

static void a_folder_is_a_site(void **state)
{
	struct site *site = site_of_folder("/srv/demo");

	assert_string_equal(site->store_folder, "/srv/demo");
	assert_string_equal(site->control_folder, "/srv/demo");
	assert_string_equal(site->master_key_file, "/srv/demo/master.key");
	assert_string_equal(site->log_file, "/srv/demo/events.jsonl");
	assert_null(site->config);
	site_free(&site);
	assert_null(site);
}

static void a_configuration_is_a_site(void **state)
{
	char file[] = "/tmp/licet-site-XXXXXX";
	const char text[] = "listeners: [{address: 127.0.0.1, port: 1}]\n"
			    "store: {sqlite: {folder: a}}\n"
			    "master_key: {file: /b}\n";
	const char *const environment[] = {"LICET_CONTROL_FOLDER=/run/licet",
					   NULL};
	struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	struct site *site = NULL;
	int fd = mkstemp(file);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(site_of_config(file, NULL, &why, &site), DONE);
	assert_string_equal(site->store_folder, "/tmp/a");
	assert_string_equal(site->control_folder, "/tmp/a");
	assert_string_equal(site->master_key_file, "/b");
	assert_null(site->log_file);
	site_free(&site);
	assert_int_equal(site_of_config(file, environment, &why, &site), DONE);
	assert_string_equal(site->control_folder, "/run/licet");
	site_free(&site);
	unlink(file);
	assert_int_equal(site_of_config(file, NULL, &why, &site), REFUSED);
	assert_true(why.size > 0);
	buf_wipe(&why);
}

static void assert_mistake(const char *store, const char *mistake)
{
	char text[512];
	struct config_input input = {"licet.yaml", TEXT_ABSENT, NULL};
	struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	struct config *config = NULL;

	(void)snprintf(text, sizeof(text),
		       "listeners: [{address: 127.0.0.1, port: 1}]\n"
		       "master_key: {file: b}\n%s",
		       store);
	input.text = text_from(text);
	assert_int_equal(config_parse(&input, &server_schema, &mistakes,
				      &config),
			 REFUSED);
	buf_add_byte(&mistakes, '\0');
	assert_string_equal(mistakes.at, mistake);
	buf_wipe(&mistakes);
}

static void there_is_one_store(void **state)
{
	assert_mistake("", "licet.yaml: \"store.sqlite.folder\" is missing: "
			   "Name the folder that holds the database.\n");
	assert_mistake("store: {sqlite: {folder: a}, postgres: {dsn: x}}\n"
		       "control: {folder: c}\n",
		       "licet.yaml:3:26: \"store.sqlite.folder\" and "
		       "\"store.postgres.dsn\" are both given: one of them is "
		       "meant\n");
	assert_mistake("store: {postgres: {dsn: x}}\n",
		       "licet.yaml:3:25: \"store.postgres.dsn\" needs "
		       "\"control.folder\" beside it\n");
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_store_on_postgres_has_its_password_from_a_file(void **state)
{
	char folder[] = "/tmp/licet-site-XXXXXX";
	char path[64];
	struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	struct site *site = NULL;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/licet.yaml", folder);
	write_file(folder, "licet.yaml",
		   "listeners: [{address: 127.0.0.1, port: 1}]\n"
		   "store: {postgres: {dsn: host=db, password_file: p,"
		   " prepares: false, timeout: 2s}}\n"
		   "control: {folder: c}\nmaster_key: {file: b}\n");
	assert_int_equal(site_of_config(path, NULL, &why, &site), REFUSED);
	buf_add_byte(&why, '\0');
	assert_non_null(strstr(why.at, "/p: the store's password is one line"));
	write_file(folder, "p", "swordfish\n");
	assert_int_equal(site_of_config(path, NULL, &why, &site), DONE);
	assert_null(site->store_folder);
	assert_string_equal(site->postgres.dsn, "host=db");
	assert_string_equal(site->postgres.password, "swordfish");
	assert_int_equal(site->postgres.connection_count, 4);
	assert_int_equal(site->postgres.timeout_ms, 2000);
	assert_false(site->postgres.prepares);
	site_free(&site);
	buf_wipe(&why);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/p", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

static void a_folder_remembers_its_store_on_postgres(void **state)
{
	char folder[] = "/tmp/licet-site-XXXXXX";
	char path[64];
	struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	struct site *site;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(site_put_on_postgres(folder, "host=db", &why), DONE);
	site = site_of_folder(folder);
	assert_null(site->store_folder);
	assert_string_equal(site->postgres.dsn, "host=db");
	site_free(&site);
	buf_wipe(&why);
	(void)snprintf(path, sizeof(path), "%s/postgres.dsn", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("the documented example is accepted",
			  the_example_is_accepted),
		test_that("limits of HTTP are http's own by default",
			  defaults_are_those_of_http),
		test_that("lifetimes are the profile's unless given",
			  lifetimes_are_the_profiles_unless_given),
		test_that("there is one store", there_is_one_store),
		test_that("a store on PostgreSQL has its password from a file",
			  a_store_on_postgres_has_its_password_from_a_file),
		test_that("a folder remembers its store on PostgreSQL",
			  a_folder_remembers_its_store_on_postgres),
		test_that("a certificate comes with its key",
			  certificates_come_with_their_keys),
		test_that("a folder alone says where everything is",
			  a_folder_is_a_site),
		test_that("a configuration says where everything is",
			  a_configuration_is_a_site),
	};

	return cmocka_run_group_tests_name("server/schema", tests, NULL, NULL);
}
