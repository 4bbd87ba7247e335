/* SPDX-License-Identifier: Apache-2.0 */
/* Opens what --config or --data names, or says why not. */
#include "cli/place.h"

#include <stdio.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "loop/clock.h"
#include "token/tokens.h"

outcome place_find(const struct command_line *line, struct site **site_out,
		   struct buf *why)
{
	const char *config = command_value(line, 'c');
	const char *data = command_value(line, 'd');

	if ((config == NULL) == (data == NULL)) {
		buf_add(why, TEXT("licet: say which installation: --config "
				  "FILE, or --data DIR; one of them\n"));
		return REFUSED;
	}
	if (config != NULL)
		return site_of_config(config, (const char *const *)environ, why,
				      site_out);
	*site_out = site_of_folder(data);
	return DONE;
}

/* The first secret in the store, which it makes if need be, tells whether the
 * master key is the one that the store was made with. */
static outcome check_master(const struct place *place, struct buf *why)
{
	CLEANUP(tokens_close) struct tokens *tokens = NULL;
	outcome opened = tokens_open(place->store, place->master, NULL,
				     clock_now(), &tokens);

	if (opened == REFUSED)
		buf_format(why,
			   "%s: this is not the master key that %s was "
			   "made with\n",
			   place->site->master_key_file,
			   place->site->store_name);
	if (opened == BROKEN)
		buf_format(why,
			   "%s: the store cannot be read: the event log says "
			   "why\n",
			   place->site->store_name);
	return opened;
}

static void look_at(struct place *place, size_t index, bool makes_folder,
		    void (*tell)(uint16_t number, const char *why_away))
{
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	uint16_t number = place->site->shards[index].listed.number;
	enum store_copy copy;
	const char *fault;
	bool is_news;

	if (site_join_shard(place->site, place->store, index, makes_folder,
			    &why) == DONE) {
		fault = site_look_at_shard(place->store, number, &is_news,
					   &copy);
		buf_add_string(&why, fault == NULL ? "" : fault);
	}
	buf_add_byte(&why, '\0');
	if (tell != NULL && why.size > 1)
		tell(number, why.at);
}

void place_open_shards(struct place *place, bool makes_folders,
		       void (*tell)(uint16_t number, const char *why_away))
{
	for (size_t i = 0; i < place->site->shard_count; i++)
		look_at(place, i, makes_folders, tell);
}

static outcome refuse_shard(const char *spelled, struct buf *why)
{
	buf_format(why, "--shard %s: store.shards lists none of this number\n",
		   spelled);
	return REFUSED;
}

/* Also one that serves nobody as it is: after a restore, say. */
static outcome open_shard(const struct command_line *line, struct place *place,
			  struct buf *why)
{
	const char *spelled = command_value(line, 's');
	int64_t number = 0;
	size_t index = 0;

	place->shard = place->store;
	if (spelled == NULL || strcmp(spelled, "0") == 0)
		return DONE;
	if (!text_parse_integer(text_from(spelled), &number))
		return refuse_shard(spelled, why);
	while (index < place->site->shard_count &&
	       place->site->shards[index].listed.number != number)
		index++;
	if (index == place->site->shard_count)
		return refuse_shard(spelled, why);
	buf_format(why, "shard %s: ", spelled);
	if (site_join_shard(place->site, place->store, index, false, why) !=
	    DONE) {
		buf_add_byte(why, '\n');
		return REFUSED;
	}
	why->size = 0;
	place->shard = store_shard_at(place->store, index + 1).store;
	return DONE;
}

outcome place_open(const struct command_line *line, struct place *place_out,
		   struct buf *why)
{
	*place_out = (struct place){0};
	TRY(place_find(line, &place_out->site, why));
	TRY(crypto_open());
	TRY(site_load_master(place_out->site, &place_out->master, why));
	TRY(site_make_folders(place_out->site, why));
	TRY(site_open_store(place_out->site, &place_out->store, why));
	TRY(check_master(place_out, why));
	return open_shard(line, place_out, why);
}

void place_close(struct place *place)
{
	if (place->store != NULL)
		store_close(&place->store);
	master_free(&place->master);
	site_free(&place->site);
}

int place_failed(const struct buf *why)
{
	fprintf(stderr, "%.*s", TEXT_ARG(buf_text(why)));
	return COMMAND_FAILED;
}
