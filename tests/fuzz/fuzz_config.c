/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a configuration file: taken, or refused with sentences. */
#include <stdint.h>

#include "config/config.h"

static const struct config_row rows[] = {
	{.name = "listeners", .type = CONFIG_LIST, .max = 3, .help = "L."},
	{.name = "listeners[].port",
	 .type = CONFIG_INTEGER,
	 .is_required = true,
	 .help = "P."},
	{.name = "listeners[].tls.key",
	 .type = CONFIG_PATH,
	 .needs = "listeners[].port",
	 .help = "K."},
	{.name = "words", .type = CONFIG_LIST, .help = "W."},
	{.name = "words[]", .type = CONFIG_TEXT, .help = "W."},
	{.name = "log.level",
	 .type = CONFIG_CHOICE,
	 .choices = "debug info",
	 .otherwise = "info",
	 .help = "L."},
	{.name = "limits.body", .type = CONFIG_SIZE, .help = "B."},
	{.name = "limits.idle", .type = CONFIG_DURATION, .help = "I."},
	{.name = "strict", .type = CONFIG_BOOLEAN, .help = "S."},
};

static const struct config_schema schema = {rows, COUNT_OF(rows)};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(buf_wipe) struct buf mistakes = buf_init(CONFIG_MISTAKES_MAX);
	const struct config_input input = {"a/fuzz.yaml", text_of(data, size),
					   NULL};

	if (config_parse(&input, &schema, &mistakes, &config) != DONE) {
		MUST(mistakes.size > 0 && config == NULL);
		return 0;
	}
	MUST(mistakes.size == 0);
	for (size_t i = 0; i < config_count(config, "listeners"); i++)
		MUST(config_item_integer(config, "listeners[].port", i) >= 0);
	MUST(config_string(config, "log.level") != NULL);
	return 0;
}
