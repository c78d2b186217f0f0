#include "schedule.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/vec.h"

#define JOBS_MAX 32

struct item {
	size_t waiting;     /* for how many others */
	unsigned long cost; /* once it runs: with all that has to follow, by the longest way */
	struct {
		size_t *items;
		size_t len, cap;
	} dependents;
};

struct schedule {
	struct item *items;
	size_t count;
	size_t *ready; /* a heap of the items that can begin, the first of them on top */
	size_t ready_len;

	schedule_fn *run;
	schedule_stop_fn *stop;
	void *arg;

	pthread_mutex_t lock; /* of all below, of the items and of the heap */
	pthread_cond_t changed;
	size_t left; /* items that have not ended */
	bool failed;
	struct err *err;
};

struct schedule *schedule_new(size_t count)
{
	struct schedule *schedule = xcalloc(1, sizeof(*schedule));

	schedule->items = xcalloc(count + 1, sizeof(*schedule->items));
	schedule->ready = xcalloc(count + 1, sizeof(*schedule->ready));
	schedule->count = count;
	pthread_mutex_init(&schedule->lock, NULL);
	pthread_cond_init(&schedule->changed, NULL);
	return schedule;
}

void schedule_freep(struct schedule **schedule)
{
	struct schedule *s = TAKE(*schedule);

	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->items[i].dependents.items);
	free(s->items);
	free(s->ready);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void schedule_set_cost(struct schedule *schedule, size_t item, unsigned cost)
{
	schedule->items[item].cost = cost;
}

void schedule_add_dependency(struct schedule *schedule, size_t item, size_t on)
{
	assert(on < item && item < schedule->count);
	*VEC_ADD(&schedule->items[on].dependents) = item;
	schedule->items[item].waiting++;
}

/* Dependents have the larger numbers. */
static void add_up_costs(struct schedule *schedule)
{
	for (size_t i = schedule->count; i-- > 0;) {
		struct item *item = &schedule->items[i];
		unsigned long longest = 0;

		VEC_FOREACH(dependent, &item->dependents) {
			if (schedule->items[*dependent].cost > longest)
				longest = schedule->items[*dependent].cost;
		}
		item->cost += longest;
	}
}

/* --- the heap --- */

static bool is_before(const struct schedule *schedule, size_t a, size_t b)
{
	const struct item *left = &schedule->items[a], *right = &schedule->items[b];

	return left->cost != right->cost ? left->cost > right->cost : a < b;
}

static void swap_ready(struct schedule *schedule, size_t i, size_t j)
{
	size_t item = schedule->ready[i];

	schedule->ready[i] = schedule->ready[j];
	schedule->ready[j] = item;
}

/* Under the lock, as for the next one. */
static void push_ready(struct schedule *schedule, size_t item)
{
	size_t i = schedule->ready_len++;

	schedule->ready[i] = item;
	for (; i > 0; i = (i - 1) / 2) {
		if (!is_before(schedule, schedule->ready[i], schedule->ready[(i - 1) / 2]))
			break;
		swap_ready(schedule, i, (i - 1) / 2);
	}
}

static size_t pop_ready(struct schedule *schedule)
{
	size_t top = schedule->ready[0], len = --schedule->ready_len, i = 0, child;

	schedule->ready[0] = schedule->ready[len];
	while ((child = 2 * i + 1) < len) {
		if (child + 1 < len &&
		    is_before(schedule, schedule->ready[child + 1], schedule->ready[child]))
			child++;
		if (!is_before(schedule, schedule->ready[child], schedule->ready[i]))
			break;
		swap_ready(schedule, i, child);
		i = child;
	}
	return top;
}

/* Waits for an item to begin with; count when there will be none. Under the lock. */
static size_t take_item(struct schedule *schedule)
{
	for (;;) {
		if (schedule->failed || schedule->left == 0)
			return schedule->count;
		if (schedule->ready_len > 0)
			return pop_ready(schedule);
		pthread_cond_wait(&schedule->changed, &schedule->lock);
	}
}

/* Under the lock. */
static void end_item(struct schedule *schedule, size_t item, int result, struct err *err)
{
	schedule->left--;
	if (result < 0 && !schedule->failed) {
		schedule->failed = true;
		if (schedule->err)
			err_move(schedule->err, err);
		if (schedule->stop)
			schedule->stop(schedule->arg);
	}
	VEC_FOREACH(dependent, &schedule->items[item].dependents) {
		if (--schedule->items[*dependent].waiting == 0)
			push_ready(schedule, *dependent);
	}
	pthread_cond_broadcast(&schedule->changed);
}

static void *work(void *arg)
{
	struct schedule *schedule = arg;
	size_t item;

	pthread_mutex_lock(&schedule->lock);
	while ((item = take_item(schedule)) < schedule->count) {
		struct err err = ERR_INIT;
		int result;

		pthread_mutex_unlock(&schedule->lock);
		result = schedule->run(schedule->arg, item, &err);
		pthread_mutex_lock(&schedule->lock);
		end_item(schedule, item, result, &err);
		err_release(&err);
	}
	pthread_mutex_unlock(&schedule->lock);
	return NULL;
}

int schedule_run(struct schedule *schedule, unsigned jobs, schedule_fn *run, schedule_stop_fn *stop,
		 void *arg, struct err *err)
{
	pthread_t threads[JOBS_MAX];
	unsigned started = 0;

	schedule->run = run;
	schedule->stop = stop;
	schedule->arg = arg;
	schedule->err = err;
	schedule->left = schedule->count;
	add_up_costs(schedule);
	for (size_t i = 0; i < schedule->count; i++) {
		if (schedule->items[i].waiting == 0)
			push_ready(schedule, i);
	}
	/* A thread that cannot be had is done without. */
	while (started + 1 < jobs && started < JOBS_MAX && started + 1 < schedule->count &&
	       pthread_create(&threads[started], NULL, work, schedule) == 0)
		started++;
	(void)work(schedule);
	while (started > 0)
		pthread_join(threads[--started], NULL);
	return schedule->failed ? -1 : 0;
}
