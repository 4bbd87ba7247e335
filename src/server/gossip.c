/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the other servers on the store of failures here, and hears of theirs. */
#include <endian.h>
#include <string.h>

#include "base/event.h"
#include "loop/clock.h"
#include "server/internal.h"

/* One key's news, big-endian. */
struct piece {
	uint8_t limiter; /* its place in struct gossip */
	uint8_t is_forgotten;
	uint32_t count;
	uint64_t key;
	uint64_t at;
} __attribute__((packed));

_Static_assert(sizeof(struct piece) == GOSSIP_PIECE_SIZE &&
		       sizeof(((struct gossip *)0)->untold) <=
			       STORE_GOSSIP_SIZE_MAX,
	       "what is told has a size that the others read");

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
outcome gossip_tell(struct server *server)
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
static int64_t heard_of(const struct gossip *gossip, int64_t server_id)
{
	for (size_t i = 0; i < gossip->heard_count; i++)
		if (gossip->heard[i].server_id == server_id)
			return gossip->heard[i].number;
	return 0;
}

static void hear_pieces(struct gossip *gossip, struct text bytes)
{
	struct piece piece;

	for (size_t at = 0; at + sizeof(piece) <= bytes.size;
	     at += sizeof(piece)) {
		memcpy(&piece, bytes.at + at, sizeof(piece));
		hear_piece(gossip, &piece);
	}
}

/* Whoever has told nothing for a while is not remembered: nor are its rows
 * loaded any more. */
static void hear_all(struct gossip *gossip, const struct store_gossip *told,
		     size_t count, struct gossip_heard *heard)
{
	struct gossip_heard *last = NULL;
	size_t heard_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (last == NULL || last->server_id != told[i].server_id) {
			last = &heard[heard_count++];
			last->server_id = told[i].server_id;
			last->number = heard_of(gossip, told[i].server_id);
		}
		if (told[i].number <= last->number)
			continue;
		hear_pieces(gossip, told[i].bytes);
		last->number = told[i].number;
	}
	memcpy(gossip->heard, heard, heard_count * sizeof(*heard));
	gossip->heard_count = heard_count;
}

static outcome hear(struct server *server)
{
	CLEANUP(arena_free)
	struct arena *arena = arena_new(STORE_GOSSIP_BUDGET);
	struct store_gossip *told;
	size_t count;

	if (store_load_gossip(server->store, arena, server->presence.id,
			      clock_now(), &told, &count) != STORE_DONE)
		return BROKEN;
	hear_all(&server->gossip, told, count,
		 ARENA_ARRAY(arena, struct gossip_heard, count));
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
	bool is_told;
	bool is_heard;

	if (server->presence.id == 0)
		return;
	is_told = gossip_tell(server) == DONE;
	is_heard = hear(server) == DONE;
	gossip->is_cut = !is_told || !is_heard;
	if (gossip->is_cut && !was_cut)
		event_fault("server.gossip_failed",
			    "failed sign-ins and client authentications are "
			    "counted by this server alone: the store does not "
			    "take or give what servers tell each other");
}
