/* SPDX-License-Identifier: Apache-2.0 */
/* Asks what was prepared, counts right answers, and tells what it took. */
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "json/writer.h"

/* A plan's requests with all their texts; more is a mistake of ours. */
#define PLAN_BUDGET ((size_t)16 * 1024 * 1024 * 1024)
#define SETUP_CONNECTIONS 16
#define LINE_MAX_SIZE 4096

static bool next(struct load_source *source, size_t *index_out,
		 struct load_request *request_out)
{
	struct load_plan *plan = HOLDER_OF(source, struct load_plan, source);

	if (plan->given_count == plan->request_count && !plan->is_circle)
		return false;
	*index_out = plan->given_count++ % plan->request_count;
	*request_out = plan->requests[*index_out];
	return true;
}

static void answered(struct load_source *source, size_t index,
		     const struct load_answer *answer)
{
	struct load_plan *plan = HOLDER_OF(source, struct load_plan, source);

	if ((answer->status == plan->wanted_status ||
	     (answer->status == plan->other_status && answer->status != 0)) &&
	    (plan->is_right == NULL || plan->is_right(plan, index, answer))) {
		plan->right_count++;
		return;
	}
	if (plan->wrong_count++ == 0)
		snprintf(plan->first_wrong, sizeof(plan->first_wrong),
			 "%d %.*s", answer->status,
			 TEXT_ARG(text_first(answer->body, 300)));
}

void load_plan_init(struct load_plan *plan, const struct load_options *options,
		    size_t request_count)
{
	*plan = (struct load_plan){
		.source = {.next = next, .answered = answered},
		.options = options,
		.arena = arena_new(PLAN_BUDGET),
		.request_count = request_count,
		.wanted_status = 200,
	};
	plan->requests =
		ARENA_ARRAY(plan->arena, struct load_request, request_count);
}

static outcome check(const struct load_plan *plan)
{
	if (plan->wrong_count == 0)
		return DONE;
	fprintf(stderr, "load: %zu of %zu answers are wrong; the first: %s\n",
		plan->wrong_count, plan->wrong_count + plan->right_count,
		plan->first_wrong);
	return REFUSED;
}

outcome load_plan_run(struct load_plan *plan, int64_t most_ms)
{
	const struct load_drive drive = {
		.target = &plan->options->target,
		.source = &plan->source,
		.connection_count = SETUP_CONNECTIONS,
		.stream_count = 1,
		.request_count = plan->request_count,
		.most_ms = most_ms,
	};
	struct load_result result;

	plan->given_count = plan->right_count = 0;
	TRY(load_drive(&drive, &result));
	TRY(check(plan));
	if (plan->right_count == plan->request_count)
		return DONE;
	fprintf(stderr, "load: %zu of %zu were prepared in %lld ms\n",
		plan->right_count, plan->request_count, (long long)most_ms);
	return REFUSED;
}

/* --- The measure --- */

struct measure {
	int pid;
	struct load_account before;
	struct load_account after;
	bool is_accounted;
};

static void begins(void *context)
{
	struct measure *measure = context;

	load_account_forget_peak(measure->pid);
	measure->is_accounted =
		measure->pid > 0 &&
		load_account_read(measure->pid, &measure->before);
}

static void ends(void *context)
{
	struct measure *measure = context;

	measure->is_accounted =
		measure->is_accounted &&
		load_account_read(measure->pid, &measure->after);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The latency that `share` per thousand of the answers stay within. */
static int64_t percentile(const struct load_result *result, size_t share)
{
	size_t at = result->answer_count * share / 1000;

	if (result->answer_count == 0)
		return 0;
	if (at == result->answer_count)
		at--;
	return result->latencies[at];
}

static void write_accounts(struct json_writer *writer,
			   const struct measure *measure, size_t count)
{
	int64_t ns = measure->after.cpu_ns - measure->before.cpu_ns;

	if (!measure->is_accounted || count == 0)
		return;
	json_member_integer(writer, "cpu_ns_per_request", ns / (int64_t)count);
	json_member_integer(writer, "peak_kib", measure->after.peak_kib);
	json_member_integer(writer, "resident_kib",
			    measure->after.resident_kib);
	json_member_integer(writer, "private_kib", measure->after.private_kib);
}

static void print_result(const struct load_plan *plan,
			 const struct load_result *result,
			 const struct measure *measure)
{
	const struct load_options *options = plan->options;
	struct buf line = buf_init(LINE_MAX_SIZE);
	struct json_writer writer = {.buf = &line};
	int64_t rate = result->took_us == 0 ? 0
					    : (int64_t)result->answer_count *
						      1000000 / result->took_us;

	json_open_object(&writer);
	json_member_string(&writer, "scenario", options->scenario);
	json_member_integer(&writer, "connections",
			    (int64_t)options->connection_count);
	json_member_integer(&writer, "streams", (int64_t)options->stream_count);
	json_member_integer(&writer, "answers", (int64_t)result->answer_count);
	json_member_integer(&writer, "right", (int64_t)plan->right_count);
	json_member_integer(&writer, "wrong", (int64_t)plan->wrong_count);
	json_member_integer(&writer, "took_us", result->took_us);
	json_member_integer(&writer, "per_second", rate);
	json_member_integer(&writer, "p50_us", percentile(result, 500));
	json_member_integer(&writer, "p99_us", percentile(result, 990));
	write_accounts(&writer, measure, result->answer_count);
	json_close_object(&writer);
	MUST(!line.is_over);
	printf("%.*s\n", TEXT_ARG(buf_text(&line)));
	buf_wipe(&line);
}

static outcome drive_for(struct load_plan *plan, size_t request_count,
			 struct measure *measure, struct load_result *result)
{
	const struct load_options *options = plan->options;
	const struct load_drive drive = {
		.target = &options->target,
		.source = &plan->source,
		.connection_count = options->connection_count,
		.stream_count = options->stream_count,
		.request_count = request_count,
		.most_ms = options->most_ms,
		.keeps_latencies = measure != NULL,
		.begins = measure != NULL ? begins : NULL,
		.ends = measure != NULL ? ends : NULL,
		.context = measure,
	};

	plan->right_count = 0;
	return load_drive(&drive, result);
}

outcome load_plan_measure(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	struct measure measure = {.pid = options->pid};
	struct load_result result;

	plan->given_count = 0;
	if (options->warm_up_count > 0) {
		TRY(drive_for(plan, options->warm_up_count, NULL, &result));
		TRY(check(plan));
	}
	TRY(drive_for(plan, options->request_count, &measure, &result));
	qsort(result.latencies, result.answer_count, sizeof(*result.latencies),
	      compare);
	print_result(plan, &result, &measure);
	free(result.latencies);
	return check(plan);
}
