/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's bytes: plain or TLS, in and out. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "lane.h"

#define PIECE_SIZE 65536
#define OUT_MAX ((size_t)4 * 1024 * 1024)

struct lane_slot *lane_free_slot(struct lane *lane)
{
	if (lane->taken_count == lane->slot_count)
		return NULL;
	for (size_t i = 0; i < lane->slot_count; i++)
		if (!lane->slots[i].is_taken)
			return &lane->slots[i];
	return NULL;
}

/* Whether the server chose the protocol that this lane speaks. */
static bool has_agreed(struct lane *lane)
{
	const unsigned char *chosen;
	unsigned int size;

	SSL_get0_alpn_selected(lane->tls, &chosen, &size);
	return text_equal(text_of(chosen, size), TEXT("h2")) ==
	       lane->target->is_http2;
}

static bool shake_hands(struct lane *lane)
{
	lane->tls = SSL_new(lane->target->tls);
	return lane->tls != NULL && SSL_set_fd(lane->tls, lane->fd) == 1 &&
	       SSL_connect(lane->tls) == 1 && has_agreed(lane);
}

outcome lane_open(struct lane *lane)
{
	lane->fd = load_target_connect(lane->target);
	if (lane->fd < 0)
		return BROKEN;
	lane->out = buf_init(OUT_MAX);
	lane->in = buf_init(LOAD_ANSWER_MAX);
	for (size_t i = 0; i < lane->slot_count; i++)
		lane->slots[i] = (struct lane_slot){
			.head = buf_init(LOAD_ANSWER_MAX),
			.body = buf_init(LOAD_ANSWER_MAX),
		};
	if ((lane->target->tls != NULL && !shake_hands(lane)) ||
	    fcntl(lane->fd, F_SETFL, O_NONBLOCK) != 0 ||
	    !lane->wire->open(lane)) {
		lane_close(lane);
		return BROKEN;
	}
	return DONE;
}

void lane_close(struct lane *lane)
{
	if (lane->fd < 0)
		return;
	lane->wire->close(lane);
	SSL_free(lane->tls);
	lane->tls = NULL;
	close(lane->fd);
	lane->fd = -1;
	buf_wipe(&lane->out);
	buf_wipe(&lane->in);
	lane->out_sent = 0;
	for (size_t i = 0; i < lane->slot_count; i++) {
		buf_wipe(&lane->slots[i].head);
		buf_wipe(&lane->slots[i].body);
	}
}

/* Bytes moved; 0: not now; -1: never again. */
static ssize_t settle(struct lane *lane, int moved)
{
	int why;

	if (moved > 0)
		return moved;
	why = SSL_get_error(lane->tls, moved);
	ERR_clear_error();
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0
									 : -1;
}

static ssize_t write_some(struct lane *lane, const char *at, size_t size)
{
	ssize_t sent;

	if (lane->tls != NULL)
		return settle(lane, SSL_write(lane->tls, at, (int)size));
	sent = send(lane->fd, at, size, MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN ? 0 : -1;
	return sent;
}

bool lane_flush(struct lane *lane)
{
	if (!lane->wire->gather(lane))
		return false;
	while (lane->out_sent < lane->out.size) {
		ssize_t sent = write_some(lane, lane->out.at + lane->out_sent,
					  lane->out.size - lane->out_sent);

		if (sent < 0)
			return false;
		if (sent == 0)
			return true;
		lane->out_sent += (size_t)sent;
	}
	lane->out.size = 0;
	lane->out_sent = 0;
	return true;
}

/* Bytes read; 0: not now; -1: the end. */
static ssize_t read_some(struct lane *lane, char *at, size_t size)
{
	ssize_t got;

	if (lane->tls != NULL)
		return settle(lane, SSL_read(lane->tls, at, (int)size));
	got = recv(lane->fd, at, size, 0);
	if (got < 0)
		return errno == EAGAIN ? 0 : -1;
	return got == 0 ? -1 : got;
}

bool lane_read(struct lane *lane)
{
	static char piece[PIECE_SIZE];

	for (;;) {
		ssize_t got = read_some(lane, piece, sizeof(piece));

		if (got < 0)
			return false;
		if (got == 0)
			return true;
		if (!lane->wire->receive(lane, text_of(piece, (size_t)got)))
			return false;
		/* What is left shows itself again. */
		if (lane->tls == NULL && got < PIECE_SIZE)
			return true;
	}
}
