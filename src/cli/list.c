/* SPDX-License-Identifier: Apache-2.0 */
/* Every command with its options and its help, as help lists them. */
#include "cli/commands.h"

/* The installation that a command is about; place_find reads them. */
#define PLACE_OPTIONS                                                          \
	{"config", required_argument, NULL, 'c'},                              \
		{"data", required_argument, NULL, 'd'}
#define PLACE_HELP                                                             \
	"  --config FILE  the configuration of `licet serve`\n"                \
	"  --data DIR     instead: the folder of `licet demo --data DIR`\n"
#define SHARD_HELP "  --shard N      of this shard rather than the home\n"

static const struct option demo_options[] = {
	{"listen", required_argument, NULL, 'l'},
	{"data", required_argument, NULL, 'd'},
	{"postgres", required_argument, NULL, 'p'},
	{NULL, 0, NULL, 0},
};

static const struct option serve_options[] = {
	{"config", required_argument, NULL, 'c'},
	{NULL, 0, NULL, 0},
};

static const struct option import_options[] = {
	PLACE_OPTIONS,
	{"tenant", required_argument, NULL, 't'},
	{"allow-weak-secrets", no_argument, NULL, 'w'},
	{NULL, 0, NULL, 0},
};

static const struct option no_options[] = {
	{NULL, 0, NULL, 0},
};

static const struct option key_list_options[] = {
	PLACE_OPTIONS,
	{"tenant", required_argument, NULL, 't'},
	{NULL, 0, NULL, 0},
};

static const struct option key_rotate_options[] = {
	PLACE_OPTIONS,
	{"tenant", required_argument, NULL, 't'},
	{"algorithm", required_argument, NULL, 'a'},
	{"keep", required_argument, NULL, 'k'},
	{NULL, 0, NULL, 0},
};

static const struct option key_master_options[] = {
	PLACE_OPTIONS,
	{NULL, 0, NULL, 0},
};

static const struct option store_options[] = {
	PLACE_OPTIONS,
	{NULL, 0, NULL, 0},
};

static const struct option shard_options[] = {
	PLACE_OPTIONS,
	{"shard", required_argument, NULL, 's'},
	{NULL, 0, NULL, 0},
};

static const struct option explain_options[] = {
	PLACE_OPTIONS,
	{"json", no_argument, NULL, 'j'},
	{NULL, 0, NULL, 0},
};

static const struct option store_copy_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"abort", no_argument, NULL, 'a'},
	{NULL, 0, NULL, 0},
};

const struct command command_list[] = {
	{
		.name = "demo",
		.arguments =
			"[--listen ADDR:PORT] [--data DIR] [--postgres DSN]",
		.summary =
			"Starts a server to try things out, without configuration",
		.help = "  --listen ADDR:PORT  a loopback address; localhost:8080 otherwise\n"
			"  --data DIR          keep everything in this folder; otherwise in a new one\n"
			"                      that is removed at the end\n"
			"  --postgres DSN      keep the store in this PostgreSQL database instead\n"
			"\nThree tenants, one of each profile, with people, clients and keys; prints the URLs\nto open and the commands to try.\n",
		.options = demo_options,
		.run = cli_demo,
	},
	{
		.name = "serve",
		.arguments = "--config FILE",
		.summary = "Starts the server that a configuration describes",
		.help = "  --config FILE  the configuration; docs/licet.example.yaml is one\n"
			"\nSIGTERM lets it answer what is under way, and then ends it.\n",
		.options = serve_options,
		.required = "c",
		.run = cli_serve,
	},
	{
		.name = "config check",
		.arguments = "FILE",
		.summary = "Says what is wrong in a configuration, and where",
		.help = "Every mistake with its line and column, and what to write "
			"instead. The settings\nare in docs/configuration.md; LICET_… "
			"variables of the environment count, too.\n",
		.options = no_options,
		.word_count_min = 1,
		.word_count_max = 1,
		.run = cli_config_check,
	},
	{
		.name = "import",
		.arguments =
			"FILE.json (--config FILE | --data DIR) [--tenant NAME]",
		.summary =
			"Puts tenants, users, clients and resources into the store",
		.help = PLACE_HELP
		"  --tenant NAME  the tenant of entries that do not name theirs\n"
		"  --allow-weak-secrets\n"
		"                 take client secrets under 128 bits, too\n"
		"\nAll of the file or nothing. FILE may be - for standard input; its "
		"form is in\ndocs/import.md. Servers notice within a second.\n",
		.options = import_options,
		.word_count_min = 1,
		.word_count_max = 1,
		.run = cli_import,
	},
	{
		.name = "key list",
		.arguments = "(--config FILE | --data DIR) [--tenant NAME]",
		.summary = "Lists the keys and their states",
		.help = PLACE_HELP "  --tenant NAME  only this tenant's\n",
		.options = key_list_options,
		.run = cli_key_list,
	},
	{
		.name = "key rotate",
		.arguments = "(--config FILE | --data DIR) [--tenant NAME] …",
		.summary = "Makes the next keys the current ones",
		.help = PLACE_HELP
		"  --tenant NAME  only this tenant's; all tenants' otherwise\n"
		"  --algorithm A  which keys: RS256 (the default), ES256, PS256, EdDSA,\n"
		"                 RSA-OAEP-256, ECDH-ES\n"
		"  --keep TIME    how long the replaced key stays published, or\n"
		"                 decrypts; 2d\n"
		"\nA new next key is made. Servers notice within a "
		"second.\n",
		.options = key_rotate_options,
		.run = cli_key_rotate,
	},
	{
		.name = "key master",
		.arguments = "(--config FILE | --data DIR)",
		.summary =
			"Makes the master key, which everything stored is sealed "
			"under",
		.help = PLACE_HELP
		"\nA file that is there is never replaced: without its key the store "
		"is worth\nnothing.\n",
		.options = key_master_options,
		.run = cli_key_master,
	},
	{
		.name = "size",
		.arguments = "(--config FILE | --data DIR) [--shard N]",
		.summary =
			"Tells how large the store is, and how large it will be",
		.help = PLACE_HELP SHARD_HELP
		"\nRows and bytes of each noun, and what they come to when those of the last "
		"hour go\non coming and live as long as they may. Reads all of the store.\n",
		.options = shard_options,
		.run = cli_size,
	},
	{
		.name = "backup",
		.arguments = "FILE (--config FILE | --data DIR) [--shard N]",
		.summary =
			"Copies the store into a new file while it is in use",
		.help = PLACE_HELP SHARD_HELP
		"\nThe copy shows the store at one moment, is checked, and has its "
		"name only when it\nis whole. A file that is there is never "
		"replaced. The master key is not in it:\nkeep a copy of that "
		"elsewhere.\n",
		.options = shard_options,
		.word_count_min = 1,
		.word_count_max = 1,
		.run = cli_backup,
	},
	{
		.name = "store restored",
		.arguments = "(--config FILE | --data DIR) [--shard N]",
		.summary = "After a restore: voids all that was issued before",
		.help = PLACE_HELP SHARD_HELP
		"\nA store that was put back from a backup knows less than clients "
		"do: codes that\nwere redeemed, tokens that were revoked since. "
		"This begins a new epoch; codes,\ntokens and sessions from before "
		"are refused. People sign in again. Servers notice\nwithin a "
		"second.\n",
		.options = shard_options,
		.run = cli_store_restored,
	},
	{
		.name = "store copy",
		.arguments = "--config FILE [--abort]",
		.summary = "Moves the store to another while servers go on",
		.help = "  --config FILE  the configuration of `licet serve`; its store.next names the\n"
			"                 other store\n"
			"  --abort        give up what is under way\n"
			"\nCopies all rows, then those that change meanwhile, and has the servers change\n"
			"over within a second. May be stopped and started again. docs/scaling.md\n",
		.options = store_copy_options,
		.required = "c",
		.run = cli_store_copy,
	},
	{
		.name = "cluster status",
		.arguments = "(--config FILE | --data DIR)",
		.summary = "Shows the store, and the servers at work on it",
		.help = PLACE_HELP
		"\nThe engine, the schema, the epoch, the shards, and of each server its "
		"version, when it was last\nseen and how far its clock is from "
		"the store's.\n",
		.options = store_options,
		.run = cli_cluster_status,
	},
	{
		.name = "cluster fill",
		.arguments = "(--config FILE | --data DIR)",
		.summary = "Gives every shard what it must know of people "
			   "and clients",
		.help = PLACE_HELP
		"\nA new shard serves once it is filled. One that was away "
		"during an import is\nbrought up to date; grants of who was "
		"disabled or has a new password end there.\nMay be broken off "
		"and repeated.\n",
		.options = store_options,
		.run = cli_cluster_fill,
	},
	{
		.name = "explain",
		.arguments = "REQUEST-ID (--config FILE | --data DIR) [--json]",
		.summary = "Tells why a request was answered as it was",
		.help = PLACE_HELP
		"  --json         the record itself, a line of JSON\n"
		"\nREQUEST-ID is the reply's header X-Request-Id, or stands on the "
		"error page. Running\nservers are asked first (their last 10 000 "
		"decisions), then the event log.\n",
		.options = explain_options,
		.word_count_min = 1,
		.word_count_max = 1,
		.run = cli_explain,
	},
	{
		.name = "version",
		.arguments = "",
		.summary = "Prints the version",
		.options = no_options,
		.run = cli_version,
	},
};

const size_t command_count = COUNT_OF(command_list);
