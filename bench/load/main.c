/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator's command line: asks a server of this machine, and tells. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "scenario.h"

static struct load_options options = {
	.connection_count = 16,
	.stream_count = 1,
	.request_count = 1000,
	.most_ms = 60000,
	.authorize = "/authorize",
	.token = "/token",
	.path = "/",
	.client_id = "bench",
	.redirect_uri = "http://localhost:3000/callback",
	.scope = "openid offline_access",
	.person = {"alice", "alice-password"},
	.key_algorithm = "ES256",
	.redirect_status = 302,
	.body_size = 256,
};

struct number_option {
	const char *name;
	int64_t least;
	int64_t most;
	size_t *count; /* one of the two */
	int *number;
};

static const struct number_option numbers[] = {
	{"connections", 1, LOAD_CONNECTIONS_MAX, &options.connection_count,
	 NULL},
	{"streams", 1, LOAD_STREAMS_MAX, &options.stream_count, NULL},
	{"requests", 1, LOAD_REQUESTS_MAX, &options.request_count, NULL},
	{"warm-up", 0, LOAD_REQUESTS_MAX, &options.warm_up_count, NULL},
	{"pid", 1, INT32_MAX, NULL, &options.pid},
	{"redirect-status", 300, 399, NULL, &options.redirect_status},
	{"dpop-keys", 0, LOAD_DPOP_KEYS_MAX, &options.dpop_key_count, NULL},
	{"body-size", 1, 65536, &options.body_size, NULL},
};

struct word_option {
	const char *name;
	const char **word;
};

static const struct word_option words[] = {
	{"authorize", &options.authorize},
	{"token", &options.token},
	{"path", &options.path},
	{"client", &options.client_id},
	{"secret", &options.client_secret},
	{"redirect-uri", &options.redirect_uri},
	{"scope", &options.scope},
	{"username", &options.person.username},
	{"password", &options.person.password},
	{"cookie", &options.cookie},
	{"input", &options.input_file},
	{"output", &options.output_file},
	{"key", &options.key_file},
	{"key-algorithm", &options.key_algorithm},
};

_Noreturn static void usage(const char *why)
{
	fprintf(stderr,
		"load: %s\n"
		"usage: load SCENARIO --url http://127.0.0.1:PORT [OPTION…]\n"
		"       load new-key ALGORITHM FILE\n"
		"scenarios:",
		why);
	for (size_t i = 0; load_scenario_name_at(i) != NULL; i++)
		fprintf(stderr, " %s", load_scenario_name_at(i));
	fprintf(stderr, "\noptions: --http 1|2 --seconds S");
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		fprintf(stderr, " --%s N", numbers[i].name);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		fprintf(stderr, " --%s TEXT", words[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

static int64_t parse_number(const char *value, int64_t least, int64_t most)
{
	int64_t number;

	if (!text_parse_integer(text_from(value), &number) || number < least ||
	    number > most)
		usage("a number is out of its range");
	return number;
}

static void take_url(const char *value)
{
	bool is_http2 = options.target.is_http2;
	const char *why;

	if (load_target_parse(text_from(value), &options.target, &why) != DONE)
		usage(why);
	options.target.is_http2 = is_http2;
}

static void take_number(const struct number_option *option, const char *value)
{
	int64_t number = parse_number(value, option->least, option->most);

	if (option->count != NULL)
		*option->count = (size_t)number;
	else
		*option->number = (int)number;
}

static void take(const char *name, const char *value)
{
	if (strcmp(name, "url") == 0) {
		take_url(value);
		return;
	}
	if (strcmp(name, "http") == 0) {
		options.target.is_http2 = parse_number(value, 1, 2) == 2;
		return;
	}
	if (strcmp(name, "seconds") == 0) {
		options.most_ms = parse_number(value, 1, 3600) * 1000;
		return;
	}
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (strcmp(numbers[i].name, name) == 0) {
			take_number(&numbers[i], value);
			return;
		}
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(words[i].name, name) == 0) {
			*words[i].word = value;
			return;
		}
	usage("there is no such option");
}

static void parse(int count, char **arguments)
{
	if (count < 2)
		usage("which scenario?");
	options.scenario = arguments[1];
	for (int i = 2; i < count; i += 2) {
		if (strncmp(arguments[i], "--", 2) != 0 || i + 1 == count)
			usage("options are --NAME VALUE");
		take(arguments[i] + 2, arguments[i + 1]);
	}
	if (options.target.address_size == 0)
		usage("--url is missing");
}

static outcome run(void)
{
	const struct load_scenario *scenario =
		load_scenario_find(options.scenario);
	struct load_plan plan;
	outcome done;

	if (scenario == NULL)
		usage("there is no such scenario");
	TRY(load_target_open_tls(&options.target));
	load_plan_init(&plan, &options,
		       options.request_count + options.warm_up_count);
	done = load_proof_open(&plan);
	if (done == DONE)
		done = scenario->prepare(&plan);
	if (done == DONE)
		done = load_plan_measure(&plan);
	if (done == DONE)
		done = load_gather_tell(&plan);
	load_proof_close(&plan);
	arena_free(&plan.arena);
	load_target_close_tls(&options.target);
	return done;
}

int main(int count, char **arguments)
{
	signal(SIGPIPE, SIG_IGN);
	if (crypto_open() != DONE)
		return 1;
	if (count == 4 && strcmp(arguments[1], "new-key") == 0)
		return load_proof_new_key(arguments[2], arguments[3]) == DONE
			       ? 0
			       : 1;
	parse(count, arguments);
	return run() == DONE ? 0 : 1;
}
