/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the other servers on the store of failures here, and hears of theirs. */
#include <endian.h>
#include <string.h>

#include "base/event.h"
#include "loop/clock.h"
#include "server/internal.h"

#define ARENA_BUDGET (4 << 20)

/* One key's news, big-endian. */
struct piece {
	uint8_t limiter; /* its place in struct gossip */
	uint8_t is_forgotten;
	uint32_t count;
	uint64_t key;
	uint64_t at;
} __attribute__((packed));

_Static_assert(sizeof(struct piece) == GOSSIP_PIECE_SIZE,
	       "what is told of a key has a size");

static void add_piece(struct gossip *gossip, size_t limiter,
		      const struct limiter_news *news)
{
	struct piece piece = {
		.limiter = (uint8_t)limiter,
		.is_forgotten = news->is_forgotten,
		.count = htobe32(news->count),
		.key = htobe64(news->key),
		.at = htobe64((uint64_t)news->at),
	};

	memcpy(gossip->untold + gossip->untold_size, &piece, sizeof(piece));
	gossip->untold_size += sizeof(piece);
}

static void gather(struct gossip *gossip)
{
	struct limiter_news news[LIMITER_NEWS_MAX];

	for (size_t i = 0; i < GOSSIP_LIMITER_COUNT; i++) {
		size_t count = limiter_take_news(gossip->limiters[i], news);

		for (size_t n = 0; n < count; n++)
			add_piece(gossip, i, &news[n]);
	}
}

/* What could not be told is told the next time, before anything later. */
static outcome tell(struct server *server)
{
	struct gossip *gossip = &server->gossip;
	struct store_gossip told = {
		.server_id = server->presence.id,
		.number = gossip->told_count + 1,
	};

	if (gossip->untold_size == 0)
		gather(gossip);
	if (gossip->untold_size == 0)
		return DONE;
	told.bytes = text_of(gossip->untold, gossip->untold_size);
	if (store_save_gossip(server->store, &told, clock_now()) != STORE_DONE)
		return BROKEN;
	gossip->told_count++;
	gossip->untold_size = 0;
	return DONE;
}

/* Of a later release there may be limiters that are not known here. */
static void hear_piece(struct gossip *gossip, const struct piece *piece)
{
	struct limiter_news news = {
		.key = be64toh(piece->key),
		.at = (instant)be64toh(piece->at),
		.count = be32toh(piece->count),
		.is_forgotten = piece->is_forgotten != 0,
	};

	if (piece->limiter >= GOSSIP_LIMITER_COUNT || news.key == 0)
		return;
	if (piece->limiter == GOSSIP_PUSHED)
		limiter_hear_taken(gossip->limiters[piece->limiter], &news,
				   clock_now());
	else
		limiter_hear_failed(gossip->limiters[piece->limiter], &news,
				    clock_now());
}

/* How far that server was heard; of one that is met anew, not at all. */
static int64_t *heard_of(struct gossip *gossip, int64_t server_id)
{
	struct gossip_heard *heard;

	for (size_t i = 0; i < GOSSIP_SERVERS_MAX; i++)
		if (gossip->heard[i].server_id == server_id)
			return &gossip->heard[i].number;
	heard = &gossip->heard[gossip->met_count++ % GOSSIP_SERVERS_MAX];
	*heard = (struct gossip_heard){.server_id = server_id};
	return &heard->number;
}

static void hear_from(struct gossip *gossip, const struct store_gossip *told)
{
	int64_t *number = heard_of(gossip, told->server_id);
	struct piece piece;

	if (told->number <= *number)
		return;
	*number = told->number;
	for (size_t at = 0; at + sizeof(piece) <= told->bytes.size;
	     at += sizeof(piece)) {
		memcpy(&piece, told->bytes.at + at, sizeof(piece));
		hear_piece(gossip, &piece);
	}
}

static outcome hear(struct server *server)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(ARENA_BUDGET);
	struct store_gossip *told;
	size_t count;

	if (store_load_gossip(server->store, arena, server->presence.id,
			      clock_now(), &told, &count) != STORE_DONE)
		return BROKEN;
	for (size_t i = 0; i < count; i++)
		hear_from(&server->gossip, &told[i]);
	return DONE;
}

void gossip_open(struct server *server)
{
	struct limiter *limiters[GOSSIP_LIMITER_COUNT] = {
		[GOSSIP_CLIENT] = server->client_limiter,
		[GOSSIP_PUSHED] = server->push_limiter,
		[GOSSIP_LOGIN] = server->login_limiter,
		[GOSSIP_LOGIN_CROWD] = server->login_crowd_limiter,
	};
	unsigned char secret[LIMITER_SECRET_SIZE];

	master_derive(server->master, "limiter", secret, sizeof(secret));
	for (size_t i = 0; i < GOSSIP_LIMITER_COUNT; i++) {
		limiter_share(limiters[i], secret);
		server->gossip.limiters[i] = limiters[i];
	}
	explicit_bzero(secret, sizeof(secret));
}

void gossip_exchange(struct server *server)
{
	struct gossip *gossip = &server->gossip;
	bool was_cut = gossip->is_cut;

	if (server->presence.id == 0)
		return;
	gossip->is_cut = tell(server) != DONE || hear(server) != DONE;
	if (gossip->is_cut && !was_cut)
		event_fault("server.gossip_failed",
			    "failed sign-ins and client authentications are "
			    "counted by this server alone: the store does not "
			    "take or give what servers tell each other");
}
