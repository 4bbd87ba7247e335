/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of licet.yaml; docs/configuration.md has a row for each. */
#include "server/schema.h"

#define YEAR (366 * 24 * 3600)

/* A span that tenants start from; without a default: the profile's counts. */
#define LIFETIME(least, most)                                                  \
	.type = CONFIG_DURATION, .min = (least), .max = (most)

static const struct config_row rows[] = {
	{.name = "listeners",
	 .type = CONFIG_LIST,
	 .is_required = true,
	 .min = 1,
	 .max = 16,
	 .help = "Say where to listen: an address and a port."},
	{.name = "listeners[].address",
	 .type = CONFIG_TEXT,
	 .is_required = true,
	 .max = 64,
	 .help = "The IP address to listen on, such as 0.0.0.0 or \"::\"."},
	{.name = "listeners[].port",
	 .type = CONFIG_INTEGER,
	 .is_required = true,
	 .min = 1,
	 .max = 65535,
	 .help = "The TCP port to listen on."},
	{.name = "listeners[].tls.certificate",
	 .type = CONFIG_PATH,
	 .needs = "listeners[].tls.key",
	 .help = "PEM file with the certificate and its chain."},
	{.name = "listeners[].tls.key",
	 .type = CONFIG_PATH,
	 .needs = "listeners[].tls.certificate",
	 .help = "PEM file with the certificate's private key."},

	{.name = "store.sqlite.folder",
	 .type = CONFIG_PATH,
	 .is_required = true,
	 .help = "Name the folder that holds the database."},
	{.name = "master_key.file",
	 .type = CONFIG_PATH,
	 .is_required = true,
	 .help = "Name the file that `licet key master` made."},
	{.name = "control.folder",
	 .type = CONFIG_PATH,
	 .help = "Where the control sockets are; the store's folder."},
	{.name = "log.file",
	 .type = CONFIG_PATH,
	 .help = "Where events go, a line of JSON each; standard error."},
	{.name = "log.level",
	 .type = CONFIG_CHOICE,
	 .choices = "debug info warning error",
	 .otherwise = "info",
	 .help = "The least level of events that are written."},
	{.name = "loops",
	 .type = CONFIG_INTEGER,
	 .otherwise = "0",
	 .max = 256,
	 .help = "Event loops, a thread each; 0: one per core."},

	{.name = "limits.head_size",
	 .type = CONFIG_SIZE,
	 .otherwise = "16KiB",
	 .min = 1024,
	 .max = 1024 * 1024,
	 .help = "Largest request line and headers together."},
	{.name = "limits.header_count",
	 .type = CONFIG_INTEGER,
	 .otherwise = "100",
	 .min = 10,
	 .max = 1000,
	 .help = "Most header fields of a request."},
	{.name = "limits.body_size",
	 .type = CONFIG_SIZE,
	 .otherwise = "64KiB",
	 .min = 1024,
	 .max = 16 * 1024 * 1024,
	 .help = "Largest request body."},
	{.name = "limits.head_time",
	 .type = CONFIG_DURATION,
	 .otherwise = "10s",
	 .min = 1,
	 .max = 3600,
	 .help = "From a request's first byte to the end of its headers."},
	{.name = "limits.body_time",
	 .type = CONFIG_DURATION,
	 .otherwise = "20s",
	 .min = 1,
	 .max = 3600,
	 .help = "From the end of the headers to the end of the body."},
	{.name = "limits.idle_time",
	 .type = CONFIG_DURATION,
	 .otherwise = "60s",
	 .min = 1,
	 .max = 3600,
	 .help = "A connection's silence between two requests."},
	{.name = "limits.write_time",
	 .type = CONFIG_DURATION,
	 .otherwise = "20s",
	 .min = 1,
	 .max = 3600,
	 .help = "A reply's wait for a client that does not read on."},
	{.name = "limits.connections",
	 .type = CONFIG_INTEGER,
	 .otherwise = "10000",
	 .min = 10,
	 .max = 1000000,
	 .help = "Most connections per listener and loop."},
	{.name = "limits.drain_time",
	 .type = CONFIG_DURATION,
	 .otherwise = "30s",
	 .min = 1,
	 .max = 3600,
	 .help = "How long SIGTERM waits for requests under way."},
	{.name = "limits.password_threads",
	 .type = CONFIG_INTEGER,
	 .otherwise = "2",
	 .min = 1,
	 .max = 64,
	 .help = "Threads that check passwords, 19 MiB each at work."},
	{.name = "limits.password_queue",
	 .type = CONFIG_INTEGER,
	 .otherwise = "64",
	 .min = 1,
	 .max = 10000,
	 .help = "Sign-ins that wait for them; further ones are put off."},

	{.name = "defaults.code_for",
	 LIFETIME(1, 600),
	 .help = "Life of an authorization code."},
	{.name = "defaults.access_token_for",
	 LIFETIME(1, YEAR),
	 .help = "Life of an access token."},
	{.name = "defaults.id_token_for",
	 LIFETIME(1, YEAR),
	 .help = "Life of an ID token."},
	{.name = "defaults.refresh_for",
	 LIFETIME(1, YEAR),
	 .help = "Life of a grant's refresh tokens."},
	{.name = "defaults.refresh_idle_for",
	 LIFETIME(1, YEAR),
	 .help = "How long a refresh token may lie unused."},
	{.name = "defaults.overlap_for",
	 LIFETIME(1, 3600),
	 .help = "How long the token before a rotation is still answered."},
	{.name = "defaults.code_replay_tolerance_for",
	 LIFETIME(1, 60),
	 .help = "How long a proven replay of a code does not revoke."},
	{.name = "defaults.session_for",
	 LIFETIME(60, YEAR),
	 .help = "Life of a sign-in in a browser."},
};

const struct config_schema server_schema = {rows, COUNT_OF(rows)};

static unsigned int milliseconds(const struct config *config, const char *name)
{
	return (unsigned int)(config_integer(config, name) * 1000);
}

void schema_http_limits(const struct config *config,
			struct http_limits *limits_out)
{
	*limits_out = (struct http_limits){
		.head_size = (size_t)config_integer(config, "limits.head_size"),
		.header_count =
			(size_t)config_integer(config, "limits.header_count"),
		.body_size = (size_t)config_integer(config, "limits.body_size"),
		.head_ms = milliseconds(config, "limits.head_time"),
		.body_ms = milliseconds(config, "limits.body_time"),
		.idle_ms = milliseconds(config, "limits.idle_time"),
		.write_ms = milliseconds(config, "limits.write_time"),
		.connection_count =
			(size_t)config_integer(config, "limits.connections"),
	};
}

void schema_tenant_defaults(const struct config *config,
			    struct tenant_defaults *defaults_out)
{
	defaults_out->lifetimes = (struct profile_lifetimes){
		.code_for = config_integer(config, "defaults.code_for"),
		.access_token_for =
			config_integer(config, "defaults.access_token_for"),
		.id_token_for = config_integer(config, "defaults.id_token_for"),
		.refresh_for = config_integer(config, "defaults.refresh_for"),
		.refresh_idle_for =
			config_integer(config, "defaults.refresh_idle_for"),
		.overlap_for = config_integer(config, "defaults.overlap_for"),
		.code_replay_tolerance_for = config_integer(
			config, "defaults.code_replay_tolerance_for"),
		.session_for = config_integer(config, "defaults.session_for"),
	};
}
