/* SPDX-License-Identifier: Apache-2.0 */
/* Maps the tasks' stacks, keeps spare ones, gives back what is not needed. */
#include <sys/mman.h>

#include "loop/internal.h"

/* Below each stack; larger than a page because libraries built without
 * -fstack-clash-protection may step over one. */
#define GUARD_SIZE (64 * 1024)
#define MAPPING_SIZE (GUARD_SIZE + TASK_STACK_SIZE)

#define SPARE_MAX 1024
#define TRIM_MS 1000

static struct task *map_task(struct loop *loop)
{
	char *mapping = mmap(
		NULL, MAPPING_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	struct task *task;

	if (mapping == MAP_FAILED)
		return NULL;
	if (mprotect(mapping, GUARD_SIZE, PROT_NONE) != 0) {
		munmap(mapping, MAPPING_SIZE);
		return NULL;
	}
	task = (struct task *)(void *)(mapping + MAPPING_SIZE -
				       ((sizeof(*task) + 63) & ~(size_t)63));
	task->loop = loop;
	task->is_fresh = true;
	task->stack = mapping + GUARD_SIZE;
	task->stack_size = (size_t)((char *)task - task->stack);
	list_init(&task->link);
	task_sanitizer_born(task);
	loop->stack_count++;
	return task;
}

static void unmap_task(struct task *task)
{
	task_sanitizer_gone(task);
	task->loop->stack_count--;
	munmap(task->stack - GUARD_SIZE, MAPPING_SIZE);
}

static void unmap_all(struct list *tasks)
{
	struct list *link;

	while ((link = list_take_first(tasks)) != NULL)
		unmap_task(HOLDER_OF(link, struct task, link));
}

static void unmap_oldest_spare(struct loop *loop)
{
	struct list *oldest = list_take_first(&loop->spare);

	unmap_task(HOLDER_OF(oldest, struct task, link));
	loop->spare_count--;
}

/* Those that were spare all of the last second were not needed in it. */
static void trim(struct loop_timer *timer)
{
	struct loop *loop = HOLDER_OF(timer, struct loop, trim);

	for (size_t i = loop->spare_least; i > 0; i--)
		unmap_oldest_spare(loop);
	loop->spare_least = loop->spare_count;
	if (loop->spare_count > 0)
		loop_timer_set(loop, timer, TRIM_MS);
}

struct task *stack_take(struct loop *loop)
{
	struct list *newest = loop->spare.before;

	if (list_is_empty(&loop->spare))
		return map_task(loop);
	list_remove(newest);
	loop->spare_count--;
	if (loop->spare_least > loop->spare_count)
		loop->spare_least = loop->spare_count;
	return HOLDER_OF(newest, struct task, link);
}

size_t task_stack_count(const struct loop *loop)
{
	return loop->stack_count;
}

void stack_return(struct task *task)
{
	struct loop *loop = task->loop;

	list_append(&loop->spare, &task->link);
	loop->spare_count++;
	if (loop->spare_count > SPARE_MAX)
		unmap_oldest_spare(loop);
	if (loop->trim.place != 0)
		return;
	loop->spare_least = 0;
	loop->trim.fired = trim;
	loop_timer_set(loop, &loop->trim, TRIM_MS);
}

void stack_free_all(struct loop *loop)
{
	unmap_all(&loop->woken);
	unmap_all(&loop->parked);
	unmap_all(&loop->spare);
	loop->spare_count = 0;
	loop_timer_cancel(loop, &loop->trim);
}
