/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps so many requests under way until a count or a time is reached. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lane.h"
#include "loop/clock.h"

#define EVENTS_MAX 256
/* Nobody needs longer for an answer. */
#define STALLED_MS 20000

struct run {
	const struct load_drive *drive;
	struct load_result *result;
	int epoll;
	struct lane *lanes;
	size_t sent_count;
	size_t under_way;
	int64_t began_us;
	bool is_broken;
};

static bool may_ask(const struct run *run)
{
	return run->sent_count < run->drive->request_count &&
	       clock_monotonic_us() - run->began_us <
		       run->drive->most_ms * 1000;
}

static bool watch(struct lane *lane, int operation)
{
	struct run *run = lane->context;
	bool waits = lane->out_sent < lane->out.size;
	struct epoll_event event = {
		.events = EPOLLIN | (waits ? EPOLLOUT : 0U),
		.data.ptr = lane,
	};

	if (operation == EPOLL_CTL_MOD && waits == lane->is_waiting)
		return true;
	lane->is_waiting = waits;
	return epoll_ctl(run->epoll, operation, lane->fd, &event) == 0;
}

/* What was under way on it is lost. */
static void drop(struct lane *lane)
{
	struct run *run = lane->context;

	for (size_t i = 0; i < lane->slot_count; i++) {
		if (!lane->slots[i].is_taken)
			continue;
		lane->slots[i].is_taken = false;
		run->under_way--;
		run->result->lost_count++;
		run->drive->source->answered(
			run->drive->source, lane->slots[i].index,
			&(struct load_answer){.status = 0});
	}
	lane->taken_count = 0;
	lane->is_waiting = false;
	lane_close(lane);
}

static void answered(struct lane *lane, struct lane_slot *slot)
{
	struct run *run = lane->context;
	struct load_result *result = run->result;

	if (result->latencies != NULL)
		result->latencies[result->answer_count] =
			(uint32_t)(clock_monotonic_us() - slot->sent_at_us);
	result->answer_count++;
	run->under_way--;
	slot->is_taken = false;
	lane->taken_count--;
	run->drive->source->answered(run->drive->source, slot->index,
				     &slot->answer);
}

static bool submit(struct run *run, struct lane *lane, struct lane_slot *slot)
{
	slot->is_taken = true;
	slot->sent_at_us = clock_monotonic_us();
	slot->body_sent = 0;
	slot->answer = (struct load_answer){.status = 0};
	lane->taken_count++;
	run->under_way++;
	run->sent_count++;
	return lane->wire->submit(lane, slot);
}

/* Asks as much as the lane takes; a lane that cannot go on is dropped. */
static void fill(struct run *run, struct lane *lane)
{
	struct load_source *source = run->drive->source;
	struct lane_slot *slot;
	bool goes_on = true;

	while (goes_on && may_ask(run) &&
	       (slot = lane_free_slot(lane)) != NULL &&
	       source->next(source, &slot->index, &slot->request))
		goes_on = submit(run, lane, slot);
	if (!goes_on || !lane_flush(lane) || !watch(lane, EPOLL_CTL_MOD))
		drop(lane);
}

static outcome open_lane(struct run *run, struct lane *lane)
{
	TRY(lane_open(lane));
	if (watch(lane, EPOLL_CTL_ADD))
		return DONE;
	lane_close(lane);
	return BROKEN;
}

static void serve(struct run *run, struct lane *lane, uint32_t events)
{
	bool stands = true;

	if ((events & EPOLLOUT) != 0)
		stands = lane_flush(lane);
	if (stands && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		stands = lane_read(lane);
	if (!stands) {
		drop(lane);
		/* A server may close after an answer: it is asked anew. */
		if (may_ask(run) && open_lane(run, lane) != DONE)
			run->is_broken = true;
	}
	if (lane->fd >= 0)
		fill(run, lane);
}

static outcome turn(struct run *run)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(run->epoll, events, EVENTS_MAX, STALLED_MS);

	if (count < 0 && errno == EINTR)
		return DONE;
	if (count <= 0) {
		fprintf(stderr, "load: no answer for %d s\n",
			STALLED_MS / 1000);
		return BROKEN;
	}
	for (int i = 0; i < count; i++)
		serve(run, events[i].data.ptr, events[i].events);
	return run->is_broken ? BROKEN : DONE;
}

static outcome run_all(struct run *run)
{
	const struct load_drive *drive = run->drive;

	if (drive->begins != NULL)
		drive->begins(drive->context);
	run->began_us = clock_monotonic_us();
	for (size_t i = 0; i < drive->connection_count; i++)
		fill(run, &run->lanes[i]);
	while (run->under_way > 0)
		TRY(turn(run));
	run->result->took_us = clock_monotonic_us() - run->began_us;
	if (drive->ends != NULL)
		drive->ends(drive->context);
	return DONE;
}

static outcome open_all(struct run *run)
{
	const struct load_drive *drive = run->drive;
	size_t stream_count = drive->target->is_http2 ? drive->stream_count : 1;

	for (size_t i = 0; i < drive->connection_count; i++) {
		struct lane *lane = &run->lanes[i];

		*lane = (struct lane){
			.fd = -1,
			.slots = calloc(stream_count, sizeof(*lane->slots)),
			.slot_count = stream_count,
			.wire = drive->target->is_http2 ? &lane_wire_http2
							: &lane_wire_http1,
			.target = drive->target,
			.answered = answered,
			.context = run,
		};
		MUST(lane->slots != NULL);
		if (open_lane(run, lane) != DONE) {
			fprintf(stderr, "load: connection %zu of %zu: %s\n",
				i + 1, drive->connection_count,
				strerror(errno));
			return BROKEN;
		}
	}
	return DONE;
}

static void close_all(struct run *run)
{
	for (size_t i = 0; i < run->drive->connection_count; i++) {
		if (run->lanes[i].slots == NULL)
			continue;
		lane_close(&run->lanes[i]);
		free(run->lanes[i].slots);
	}
	free(run->lanes);
	if (run->epoll >= 0)
		close(run->epoll);
}

outcome load_drive(const struct load_drive *drive,
		   struct load_result *result_out)
{
	struct run run = {
		.drive = drive,
		.result = result_out,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.lanes = calloc(drive->connection_count, sizeof(*run.lanes)),
	};
	outcome result;

	*result_out = (struct load_result){.answer_count = 0};
	MUST(run.lanes != NULL && run.epoll >= 0);
	if (drive->keeps_latencies) {
		result_out->latencies =
			calloc(drive->request_count, sizeof(uint32_t));
		MUST(result_out->latencies != NULL);
	}
	result = open_all(&run);
	if (result == DONE)
		result = run_all(&run);
	close_all(&run);
	if (result != DONE) {
		free(result_out->latencies);
		result_out->latencies = NULL;
	}
	return result;
}
