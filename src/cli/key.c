/* SPDX-License-Identifier: Apache-2.0 */
/* `licet key list|rotate|master`: tenants' keys, and what seals them. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "keys/keys.h"
#include "loop/clock.h"

#define ARENA_BUDGET ((size_t)16 * 1024 * 1024)
#define ALGORITHM "RS256"
/* How long a replaced key verifies (and is published), or decrypts: longer than tokens live, unless a
 * tenant says otherwise. */
#define KEEP "2d"

/* ---- what the commands work on ---- */

struct work {
	const struct command_line *line;
	struct place place;
	struct arena *arena;
	struct tenant_record *tenants;
	size_t tenant_count;
	instant now;
};

static void work_close(struct work *work)
{
	place_close(&work->place);
	arena_free(&work->arena);
}

static outcome work_open(struct work *work, const struct command_line *line,
			 struct buf *why)
{
	*work = (struct work){.line = line, .now = clock_now()};
	work->arena = arena_new(ARENA_BUDGET);
	TRY(place_open(line, &work->place, why));
	if (store_load_tenants(work->place.store, work->arena, &work->tenants,
			       &work->tenant_count) == STORE_DONE)
		return DONE;
	buf_add(why, TEXT("licet key: the store cannot be read: the event log "
			  "says why\n"));
	return BROKEN;
}

/* Whether --tenant names this one, or none was named. */
static bool is_wanted(const struct work *work,
		      const struct tenant_record *tenant)
{
	const char *name = command_value(work->line, 't');

	return name == NULL || text_equal(tenant->name, text_from(name));
}

static outcome check_tenant(const struct work *work, struct buf *why)
{
	for (size_t i = 0; i < work->tenant_count; i++)
		if (is_wanted(work, &work->tenants[i]))
			return DONE;
	if (command_value(work->line, 't') == NULL)
		return DONE;
	buf_format(why, "licet key: there is no tenant \"%s\"; there is:",
		   command_value(work->line, 't'));
	for (size_t i = 0; i < work->tenant_count; i++)
		buf_format(why, " %.*s", TEXT_ARG(work->tenants[i].name));
	buf_add_byte(why, '\n');
	return REFUSED;
}

/* ---- list ---- */

static const char *state_name(enum signing_key_state state)
{
	switch (state) {
	case SIGNING_KEY_NEXT:
		return "next";
	case SIGNING_KEY_CURRENT:
		return "current";
	case SIGNING_KEY_PREVIOUS:
		return "previous";
	}
	return "unknown";
}

/* "2026-11-22 00:40 UTC", or "-" for never. */
static void format_instant(char at[32], instant when)
{
	time_t seconds = (time_t)instant_to_seconds(when);
	struct tm parts;

	if (when == INSTANT_NEVER || gmtime_r(&seconds, &parts) == NULL ||
	    strftime(at, 32, "%Y-%m-%d %H:%M UTC", &parts) == 0)
		snprintf(at, 32, "-");
}

static void print_key(const struct tenant_record *tenant,
		      const struct signing_key *key)
{
	char created[32];
	char retires[32];

	format_instant(created, key->created_at);
	format_instant(retires, key->retires_at);
	printf("%-16.*s %-12.*s %-9s %-21s %-21s %.*s\n",
	       TEXT_ARG(tenant->name), TEXT_ARG(key->algorithm),
	       state_name(key->state), created, retires, TEXT_ARG(key->id));
}

static outcome print_keys(struct work *work, const struct tenant_record *tenant,
			  struct buf *why)
{
	struct signing_key *keys;
	size_t count;

	if (store_load_signing_keys(work->place.store, work->arena, tenant->id,
				    work->now, &keys, &count) != STORE_DONE) {
		buf_add(why, TEXT("licet key list: the store cannot be read: "
				  "the event log says why\n"));
		return BROKEN;
	}
	for (size_t i = 0; i < count; i++)
		print_key(tenant, &keys[i]);
	return DONE;
}

static outcome list_all(struct work *work, struct buf *why)
{
	TRY(check_tenant(work, why));
	printf("%-16s %-12s %-9s %-21s %-21s %s\n", "tenant", "algorithm",
	       "state", "made", "retires", "kid");
	for (size_t i = 0; i < work->tenant_count; i++)
		if (is_wanted(work, &work->tenants[i]))
			TRY(print_keys(work, &work->tenants[i], why));
	return DONE;
}

int cli_key_list(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	CLEANUP(work_close) struct work work = {0};

	if (work_open(&work, line, &why) != DONE ||
	    list_all(&work, &why) != DONE)
		return place_failed(&why);
	return COMMAND_DONE;
}

/* ---- rotate ---- */

static outcome rotate_one(struct work *work, struct keys *keys,
			  const struct tenant_record *tenant, int64_t keep_for)
{
	const char *algorithm = command_value(work->line, 'a');
	outcome rotated =
		keys_rotate(keys, tenant->id, algorithm ? algorithm : ALGORITHM,
			    work->now, instant_after(work->now, keep_for));

	if (rotated == DONE)
		printf("%.*s: rotated\n", TEXT_ARG(tenant->name));
	else if (rotated == REFUSED)
		fprintf(stderr,
			"%.*s: has no next %s key yet, or another rotated at "
			"this moment: nothing changed; a server makes one "
			"within seconds, `licet key list` shows it\n",
			TEXT_ARG(tenant->name),
			algorithm ? algorithm : ALGORITHM);
	else
		fprintf(stderr, "%.*s: the event log says what failed\n",
			TEXT_ARG(tenant->name));
	return rotated;
}

static outcome rotate_all(struct work *work, int64_t keep_for, struct buf *why)
{
	CLEANUP(keys_free)
	struct keys *keys =
		keys_new(work->place.store, work->place.master, NULL);
	outcome all = DONE;

	TRY(check_tenant(work, why));
	for (size_t i = 0; i < work->tenant_count; i++)
		if (is_wanted(work, &work->tenants[i]) &&
		    rotate_one(work, keys, &work->tenants[i], keep_for) != DONE)
			all = REFUSED;
	if (store_raise_config(work->place.store) != STORE_DONE) {
		buf_add(why,
			TEXT("licet key rotate: running servers could not be "
			     "told: restart them\n"));
		return BROKEN;
	}
	return all;
}

/* As durations in the configuration are written. */
static outcome parse_keep(const char *written, int64_t *keep_for_out,
			  struct buf *why)
{
	struct text text = text_from(written);
	char unit = text.size > 0 ? text.at[text.size - 1] : 0;
	int64_t factor = unit == 's'   ? 1
			 : unit == 'm' ? 60
			 : unit == 'h' ? 3600
			 : unit == 'd' ? 86400
				       : 0;
	int64_t number;

	if (factor != 0 &&
	    text_parse_integer(text_first(text, text.size - 1), &number) &&
	    number <= 366 * 86400 / factor) {
		*keep_for_out = number * factor;
		return DONE;
	}
	buf_format(why,
		   "licet key rotate: --keep takes a time with its unit (s, m, "
		   "h or d) up to 366d, such as 2d, not \"%s\"\n",
		   written);
	return REFUSED;
}

int cli_key_rotate(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	CLEANUP(work_close) struct work work = {0};
	const char *keep = command_value(line, 'k');
	int64_t keep_for;

	if (parse_keep(keep ? keep : KEEP, &keep_for, &why) != DONE ||
	    work_open(&work, line, &why) != DONE ||
	    rotate_all(&work, keep_for, &why) != DONE)
		return place_failed(&why);
	return COMMAND_DONE;
}

/* ---- master ---- */

int cli_key_master(const struct command_line *line)
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	CLEANUP(site_free) struct site *site = NULL;
	char sentence[512];

	if (crypto_open() != DONE || place_find(line, &site, &why) != DONE)
		return place_failed(&why);
	if (master_create(site->master_key_file, sentence, sizeof(sentence)) !=
	    DONE) {
		fprintf(stderr, "%s\n", sentence);
		return COMMAND_FAILED;
	}
	printf("%s: made, mode 0600; keep a copy apart from the store's "
	       "backups\n",
	       site->master_key_file);
	return COMMAND_DONE;
}
