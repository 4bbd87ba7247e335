/* SPDX-License-Identifier: Apache-2.0 */
/* What pools of workers promise. */
#include "loop/worker.h"
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static struct loop *loop;
static struct worker_pool *pool;
static sem_t gate;
static sem_t begun;

static int open_all(void **state)
{
	(void)state;
	sem_init(&gate, 0, 0);
	sem_init(&begun, 0, 0);
	loop = loop_new();
	pool = worker_pool_new(2, 1);
	return loop == NULL || pool == NULL;
}

static int close_all(void **state)
{
	(void)state;
	worker_pool_free(&pool);
	assert_null(pool);
	worker_pool_free(&pool);
	loop_free(&loop);
	sem_destroy(&gate);
	sem_destroy(&begun);
	return 0;
}

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0)
		MUST(errno == EINTR);
}

struct sum {
	int a;
	int b;
	int result;
	pthread_t thread;
	struct task *task;
};

static void add(void *context)
{
	struct sum *sum = context;

	sum->result = sum->a + sum->b;
	sum->thread = pthread_self();
	sum->task = task_current();
}

/* --- Outside a task ------------------------------------------------------- */

static void outside_blocks(void **state)
{
	struct sum sum = {.a = 2, .b = 3};

	(void)state;
	for (int i = 0; i < 100; i++) {
		sum.a = i;
		assert_int_equal(worker_run(pool, add, &sum), DONE);
		assert_int_equal(sum.result, i + 3);
	}
	assert_false(pthread_equal(sum.thread, pthread_self()));
}

/* --- In tasks ------------------------------------------------------------- */

static int left;
static int right_count;

static void one_done(void)
{
	if (--left == 0)
		loop_stop(loop);
}

static void compute(void *context)
{
	struct sum sum = {.a = *(int *)context, .b = 1};

	if (worker_run(pool, add, &sum) == DONE && sum.result == sum.a + 1 &&
	    sum.task == NULL && !pthread_equal(sum.thread, pthread_self()))
		right_count++;
	one_done();
}

static void task_parks(void **state)
{
	int number = 41;

	(void)state;
	left = 1;
	right_count = 0;
	assert_non_null(task_start(loop, compute, &number));
	assert_int_equal(left, 1);
	loop_run(loop);
	assert_int_equal(right_count, 1);
}

static void hold(void *context)
{
	(void)context;
	sem_post(&begun);
	wait_for(&gate);
}

static outcome outcomes[5];

static void hold_in_task(void *context)
{
	outcome *outcome_out = context;

	*outcome_out = worker_run(pool, hold, NULL);
	one_done();
}

/* Two threads and one place to wait: of five, two are declined at once. */
static void refused_when_full(void **state)
{
	(void)state;
	left = 5;
	for (int i = 0; i < 5; i++)
		task_start(loop, hold_in_task, &outcomes[i]);
	assert_int_equal(left, 3);
	wait_for(&begun);
	wait_for(&begun);
	assert_int_equal(worker_run(pool, add, &(struct sum){0}), REFUSED);
	for (int i = 0; i < 3; i++)
		sem_post(&gate);
	loop_run(loop);
	for (int i = 0; i < 3; i++)
		assert_int_equal(outcomes[i], DONE);
	for (int i = 3; i < 5; i++)
		assert_int_equal(outcomes[i], REFUSED);
	assert_int_equal(worker_run(pool, add, &(struct sum){0}), DONE);
}

static void no_room_to_wait(void **state)
{
	struct worker_pool *tight = worker_pool_new(1, 0);
	struct sum sum = {.a = 1, .b = 1};

	(void)state;
	assert_int_equal(worker_run(tight, add, &sum), DONE);
	assert_int_equal(sum.result, 2);
	worker_pool_free(&tight);
}

struct rounds {
	struct loop_timer timer;
	int count;
};

static void let_go(struct loop_timer *timer)
{
	struct rounds *rounds = HOLDER_OF(timer, struct rounds, timer);

	if (++rounds->count == 5)
		sem_post(&gate);
	else
		loop_timer_set(loop, timer, 1);
}

static void loop_goes_on(void **state)
{
	struct rounds rounds = {.timer.fired = let_go};

	(void)state;
	left = 1;
	task_start(loop, hold_in_task, &outcomes[0]);
	loop_timer_set(loop, &rounds.timer, 1);
	loop_run(loop);
	assert_int_equal(rounds.count, 5);
	assert_int_equal(outcomes[0], DONE);
}

/* A wake for another reason neither ends the wait nor is lost. */
static bool job_was_over;
static int park_count;

static void release(void *context)
{
	wait_for(&gate);
	*(bool *)context = true;
}

static void wait_for_two(void *context)
{
	static bool is_released;

	(void)context;
	is_released = false;
	if (worker_run(pool, release, &is_released) == DONE)
		job_was_over = is_released;
	task_park();
	park_count++;
	one_done();
}

static void open_gate(struct loop_timer *timer)
{
	(void)timer;
	sem_post(&gate);
}

static void other_wakes(void **state)
{
	struct loop_timer timer = {.fired = open_gate};
	struct task *task;

	(void)state;
	left = 1;
	task = task_start(loop, wait_for_two, NULL);
	task_wake(task);
	loop_timer_set(loop, &timer, 2);
	loop_run(loop);
	assert_true(job_was_over);
	assert_int_equal(park_count, 1);
}

/* --- Threads -------------------------------------------------------------- */

static void read_mask(void *context)
{
	pthread_sigmask(SIG_SETMASK, NULL, context);
}

static void signals_blocked(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD,
				      SIGUSR1};
	sigset_t mask;
	sigset_t own;

	(void)state;
	sigemptyset(&mask);
	assert_int_equal(worker_run(pool, read_mask, &mask), DONE);
	pthread_sigmask(SIG_SETMASK, NULL, &own);
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		assert_int_equal(sigismember(&mask, signals[i]), 1);
		assert_int_equal(sigismember(&own, signals[i]), 0);
	}
}

static void *run_loop(void *context)
{
	struct loop *own = loop_new();
	struct sum sum = {.a = 20, .b = 22};

	(void)context;
	for (int i = 0; i < 200; i++)
		while (worker_run(pool, add, &sum) == REFUSED)
			sched_yield();
	loop_free(&own);
	return sum.result == 42 ? pool : NULL;
}

static void shared_by_threads(void **state)
{
	pthread_t threads[4];
	void *result;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, run_loop, NULL), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &result);
		assert_non_null(result);
	}
}

#define test_on_pool(sentence, function)                                       \
	test_that_with(sentence, function, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_on_pool("outside a task the caller blocks until the work "
			     "is done on another thread",
			     outside_blocks),
		test_on_pool("in a task the work is done on another thread "
			     "and the task goes on",
			     task_parks),
		test_on_pool("the loop goes on while a task waits for a worker",
			     loop_goes_on),
		test_on_pool("work is refused when too much waits already",
			     refused_when_full),
		test_on_pool("a pool where nothing may wait still takes what "
			     "a thread is free for",
			     no_room_to_wait),
		test_on_pool("a wake for another reason does not end the wait "
			     "and is kept",
			     other_wakes),
		test_on_pool("a pool's threads block all signals, its maker "
			     "does not",
			     signals_blocked),
		test_on_pool("several threads share one pool",
			     shared_by_threads),
	};

	return cmocka_run_group_tests_name("loop_worker", tests, NULL, NULL);
}
