/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of serve: their defaults, and the documented example. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("the documented example is accepted",
			  the_example_is_accepted),
		test_that("limits of HTTP are http's own by default",
			  defaults_are_those_of_http),
		test_that("lifetimes are the profile's unless given",
			  lifetimes_are_the_profiles_unless_given),
		test_that("a certificate comes with its key",
			  certificates_come_with_their_keys),
		test_that("a folder alone says where everything is",
			  a_folder_is_a_site),
		test_that("a configuration says where everything is",
			  a_configuration_is_a_site),
	};

	return cmocka_run_group_tests_name("server/schema", tests, NULL, NULL);
}
