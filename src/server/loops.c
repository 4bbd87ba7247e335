/* SPDX-License-Identifier: Apache-2.0 */
/* A thread per loop, each with listeners of its own on shared ports. */
#include <signal.h>
#include <stdlib.h>

#include "loop/clock.h"
#include "server/control.h"
#include "server/internal.h"

#define DRAIN_LOOK_MS 20

static outcome open_listener(struct server_loop *at, size_t index,
			     struct buf *why)
{
	struct server *server = at->server;
	const struct server_options *options = server->options;
	const struct server_listener *listener = &options->listeners[index];
	struct http_listener_options wanted = {
		.address = listener->address,
		.port = listener->port,
		.shares_port = server->loop_count > 1,
		.tls = server->tls[index],
		.service = &server->service,
		.allows_http2 = listener->allows_http2,
		.limits = &options->limits,
		.budget = &at->budget,
		.edge = listener->edge.edge.trusted_count > 0 ||
					listener->edge.edge.convention !=
						HTTP_CERTIFICATE_NONE
				? &listener->edge.edge
				: NULL,
	};
	const char *sentence = "";

	if (http_listener_open(at->loop, &wanted, &at->listeners[index],
			       &sentence) != DONE) {
		buf_format(why, "%s\n", sentence);
		return REFUSED;
	}
	at->listener_count++;
	return DONE;
}

static outcome open_loop(struct server *server, struct server_loop *at,
			 struct buf *why)
{
	at->server = server;
	at->budget.share = server->memory.loop_share;
	at->loop = loop_new();
	if (at->loop == NULL) {
		buf_format(why, "the kernel gives no event loop\n");
		return BROKEN;
	}
	for (size_t i = 0; i < server->options->listener_count; i++)
		TRY(open_listener(at, i, why));
	return DONE;
}

outcome loops_open(struct server *server, struct buf *why)
{
	server->loops = calloc(server->loop_count, sizeof(*server->loops));
	MUST(server->loops != NULL);
	for (size_t i = 0; i < server->loop_count; i++)
		TRY(open_loop(server, &server->loops[i], why));
	return DONE;
}

void loops_limit(struct server *server, size_t share)
{
	for (size_t i = 0; i < server->loop_count; i++)
		server->loops[i].budget.share = share;
}

static void *run(void *context)
{
	struct server_loop *at = context;

	loop_run(at->loop);
	return NULL;
}

outcome loops_start(struct server *server)
{
	poll_start(server, server->loops[0].loop);
	for (size_t i = 0; i < server->loop_count; i++)
		if (pthread_create(&server->loops[i].thread, NULL, run,
				   &server->loops[i]) != 0)
			return BROKEN;
	return DONE;
}

static bool is_idle(const struct server_loop *at)
{
	for (size_t i = 0; i < at->listener_count; i++)
		if (!http_listener_is_idle(at->listeners[i]))
			return false;
	return at != at->server->loops || !at->server->is_polling;
}

static void end_if_idle(struct loop_timer *timer)
{
	struct server_loop *at =
		HOLDER_OF(timer, struct server_loop, drain_timer);

	if (is_idle(at) || clock_monotonic_ms() >= at->drain_until_ms)
		loop_stop(at->loop);
	else
		loop_timer_set(at->loop, timer, DRAIN_LOOK_MS);
}

static void drain(struct loop_message *message)
{
	struct server_loop *at = HOLDER_OF(message, struct server_loop, drain);
	struct server *server = at->server;

	if (at == server->loops) {
		poll_stop(server, at->loop);
		control_close(&server->control);
	}
	for (size_t i = 0; i < at->listener_count; i++)
		http_listener_drain(at->listeners[i]);
	at->drain_until_ms =
		clock_monotonic_ms() + server->options->drain_for * 1000;
	at->drain_timer = (struct loop_timer){.fired = end_if_idle};
	loop_timer_set(at->loop, &at->drain_timer, 0);
}

void loops_stop(struct server *server)
{
	server->is_draining = true;
	for (size_t i = 0; i < server->loop_count; i++) {
		server->loops[i].drain.run = drain;
		loop_post(server->loops[i].loop, &server->loops[i].drain);
	}
	for (size_t i = 0; i < server->loop_count; i++)
		pthread_join(server->loops[i].thread, NULL);
}

void loops_free(struct server *server)
{
	for (size_t i = 0; server->loops != NULL && i < server->loop_count;
	     i++) {
		struct server_loop *at = &server->loops[i];

		for (size_t k = 0; k < at->listener_count; k++)
			http_listener_close(&at->listeners[k]);
		loop_free(&at->loop);
	}
	free(server->loops);
	server->loops = NULL;
}
