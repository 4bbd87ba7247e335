/* SPDX-License-Identifier: Apache-2.0 */
/* The store's floor: CPU of one row's share when 64 are redeemed in one batch. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/crypto.h"
#include "crypto/random.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/sqlite/sqlite.h"

#define BATCH 64
#define ROUNDS 400
#define ROWS ((size_t)BATCH * ROUNDS)
#define LIFE_FOR ((int64_t)30 * 86400)

struct share {
	struct store *store;
	struct loop *loop;
	int64_t ids[ROWS];
	size_t row; /* the next to redeem */
	size_t under_way; /* of this round */
};

static struct share share;

_Noreturn static void give_up(const char *what)
{
	fprintf(stderr, "store_share: %s\n", what);
	exit(1);
}

static int64_t cpu_ns(void)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		give_up("no clock of the process");
	return used.tv_sec * (int64_t)1000000000 + used.tv_nsec;
}

static void insert_all(void)
{
	struct grant grant = {
		.tenant_id = 1,
		.user_id = 2,
		.client_id = TEXT("bench"),
		.request = {.redirect_uri =
				    TEXT("http://localhost:3000/callback"),
			    .redirect_uri_sent = true,
			    .challenge = TEXT("E9Melhoa2OwvFrEMTJguCHaoeK1t8UR"
					      "WbuGJSstw-cM"),
			    .challenge_method = TEXT("S256"),
			    .nonce = TEXT("n")},
		.scope = TEXT("openid offline_access"),
		.methods = TEXT("pwd"),
		.created_at = clock_now(),
	};

	grant.code_expires_at = instant_after(grant.created_at, 600);
	grant.purge_at = instant_after(grant.created_at, 86400);
	if (store_begin(share.store) != STORE_DONE)
		give_up("no transaction can be begun");
	for (size_t i = 0; i < ROWS; i++) {
		random_fill(grant.seed, sizeof(grant.seed));
		grant.id = share.ids[i] =
			store_new_id(share.store, grant.created_at);
		if (store_insert_grant(share.store, &grant, NULL) != STORE_DONE)
			give_up("a grant cannot be written");
	}
	if (store_commit(share.store) != STORE_DONE)
		give_up("the rows cannot be committed");
}

static void begin_round(void);

static void redeem(void *context)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(65536);
	instant now = loop_now();
	struct store_redeem redeem = {
		.grant_id = *(const int64_t *)context,
		.now = now,
		.peer = TEXT("127.0.0.1"),
		.has_refresh_token = true,
		.expires_at = instant_after(now, LIFE_FOR),
		.idle_expires_at = instant_after(now, LIFE_FOR),
		.purge_at = instant_after(now, LIFE_FOR),
	};

	if (store_wait(store_submit_redeem(share.store, arena, &redeem)) !=
	    STORE_DONE)
		give_up("a grant cannot be redeemed");
	if (--share.under_way > 0)
		return;
	if (share.row == ROWS)
		loop_stop(share.loop);
	else
		begin_round();
}

/* All of a round submit before any of them is handed on. */
static void begin_round(void)
{
	share.under_way = BATCH;
	for (size_t i = 0; i < BATCH; i++)
		if (task_start(share.loop, redeem, &share.ids[share.row++]) ==
		    NULL)
			give_up("no task");
}

static void start(struct loop_message *message)
{
	(void)message;
	begin_round();
}

static int64_t redeem_all(void)
{
	struct loop_message message = {.run = start};
	int64_t before = cpu_ns();

	loop_post(share.loop, &message);
	loop_run(share.loop);
	return (cpu_ns() - before) / (int64_t)ROWS;
}

static int64_t load_all(void)
{
	int64_t before = cpu_ns();

	for (size_t i = 0; i < ROWS; i++) {
		CLEANUP(arena_free) struct arena *arena = arena_new(65536);
		struct grant grant;

		if (store_load_grant(share.store, arena, share.ids[i],
				     &grant) != STORE_DONE)
			give_up("a grant cannot be read");
	}
	return (cpu_ns() - before) / (int64_t)ROWS;
}

/* store_share EMPTY-FOLDER: a line of JSON. */
int main(int count, char **arguments)
{
	char why[256] = "usage: store_share FOLDER";
	int64_t redeem_ns;

	if (crypto_open() != DONE)
		return 1;
	if (count != 2 || store_sqlite_open(arguments[1], &share.store, why,
					    sizeof(why)) != DONE)
		give_up(why);
	if (store_migrate(share.store) != STORE_DONE)
		give_up("no schema");
	share.loop = loop_new();
	if (share.loop == NULL)
		give_up("no loop");
	insert_all();
	redeem_ns = redeem_all();
	printf("{\"rows\":%zu,\"batch\":%d,\"write_cpu_ns\":%lld,"
	       "\"read_cpu_ns\":%lld}\n",
	       ROWS, BATCH, (long long)redeem_ns, (long long)load_all());
	loop_free(&share.loop);
	store_close(&share.store);
	return 0;
}
