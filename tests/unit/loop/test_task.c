/* SPDX-License-Identifier: Apache-2.0 */
/* What tasks promise. */
#include "loop/clock.h"
#include "loop/task.h"
#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;
static char story[64];

static void tell(const char *word)
{
	size_t size = strlen(story);

	snprintf(story + size, sizeof(story) - size, "%s", word);
}

static int open_loop(void **state)
{
	(void)state;
	story[0] = '\0';
	loop = loop_new();
	return loop == NULL;
}

static int close_loop(void **state)
{
	(void)state;
	loop_free(&loop);
	return 0;
}

static void run_one_round(void)
{
	loop_stop(loop);
	loop_run(loop);
}

/* --- Starting, parking, waking -------------------------------------------- */

static void park_twice(void *context)
{
	(void)context;
	tell("a");
	task_park();
	tell("b");
	task_park();
	tell("c");
}

static void parks_and_goes_on(void **state)
{
	struct task *task = task_start(loop, park_twice, NULL);

	(void)state;
	assert_non_null(task);
	assert_null(task_current());
	assert_null(loop_current());
	assert_string_equal(story, "a");
	task_wake(task);
	assert_string_equal(story, "a");
	run_one_round();
	assert_string_equal(story, "ab");
	run_one_round();
	assert_string_equal(story, "ab");
	task_wake(task);
	task_wake(task);
	run_one_round();
	assert_string_equal(story, "abc");
}

static void wake_itself(void *context)
{
	(void)context;
	task_wake(task_current());
	task_wake(task_current());
	task_park();
	tell("once");
	task_park();
	tell("twice");
}

static void wake_before_park(void **state)
{
	(void)state;
	task_start(loop, wake_itself, NULL);
	assert_string_equal(story, "once");
	run_one_round();
	assert_string_equal(story, "once");
}

static void start_inner(void *context)
{
	struct task *outer = task_current();

	tell("(");
	task_start(loop, park_twice, NULL);
	tell(task_current() == outer && loop_current() == loop ? ")" : "!");
	task_wake(context != NULL ? context : outer);
	task_park();
	tell(".");
}

static void starts_within(void **state)
{
	(void)state;
	task_start(loop, start_inner, NULL);
	assert_string_equal(story, "(a).");
}

struct pair {
	struct task *other;
	int left;
	bool is_first;
};

static void play(void *context)
{
	struct pair *pair = context;

	while (pair->left-- > 0) {
		task_park();
		if (pair->other != NULL)
			task_wake(pair->other);
	}
}

/* Two that wake each other for ever leave room for the rest of the round. */
static void ping_pong_is_fair(void **state)
{
	struct pair first = {.left = 1000000};
	struct pair second = {.left = 1000000};

	(void)state;
	second.other = task_start(loop, play, &first);
	first.other = task_start(loop, play, &second);
	task_wake(second.other);
	run_one_round();
	assert_true(first.left < 999999);
	assert_in_range(first.left, 999000, 999999);
	run_one_round();
	assert_true(second.left < first.left + 2);
}

struct waker {
	struct loop_hook hook;
	struct task *task;
	int calls_before;
};

static void wake_from_hook(struct loop_hook *hook)
{
	struct waker *waker = HOLDER_OF(hook, struct waker, hook);

	if (waker->calls_before-- > 0)
		return;
	loop_hook_remove(hook);
	task_wake(waker->task);
}

static void park_then_stop(void *context)
{
	(void)context;
	task_park();
	tell("woken");
	loop_stop(loop);
}

/* Were there a wait before, this would never end. */
static void woken_before_first_wait(void **state)
{
	struct waker waker = {.hook.round_ended = wake_from_hook};

	(void)state;
	waker.task = task_start(loop, park_then_stop, NULL);
	loop_hook_add(loop, &waker.hook);
	loop_run(loop);
	assert_string_equal(story, "woken");
}

/* Were there a wait between, this would never end. */
static void woken_by_hook(void **state)
{
	struct waker waker = {
		.hook.round_ended = wake_from_hook,
		.calls_before = 1,
	};

	(void)state;
	waker.task = task_start(loop, park_then_stop, NULL);
	loop_hook_add(loop, &waker.hook);
	run_one_round();
	assert_string_equal(story, "");
	loop_run(loop);
	assert_string_equal(story, "woken");
}

/* --- Sleeping ------------------------------------------------------------- */

static int64_t slept_us;

static void sleep_some(void *context)
{
	int64_t before_us = clock_monotonic_us();

	task_sleep(*(int *)context);
	slept_us = clock_monotonic_us() - before_us;
	loop_stop(loop);
}

static void sleeps_at_least(void **state)
{
	int ms = 15;

	(void)state;
	task_start(loop, sleep_some, &ms);
	loop_run(loop);
	assert_true(slept_us >= 15000);
}

static void other_wake_in_sleep(void **state)
{
	int ms = 5;

	(void)state;
	task_wake(task_start(loop, sleep_some, &ms));
	loop_run(loop);
	assert_true(slept_us >= 5000);
}

static void sleep_sorted(void *context)
{
	int ms = *(int *)context;

	task_sleep(ms);
	tell(ms == 50 ? "50 " : ms == 150 ? "150 " : "250");
	if (ms == 250)
		loop_stop(loop);
}

static void sleepers_wake_in_order(void **state)
{
	/* Far apart: a task takes its time to start on a busy machine. */
	int spans[] = {150, 250, 50};

	(void)state;
	for (int i = 0; i < 3; i++)
		task_start(loop, sleep_sorted, &spans[i]);
	loop_run(loop);
	assert_string_equal(story, "50 150 250");
}

/* --- Many ----------------------------------------------------------------- */

#if defined(__SANITIZE_THREAD__)
#define MANY 2000 /* ThreadSanitizer counts each stack as a thread */
#else
#define MANY 8000
#endif

static struct task *many[MANY];
static int ended_count;
static int right_count;

/* Uses a good deal of its stack, and expects to find it as it was. */
static void keep_locals(void *context)
{
	int number = *(int *)context;
	volatile char bytes[8192];

	memset((char *)bytes, number & 0x7f, sizeof(bytes));
	task_park();
	right_count += bytes[0] == (number & 0x7f) &&
		       bytes[sizeof(bytes) - 1] == (number & 0x7f);
	ended_count++;
}

static void start_many(void)
{
	ended_count = 0;
	right_count = 0;
	for (int i = 0; i < MANY; i++) {
		many[i] = task_start(loop, keep_locals, &i);
		assert_non_null(many[i]);
	}
}

static void wake_many(void)
{
	for (int i = MANY; i-- > 0;)
		task_wake(many[i]);
	run_one_round();
	assert_int_equal(ended_count, MANY);
	assert_int_equal(right_count, MANY);
}

static void thousands_parked(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		start_many();
		run_one_round();
		assert_int_equal(ended_count, 0);
		wake_many();
	}
}

static size_t resident_pages(void)
{
	size_t size = 0;
	size_t resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	MUST(file != NULL);
	MUST(fscanf(file, "%zu %zu", &size, &resident) == 2);
	fclose(file);
	return resident;
}

static size_t mapping_count(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	size_t count = 0;
	int byte;

	MUST(file != NULL);
	while ((byte = getc(file)) != EOF)
		count += byte == '\n';
	fclose(file);
	return count;
}

struct patience {
	struct loop_timer timer;
	size_t mapping_max;
	int looks_left;
};

static void look_again(struct loop_timer *timer)
{
	struct patience *patience = HOLDER_OF(timer, struct patience, timer);

	if (mapping_count() < patience->mapping_max ||
	    --patience->looks_left == 0)
		loop_stop(loop);
	else
		loop_timer_set(loop, timer, 50);
}

static void gives_memory_back(void **state)
{
	size_t before = mapping_count();
	struct patience patience = {
		.timer.fired = look_again,
		.mapping_max = before + 64,
		.looks_left = 400,
	};
	size_t resident_while;

	(void)state;
	start_many();
	resident_while = resident_pages();
	assert_true(mapping_count() >= before + MANY);
	wake_many();
	loop_timer_set(loop, &patience.timer, 50);
	loop_run(loop);
	assert_true(mapping_count() < patience.mapping_max);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(resident_pages() + MANY < resident_while);
#else
	(void)resident_while;
#endif
}

static void park_for_ever(void *context)
{
	(void)context;
	task_park();
	tell("never");
}

static void dropped_with_loop(void **state)
{
	size_t before = mapping_count();

	(void)state;
	for (int i = 0; i < 100; i++)
		task_start(loop, park_for_ever, NULL);
	loop_free(&loop);
	assert_true(mapping_count() < before + 64);
	assert_string_equal(story, "");
}

static void without_memory(void **state)
{
	struct rlimit before;
	struct rlimit none;
	struct task *task;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	none = before;
	none.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	task = task_start(loop, park_twice, NULL);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_null(task);
	assert_string_equal(story, "");
	assert_null(loop_current());
}

/* --- The guard page ------------------------------------------------------- */

static volatile int depth_wanted = 1 << 20;

static __attribute__((noinline)) int fall(int depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	if (depth == depth_wanted)
		return frame[0];
	return fall(depth + 1) + frame[0];
}

static void overflow(void *context)
{
	(void)context;
	fall(0);
}

static int end_of_child(void (*run)(void *context))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		/* The sanitizers would tell of it and exit instead. */
		signal(SIGSEGV, SIG_DFL);
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		task_start(loop, run, NULL);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void use_most(void *context)
{
	volatile char most[TASK_STACK_SIZE - 16 * 1024];

	(void)context;
	most[0] = 1;
	most[sizeof(most) - 1] = 1;
}

static void guarded(void **state)
{
	int status = end_of_child(overflow);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static void nearly_all_usable(void **state)
{
	int status = end_of_child(use_most);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define test_on_loop(sentence, function)                                       \
	test_that_with(sentence, function, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_on_loop("a task runs at once until it parks, and goes on "
			     "in the round after each wake",
			     parks_and_goes_on),
		test_on_loop("wakes before the park are remembered, once",
			     wake_before_park),
		test_on_loop("a task may start another and goes on when that "
			     "parks",
			     starts_within),
		test_on_loop("tasks that keep waking each other do not hold "
			     "the round",
			     ping_pong_is_fair),
		test_on_loop("hooks run before a loop's first wait",
			     woken_before_first_wait),
		test_on_loop("a task that a hook wakes goes on without a wait",
			     woken_by_hook),
		test_on_loop("a sleep lasts at least its time",
			     sleeps_at_least),
		test_on_loop("a wake for another reason does not end a sleep",
			     other_wake_in_sleep),
		test_on_loop("sleepers wake in the order of their times",
			     sleepers_wake_in_order),
		test_on_loop("thousands of parked tasks keep their locals",
			     thousands_parked),
		test_on_loop(
			"when it is quiet the stacks' memory is given back",
			gives_memory_back),
		test_on_loop("a loop's end drops the tasks still parked",
			     dropped_with_loop),
		test_on_loop("without memory for a stack nothing runs",
			     without_memory),
		test_on_loop("all but a little of a stack is usable",
			     nearly_all_usable),
		test_on_loop("a stack that overflows hits its guard", guarded),
	};

	return cmocka_run_group_tests_name("loop_task", tests, NULL, NULL);
}
