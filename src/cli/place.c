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

outcome place_open(const struct command_line *line, struct place *place_out,
		   struct buf *why)
{
	*place_out = (struct place){0};
	TRY(place_find(line, &place_out->site, why));
	TRY(crypto_open());
	TRY(site_load_master(place_out->site, &place_out->master, why));
	TRY(site_make_folders(place_out->site, why));
	TRY(site_open_store(place_out->site, &place_out->store, why));
	return check_master(place_out, why);
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
