/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and opens what an installation keeps on disk. */
#include "server/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/schema.h"
#include "server/store_options.h"
#include "store/sqlite/sqlite.h"

#define ARENA_BUDGET ((size_t)64 * 1024)
#define WHY_SIZE 512
#define DSN_FILE "postgres.dsn"
#define DSN_MAX 4096

static struct site *site_new(void)
{
	struct arena *arena = arena_new(ARENA_BUDGET);
	struct site *site = ARENA_NEW(arena, struct site);

	site->arena = arena;
	return site;
}

static const char *in_folder(struct site *site, const char *folder,
			     const char *name)
{
	return arena_format(site->arena, "%s/%s", folder, name).at;
}

static void put_on_postgres(struct site *site)
{
	site->store_folder = NULL;
	site->store_name = "the store on PostgreSQL";
}

/* NULL: the folder holds none. */
static const char *read_dsn(struct site *site, const char *folder)
{
	char *dsn = arena_alloc(site->arena, DSN_MAX + 1);
	int fd = open(in_folder(site, folder, DSN_FILE), O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, dsn, DSN_MAX);

	if (fd >= 0)
		close(fd);
	return size > 0 ? dsn : NULL;
}

outcome site_put_on_postgres(const char *folder, const char *dsn,
			     struct buf *why)
{
	CLEANUP(site_free) struct site *site = site_new();
	const char *file = in_folder(site, folder, DSN_FILE);
	ssize_t size = (ssize_t)strlen(dsn);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool is_written = fd >= 0 && size <= DSN_MAX &&
			  write(fd, dsn, (size_t)size) == size;

	if (fd >= 0)
		close(fd);
	if (is_written)
		return DONE;
	buf_format(why, "%s: the DSN cannot be kept there\n", file);
	return REFUSED;
}

struct site *site_of_folder(const char *folder)
{
	struct site *site = site_new();

	site->store_folder = arena_terminated(site->arena, text_from(folder));
	site->store_name = site->store_folder;
	site->control_folder = site->store_folder;
	site->master_key_file = in_folder(site, folder, "master.key");
	site->log_file = in_folder(site, folder, "events.jsonl");
	site->postgres = store_options_of_dsn(read_dsn(site, folder));
	if (site->postgres.dsn != NULL)
		put_on_postgres(site);
	return site;
}

outcome site_of_config(const char *file, const char *const *environment,
		       struct buf *why, struct site **site_out)
{
	CLEANUP(site_free) struct site *site = site_new();
	const char *control;

	TRY(config_load(file, environment, &server_schema, why, &site->config));
	site->store_folder = config_string(site->config, "store.sqlite.folder");
	site->store_name = site->store_folder;
	site->requires_availability =
		text_equal(config_text(site->config, "store.availability"),
			   TEXT("required"));
	TRY(store_options_read(site->config, site->arena, &site->postgres,
			       why));
	TRY(site_read_shards(site, why));
	TRY(site_read_next(site, why));
	if (site->postgres.dsn != NULL)
		put_on_postgres(site);
	site->master_key_file = config_string(site->config, "master_key.file");
	site->log_file = config_string(site->config, "log.file");
	control = config_string(site->config, "control.folder");
	site->control_folder = control ? control : site->store_folder;
	*site_out = TAKE(site);
	return DONE;
}

void site_free(struct site **site)
{
	struct arena *arena;

	if (*site == NULL)
		return;
	arena = (*site)->arena;
	config_free(&(*site)->config);
	*site = NULL;
	arena_free(&arena);
}

static outcome make_folder(const char *folder, struct buf *why)
{
	if (mkdir(folder, 0700) == 0 || errno == EEXIST)
		return DONE;
	buf_format(why, "%s: this folder cannot be made: %s\n", folder,
		   strerror(errno));
	return REFUSED;
}

outcome site_make_folders(const struct site *site, struct buf *why)
{
	if (site->store_folder != NULL)
		TRY(make_folder(site->store_folder, why));
	return make_folder(site->control_folder, why);
}

bool site_explain_schema(struct store *store, struct buf *why)
{
	struct store_epochs epochs;

	if (store_load_epochs(store, &epochs) != STORE_DONE)
		return false;
	if (epochs.shard != 0) {
		buf_format(why,
			   "this store is shard %lld of an installation: the "
			   "home is another\n",
			   (long long)epochs.shard);
		return true;
	}
	if (epochs.schema_floor <= store_schema_number())
		return false;
	buf_format(why,
		   "the store asks for a Licet of schema %lld or later, and "
		   "this one (" LICET_VERSION ") is of %lld: start the later "
		   "one, or put a backup from before its upgrade back\n",
		   (long long)epochs.schema_floor,
		   (long long)store_schema_number());
	return true;
}

void site_explain_end(struct store *store, struct buf *why)
{
	if (!site_explain_schema(store, why))
		buf_add(why, TEXT("the store has moved to another: name that "
				  "one as store\n"));
}

static outcome open_postgres(const struct site *site, struct store **store_out,
			     char *why, size_t why_size)
{
	outcome opened =
		store_postgres_open(&site->postgres, store_out, why, why_size);

	if (opened == DONE && site->requires_availability)
		opened = store_postgres_check(*store_out, why, why_size);
	if (opened != DONE)
		store_close(store_out);
	return opened;
}

static outcome open_store(const struct site *site, struct store **store_out,
			  char *why, size_t why_size)
{
	if (site->postgres.dsn != NULL)
		return open_postgres(site, store_out, why, why_size);
	if (!site->requires_availability)
		return store_sqlite_open(site->store_folder, store_out, why,
					 why_size);
	(void)snprintf(why, why_size,
		       "store.availability is required, but the embedded "
		       "store is on one disk of one machine: set "
		       "store.postgres.dsn");
	return REFUSED;
}

outcome site_open_store(const struct site *site, struct store **store_out,
			struct buf *why)
{
	TRY(site_open_named(site, store_out, why));
	return site_follow_move(site, store_out, why);
}

outcome site_open_named(const struct site *site, struct store **store_out,
			struct buf *why)
{
	char sentence[WHY_SIZE];
	outcome opened =
		open_store(site, store_out, sentence, sizeof(sentence));

	if (opened != DONE) {
		buf_format(why, "%s\n", sentence);
		return opened;
	}
	if (store_migrate(*store_out) == STORE_DONE) {
		if (site_explain_schema(*store_out, why)) {
			store_close(store_out);
			return REFUSED;
		}
		site_list_shards(site, *store_out);
		return DONE;
	}
	buf_format(why,
		   "%s: the store could not be brought to this version: the "
		   "event log says why\n",
		   site->store_name);
	store_close(store_out);
	return BROKEN;
}

outcome site_load_master(const struct site *site, struct master **master_out,
			 struct buf *why)
{
	char sentence[WHY_SIZE];
	outcome loaded = master_load(site->master_key_file, master_out,
				     sentence, sizeof(sentence));

	if (loaded != DONE)
		buf_format(why, "%s\n", sentence);
	return loaded;
}
