/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a server as its configuration file says. */
#include "server/serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/memory.h"
#include "server/schema.h"
#include "server/server.h"

static void fill_listeners(const struct config *config,
			   struct server_options *options)
{
	options->listener_count = config_count(config, "listeners");
	MUST(options->listener_count <= SERVER_LISTENER_COUNT_MAX);
	for (size_t i = 0; i < options->listener_count; i++)
		options->listeners[i] = (struct server_listener){
			.address = config_item_string(config,
						      "listeners[].address", i),
			.port = (uint16_t)config_item_integer(
				config, "listeners[].port", i),
			.certificate_file = config_item_string(
				config, "listeners[].tls.certificate", i),
			.key_file = config_item_string(
				config, "listeners[].tls.key", i),
			.ocsp_file = config_item_string(
				config, "listeners[].tls.ocsp", i),
			.asks_certificates = text_equal(
				text_from(config_item_string(
					config,
					"listeners[].tls.client_certificates",
					i)),
				TEXT("optional")),
			.allows_http2 = config_item_boolean(
				config, "listeners[].http2", i),
		};
}

static outcome fill_edges(const struct config *config,
			  struct server_options *options, struct buf *why)
{
	for (size_t i = 0; i < options->listener_count; i++)
		TRY(edge_options_read(config, i, &options->listeners[i].edge,
				      why));
	return DONE;
}

static unsigned int count_of(const struct config *config, const char *name)
{
	return (unsigned int)config_integer(config, name);
}

static enum event_level level_of(const struct config *config)
{
	static const struct {
		const char *name;
		enum event_level level;
	} levels[] = {
		{"debug", EVENT_DEBUG},
		{"info", EVENT_INFO},
		{"warning", EVENT_WARNING},
		{"error", EVENT_ERROR},
	};

	for (size_t i = 0; i < COUNT_OF(levels); i++)
		if (text_equal(config_text(config, "log.level"),
			       text_from(levels[i].name)))
			return levels[i].level;
	return EVENT_INFO;
}

static void fill_options(const struct config *config,
			 struct server_options *options)
{
	fill_listeners(config, options);
	schema_http_limits(config, &options->limits);
	schema_tenant_defaults(config, &options->defaults);
	schema_fetch(config, &options->fetch);
	options->loop_count = count_of(config, "loops");
	options->memory = (size_t)config_integer(config, "limits.memory");
	options->password_threads = count_of(config, "limits.password_threads");
	options->password_queue = count_of(config, "limits.password_queue");
	options->pushed_per_minute = count_of(config, "limits.pushed_requests");
	options->log_least = level_of(config);
	options->drain_for = config_integer(config, "limits.drain_time");
}

outcome serve_check(const struct config *config, struct buf *why)
{
	struct server_options *options = calloc(1, sizeof(*options));
	struct memory_plan plan;
	outcome checked;

	MUST(options != NULL);
	fill_options(config, options);
	checked = site_check_shards(config, why);
	if (checked == DONE)
		checked = memory_plan(options, 0, &plan, why);
	free(options);
	return checked;
}

outcome serve_run(const char *config_file, const char *const *environment,
		  struct buf *why)
{
	CLEANUP(site_free) struct site *site = NULL;
	struct server_options *options = calloc(1, sizeof(*options));
	outcome run;

	MUST(options != NULL);
	run = site_of_config(config_file, environment, why, &site);
	if (run == DONE)
		run = site_make_folders(site, why);
	if (run == DONE) {
		options->site = site;
		fill_options(site->config, options);
		run = fill_edges(site->config, options, why);
	}
	if (run == DONE)
		run = server_run(options, why);
	explicit_bzero(options, sizeof(*options));
	free(options);
	return run;
}
