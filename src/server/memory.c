/* SPDX-License-Identifier: Apache-2.0 */
/* Divides the memory among loops, threads and what is remembered. */
#include "server/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)

/* Measured: 11 MiB at start, 0.2 MiB for each loop that has answered, beside
 * 0.25 MiB of pages; Argon2id takes 19 MiB while it runs. */
#define PROGRAM_SIZE (16 * MIB)
#define LOOP_SIZE (3 * MIB) /* two are the public keys that it keeps */
#define PASSWORD_SIZE (20 * MIB)
#define FETCH_SIZE MIB
/* So many of a loop's largest requests at once are the least. */
#define REQUESTS_LEAST 16
/* What is remembered: so many of REMEMBERED_PARTS, and no more than. */
#define REMEMBERED_PARTS 32
#define DECISION_PARTS 1
#define DECISION_SIZE_MAX (16 * MIB)
#define KEYS_PARTS 2 /* a tenant takes 8 KiB, measured */
#define KEYS_SIZE_MAX (256 * MIB)
#define CLIENT_PARTS 1 /* one takes 1.3 KiB, measured */
#define CLIENT_SIZE_MAX (128 * MIB)
/* Control files of the kernel hold one number or "max". */
#define NUMBER_SIZE 32

/* --- What there is --- */

static bool read_number(const char *path, size_t *number_out)
{
	char digits[NUMBER_SIZE] = "";
	FILE *file = fopen(path, "re");
	int64_t number;
	bool is_read;

	if (file == NULL)
		return false;
	is_read = fgets(digits, sizeof(digits), file) != NULL;
	fclose(file);
	digits[strcspn(digits, "\n")] = '\0';
	if (!is_read || !text_parse_integer(text_from(digits), &number))
		return false;
	*number_out = (size_t)number;
	return true;
}

/* The least of a group and those it is in (version 2). */
static void limit_by_group(char *group, size_t *most)
{
	for (;;) {
		char path[512];
		char *slash = strrchr(group, '/');
		size_t number;

		snprintf(path, sizeof(path), "/sys/fs/cgroup%.400s/memory.max",
			 group);
		if (read_number(path, &number) && number < *most)
			*most = number;
		if (slash == NULL)
			return;
		*slash = '\0';
	}
}

static size_t machine_size(void)
{
	size_t most =
		(size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[512];
	size_t number;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) == 0)
			limit_by_group(line + 3, &most);
	}
	if (file != NULL)
		fclose(file);
	if (read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes",
			&number) &&
	    number < most)
		most = number;
	return most;
}

size_t memory_resident(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* --- Who gets what --- */

static unsigned int count_cores(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 0 ? (unsigned int)cores : 1;
}

/* A thread per core, as far as an eighth of the memory holds them. */
static unsigned int count_password_threads(size_t budget)
{
	size_t held = budget / 8 / PASSWORD_SIZE;
	unsigned int cores = count_cores();

	if (held < 1)
		return 1;
	return held < cores ? (unsigned int)held : cores;
}

/* A request's arena holds its head and body about twice while they grow. */
static size_t request_size(const struct http_limits *limits)
{
	return 2 * (limits->head_size + limits->body_size) + 64 * KIB;
}

static size_t part_of(size_t budget, size_t parts, size_t most)
{
	size_t size = budget / REMEMBERED_PARTS * parts;

	return size < most ? size : most;
}

static size_t remembered_size(const struct memory_plan *plan)
{
	return plan->decision_size + plan->keys_size + plan->client_size;
}

/* All but what connections hold. */
static size_t fixed_size(const struct server_options *options,
			 const struct memory_plan *plan, size_t in_use)
{
	return (in_use > PROGRAM_SIZE ? in_use : PROGRAM_SIZE) +
	       plan->loop_count * LOOP_SIZE +
	       plan->password_threads * PASSWORD_SIZE +
	       options->fetch.thread_count * FETCH_SIZE + remembered_size(plan);
}

/* A quarter of the rest is left for what the heap loses between its pieces. */
static size_t share_of(const struct memory_plan *plan, size_t fixed)
{
	if (plan->budget <= fixed)
		return 0;
	return (plan->budget - fixed) / plan->loop_count / 4 * 3;
}

static outcome refuse_budget(const struct memory_plan *plan, size_t fixed,
			     struct buf *why)
{
	size_t rest = fixed - remembered_size(plan) +
		      plan->loop_count * (plan->loop_least / 3 + 1) * 4;
	size_t parts =
		REMEMBERED_PARTS - DECISION_PARTS - KEYS_PARTS - CLIENT_PARTS;
	size_t least = rest / parts * REMEMBERED_PARTS;

	buf_format(why,
		   "limits.memory: %zuMiB are too little for %u loops, %u "
		   "password threads and requests as large as limits.head_size "
		   "and limits.body_size allow: it takes %zuMiB at least\n",
		   plan->budget / MIB, plan->loop_count, plan->password_threads,
		   least / MIB + 1);
	return REFUSED;
}

outcome memory_plan(const struct server_options *options, size_t in_use,
		    struct memory_plan *plan_out, struct buf *why)
{
	struct memory_plan plan = {
		.budget = options->memory ? options->memory
					  : machine_size() / 2,
		.loop_count = options->loop_count ? options->loop_count
						  : count_cores(),
		.password_threads = options->password_threads,
		.loop_least = REQUESTS_LEAST * request_size(&options->limits),
	};
	size_t fixed;

	if (plan.password_threads == 0)
		plan.password_threads = count_password_threads(plan.budget);
	plan.decision_size =
		part_of(plan.budget, DECISION_PARTS, DECISION_SIZE_MAX);
	plan.keys_size = part_of(plan.budget, KEYS_PARTS, KEYS_SIZE_MAX);
	plan.client_size = part_of(plan.budget, CLIENT_PARTS, CLIENT_SIZE_MAX);
	fixed = fixed_size(options, &plan, in_use);
	plan.loop_share = share_of(&plan, fixed);
	if (plan.loop_share < plan.loop_least)
		return refuse_budget(&plan, fixed, why);
	*plan_out = plan;
	return DONE;
}

size_t memory_share_now(const struct memory_plan *plan, size_t resident)
{
	size_t over = resident > plan->budget ? resident - plan->budget : 0;
	size_t each = over / plan->loop_count;

	if (each + plan->loop_least > plan->loop_share)
		return plan->loop_least;
	return plan->loop_share - each;
}
