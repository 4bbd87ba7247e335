/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of work in front of a fixed number of threads. */
#include "loop/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"

struct worker_pool {
	pthread_mutex_t lock;
	pthread_cond_t has_work; /* or the pool ends */
	pthread_cond_t has_done; /* for those who block */
	struct list waiting;
	size_t unfinished_count; /* waiting or running */
	size_t unfinished_max;
	bool is_ending;
	unsigned int thread_count;
	pthread_t threads[];
};

/* On the stack of whoever waits for it. */
struct job {
	struct list link;
	void (*work)(void *context);
	void *context;
	bool is_over;
	struct task *task; /* NULL: its thread blocks */
	struct loop *loop;
	struct loop_message message;
};

static struct job *take_job(struct worker_pool *pool)
{
	struct list *link = NULL;

	pthread_mutex_lock(&pool->lock);
	while ((link = list_take_first(&pool->waiting)) == NULL &&
	       !pool->is_ending)
		pthread_cond_wait(&pool->has_work, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	return link != NULL ? HOLDER_OF(link, struct job, link) : NULL;
}

static void wake_task(struct loop_message *message)
{
	struct job *job = HOLDER_OF(message, struct job, message);

	job->is_over = true;
	task_wake(job->task);
}

/* Once its owner knows, the job is gone. */
static void finish_job(struct worker_pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	pool->unfinished_count--;
	if (job->task == NULL) {
		job->is_over = true;
		pthread_cond_broadcast(&pool->has_done);
	}
	pthread_mutex_unlock(&pool->lock);
}

static void *work_on(void *context)
{
	struct worker_pool *pool = context;
	struct job *job;

	while ((job = take_job(pool)) != NULL) {
		struct loop *loop = job->task != NULL ? job->loop : NULL;

		job->work(job->context);
		finish_job(pool, job);
		if (loop != NULL)
			loop_post(loop, &job->message);
	}
	return NULL;
}

/* Signals are for the threads that watch for them. */
static bool start_threads(struct worker_pool *pool, unsigned int count)
{
	sigset_t all;
	sigset_t before;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->thread_count < count && error == 0) {
		error = pthread_create(&pool->threads[pool->thread_count], NULL,
				       work_on, pool);
		if (error == 0)
			pool->thread_count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		event_fault("worker.start_failed", "pthread_create: %s",
			    strerror(error));
	return error == 0;
}

struct worker_pool *worker_pool_new(unsigned int threads,
				    unsigned int waiting_max)
{
	struct worker_pool *pool =
		calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));

	MUST(pool != NULL && threads > 0);
	list_init(&pool->waiting);
	pool->unfinished_max = (size_t)threads + waiting_max;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->has_work, NULL);
	pthread_cond_init(&pool->has_done, NULL);
	if (!start_threads(pool, threads))
		worker_pool_free(&pool);
	return pool;
}

void worker_pool_free(struct worker_pool **pool)
{
	struct worker_pool *ending = TAKE(*pool);

	if (ending == NULL)
		return;
	pthread_mutex_lock(&ending->lock);
	ending->is_ending = true;
	pthread_cond_broadcast(&ending->has_work);
	pthread_mutex_unlock(&ending->lock);
	for (unsigned int i = 0; i < ending->thread_count; i++)
		pthread_join(ending->threads[i], NULL);
	pthread_cond_destroy(&ending->has_done);
	pthread_cond_destroy(&ending->has_work);
	pthread_mutex_destroy(&ending->lock);
	free(ending);
}

static outcome submit(struct worker_pool *pool, struct job *job)
{
	bool is_full;

	pthread_mutex_lock(&pool->lock);
	is_full = pool->unfinished_count >= pool->unfinished_max;
	if (!is_full) {
		pool->unfinished_count++;
		list_append(&pool->waiting, &job->link);
		pthread_cond_signal(&pool->has_work);
	}
	pthread_mutex_unlock(&pool->lock);
	return is_full ? REFUSED : DONE;
}

static void block_until_over(struct worker_pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	while (!job->is_over)
		pthread_cond_wait(&pool->has_done, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}

outcome worker_run(struct worker_pool *pool, void (*work)(void *context),
		   void *context)
{
	struct job job = {
		.work = work,
		.context = context,
		.task = task_current(),
		.loop = loop_current(),
		.message.run = wake_task,
	};

	TRY(submit(pool, &job));
	if (job.task != NULL)
		task_park_until(&job.is_over);
	else
		block_until_over(pool, &job);
	return DONE;
}
