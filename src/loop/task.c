/* SPDX-License-Identifier: Apache-2.0 */
/* Switches between a loop's own stack and those of its tasks. */
#include "loop/task.h"

#include <ucontext.h>

#include "loop/internal.h"

/* Tasks that keep waking each other give way to the kernel's events. */
#define PASSES_MAX 16

/* --- What the sanitizers must know of a switch ---------------------------- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define WITH_TSAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#endif
#if defined(__SANITIZE_THREAD__)
#define WITH_TSAN
#endif

#if defined(WITH_ASAN)
#include <sanitizer/asan_interface.h>
#endif
#if defined(WITH_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

/* After the headers: either may declare the other's functions. */
#if !defined(WITH_ASAN)
#define __sanitizer_start_switch_fiber(fake, stack, size) ((void)0)
#define __sanitizer_finish_switch_fiber(fake, stack, size) ((void)0)
#define __asan_unpoison_memory_region(at, size) ((void)0)
#endif
#if !defined(WITH_TSAN)
#define __tsan_switch_to_fiber(fiber, flags) ((void)0)
#define __tsan_get_current_fiber() NULL
#define __tsan_create_fiber(flags) NULL
#define __tsan_destroy_fiber(fiber) ((void)0)
#endif

/* Inlined always: a function that returned after the switch would be counted
 * as left on the stack that never entered it. */
#define INLINED static inline __attribute__((always_inline))

INLINED void announce_entry(struct task *task)
{
	__sanitizer_start_switch_fiber(&task->back_fake_stack, task->stack,
				       task->stack_size);
	task->back_fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(task->fiber, 0);
}

INLINED void confirm_entry(struct task *task)
{
	__sanitizer_finish_switch_fiber(task->fake_stack, &task->back_stack,
					&task->back_stack_size);
	task->fake_stack = NULL;
}

/* An ended task's fake stack goes (NULL); its trampoline is not on it. */
INLINED void announce_return(struct task *task)
{
	__sanitizer_start_switch_fiber(
		task->state == TASK_SPARE ? NULL : &task->fake_stack,
		task->back_stack, task->back_stack_size);
	__tsan_switch_to_fiber(task->back_fiber, 0);
}

INLINED void confirm_return(struct task *task)
{
	__sanitizer_finish_switch_fiber(task->back_fake_stack, NULL, NULL);
}

void task_sanitizer_born(struct task *task)
{
	__asan_unpoison_memory_region(task->stack, task->stack_size);
	task->fiber = __tsan_create_fiber(0);
}

void task_sanitizer_gone(struct task *task)
{
	__asan_unpoison_memory_region(task->stack, task->stack_size);
	__tsan_destroy_fiber(task->fiber);
}

/* --- Switching ------------------------------------------------------------ */

static _Thread_local struct task *current;

struct task *task_current(void)
{
	return current;
}

/* From the task back to whoever let it go on; returns when it goes on again. */
static __attribute__((noinline)) void leave(struct task *task)
{
	if (sigsetjmp(task->here, 0) == 0) {
		announce_return(task);
		siglongjmp(task->back, 1);
	}
	confirm_entry(task);
}

/* The bottom of each stack: runs one task after the other on it. */
static __attribute__((no_sanitize_address)) void trampoline(void)
{
	struct task *task = current;

	confirm_entry(task);
	for (;;) {
		task->run(task->context);
		task->state = TASK_SPARE;
		leave(task);
	}
}

/* makecontext once per stack: setcontext costs a system call. Not for ASan,
 * which would go on minding a frame that is left without its end. */
static _Noreturn __attribute__((no_sanitize_address)) void
begin(struct task *task)
{
	ucontext_t first;

	task->is_fresh = false;
	MUST(getcontext(&first) == 0);
	first.uc_stack.ss_sp = task->stack;
	first.uc_stack.ss_size = task->stack_size;
	first.uc_link = NULL;
	makecontext(&first, trampoline, 0);
	announce_entry(task);
	setcontext(&first);
	__builtin_trap();
}

static _Noreturn void go_on(struct task *task)
{
	if (task->is_fresh)
		begin(task);
	announce_entry(task);
	siglongjmp(task->here, 1);
}

/* Lets the task run until it parks or ends. */
static __attribute__((noinline)) void enter(struct task *task)
{
	struct task *const before = current;

	current = task;
	task->state = TASK_RUNS;
	if (sigsetjmp(task->back, 0) == 0)
		go_on(task);
	confirm_return(task);
	current = before;
	if (task->state == TASK_SPARE)
		stack_return(task);
}

/* --- Tasks ---------------------------------------------------------------- */

struct task *task_start(struct loop *loop, void (*run)(void *context),
			void *context)
{
	struct loop *outer = loop_current();
	struct task *task = stack_take(loop);

	MUST(outer == NULL || outer == loop);
	if (task == NULL)
		return NULL;
	task->run = run;
	task->context = context;
	task->has_wake = false;
	loop_set_current(loop);
	enter(task);
	loop_set_current(outer);
	return task;
}

void task_park(void)
{
	struct task *task = current;

	MUST(task != NULL);
	if (task->has_wake) {
		task->has_wake = false;
		return;
	}
	task->state = TASK_PARKED;
	list_append(&task->loop->parked, &task->link);
	leave(task);
}

void task_wake(struct task *task)
{
	struct loop *loop = task->loop;

	MUST(task->state != TASK_SPARE);
	MUST(!loop->is_running || loop == loop_current());
	if (task->state == TASK_RUNS)
		task->has_wake = true;
	if (task->state != TASK_PARKED)
		return;
	task->state = TASK_WOKEN;
	list_remove(&task->link);
	list_append(&loop->woken, &task->link);
}

/* Those woken by the time it begins. */
static void run_pass(struct loop *loop)
{
	struct list *last = loop->woken.before;
	struct list *link;

	do {
		link = list_take_first(&loop->woken);
		enter(HOLDER_OF(link, struct task, link));
	} while (link != last);
}

void task_run_woken(struct loop *loop)
{
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		if (list_is_empty(&loop->woken))
			return;
		run_pass(loop);
	}
}

struct sleep {
	struct loop_timer timer;
	struct task *task;
	bool is_over;
};

static void sleep_over(struct loop_timer *timer)
{
	struct sleep *sleep = HOLDER_OF(timer, struct sleep, timer);

	sleep->is_over = true;
	task_wake(sleep->task);
}

void task_sleep(int64_t ms)
{
	struct sleep sleep = {.timer.fired = sleep_over, .task = current};

	MUST(current != NULL);
	loop_timer_set(current->loop, &sleep.timer, ms);
	task_park_until(&sleep.is_over);
}

void task_park_until(const bool *is_over)
{
	bool has_other_wake = false;

	while (!*is_over) {
		task_park();
		if (!*is_over)
			has_other_wake = true;
	}
	if (has_other_wake)
		current->has_wake = true;
}
