#include "rollout/rollout.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"

/* Of a worker: the calls on it are shallow, and hundreds of them may be wanted. */
#define STACK_SIZE ((size_t)1 << 20)
#define LOOK_MS    200 /* how often it is looked whether the user wants us to stop */

struct pool {
	struct rollout *rollout;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a board has ended, or a thread */
	unsigned running;
	unsigned wave;      /* that was told of; UINT_MAX = none */
	bool is_retrying;   /* and so was that */
	struct err problem; /* that ends it all: the record cannot be kept */
};

/* One board in work. */
struct work {
	struct pool *pool;
	size_t board;
};

void rollout_boards_release(struct rollout_boards *boards)
{
	VEC_FOREACH(board, boards) {
		free(board->name);
		free(board->platform);
		device_address_release(&board->address);
	}
	free(boards->items);
	*boards = (struct rollout_boards){ .items = NULL };
}

void board_report_release(struct board_report *report)
{
	free(report->from);
	*report = (struct board_report){ .from = NULL };
}

/* Under the lock. */
static void tell(struct pool *pool, struct rollout_event event)
{
	event.plan = pool->rollout->plan;
	pool->rollout->tell(pool->rollout->tell_data, &event);
}

/* --- what a board's deployment reports --- */

static void take_event(void *data, const struct event *event)
{
	const struct work *work = data;
	struct rollout_event told = { .board = work->board, .text = event->text };

	switch (event->kind) {
	case EVENT_STEP_ADDED: told.kind = ROLLOUT_PHASE; break;
	case EVENT_WARNING:
	case EVENT_INFO: told.kind = ROLLOUT_NOTE; break;
	case EVENT_STEP_PLATFORM:
	case EVENT_STEP_STARTED:
	case EVENT_STEP_CACHED:
	case EVENT_STEP_DONE:
	case EVENT_STEP_FAILED:
	case EVENT_STEP_CANCELLED:
	case EVENT_STEP_DETAIL:
	case EVENT_TRANSFER:
	case EVENT_TRANSFER_DONE:
	case EVENT_LOG: return;
	}
	pthread_mutex_lock(&work->pool->lock);
	tell(work->pool, told);
	pthread_mutex_unlock(&work->pool->lock);
}

/* --- a worker --- */

/* Whatever failed after the user had stopped it failed because of that. */
static enum board_state state_of(const struct rollout *rollout, int status,
				 const struct err *problem)
{
	if (status == 0)
		return BOARD_DONE;
	if (monitor_is_cancelled(rollout->monitor))
		return BOARD_PENDING;
	return problem->kind == ERR_NETWORK ? BOARD_OFFLINE : BOARD_FAILED;
}

/* What is said of a board stands beside its name. */
static const char *without_name(const char *message, const char *name)
{
	AUTO(freep) char *prefix = xasprintf("board '%s': ", name);

	return message && str_has_prefix(message, prefix) ? message + strlen(prefix) : message;
}

static void keep_record(struct pool *pool, const struct work *work, enum board_state state,
			const char *reason)
{
	struct rollout *rollout = pool->rollout;

	if (!rollout->record || state == BOARD_PENDING || pool->problem.kind != ERR_NONE)
		return;
	if (record_add(rollout->record, rollout->boards->items[work->board].name, state, reason,
		       &pool->problem) < 0)
		plan_stop(rollout->plan);
}

static void end_work(struct pool *pool, const struct work *work, int status,
		     const struct board_report *report, const struct err *problem)
{
	struct plan *plan = pool->rollout->plan;
	const char *name = pool->rollout->boards->items[work->board].name;
	const char *reason = without_name(problem->message, name);
	enum board_state state =
		plan_ended(plan, work->board, state_of(pool->rollout, status, problem));

	keep_record(pool, work, state, reason);
	tell(pool, (struct rollout_event){ .kind = ROLLOUT_END,
					   .board = work->board,
					   .state = state,
					   .report = report,
					   .text = reason,
					   .hint = problem->hint });
	pthread_cond_broadcast(&pool->changed);
}

/* A wave begins, or the time in which boards that could not be reached are tried again. */
static void tell_wave(struct pool *pool)
{
	const struct plan *plan = pool->rollout->plan;

	if (pool->wave == plan->wave && pool->is_retrying == plan->is_retrying)
		return;
	pool->wave = plan->wave;
	pool->is_retrying = plan->is_retrying;
	tell(pool, (struct rollout_event){ .kind = ROLLOUT_WAVE });
}

/* Under the lock, which is given back for as long as it takes. */
static void do_work(struct pool *pool, size_t board)
{
	struct rollout *rollout = pool->rollout;
	struct work work = { .pool = pool, .board = board };
	const struct monitor monitor = { .sink = take_event,
					 .sink_data = &work,
					 .cancel_fd = rollout->monitor->cancel_fd };
	AUTO(board_report_release) struct board_report report = { .from = NULL };
	AUTO(err_release) struct err problem = ERR_INIT;
	int status = 0;

	tell_wave(pool);
	tell(pool, (struct rollout_event){ .kind = ROLLOUT_START, .board = board });
	pthread_mutex_unlock(&pool->lock);
	status = rollout->bring(rollout->data, &rollout->boards->items[board], &monitor, &report,
				&problem);
	pthread_mutex_lock(&pool->lock);
	end_work(pool, &work, status, &report, &problem);
}

/* Under the lock. */
static void wait_until(struct pool *pool, uint64_t wake_ms)
{
	struct timespec when = { .tv_sec = (time_t)(wake_ms / 1000),
				 .tv_nsec = (long)(wake_ms % 1000) * 1000000 };

	if (wake_ms == UINT64_MAX)
		(void)pthread_cond_wait(&pool->changed, &pool->lock);
	else
		(void)pthread_cond_timedwait(&pool->changed, &pool->lock, &when);
}

static void *work_until_over(void *data)
{
	struct pool *pool = data;
	bool is_over = false;

	pthread_mutex_lock(&pool->lock);
	while (!is_over) {
		size_t board = 0;
		uint64_t wake_ms = 0;

		switch (plan_next(pool->rollout->plan, monotonic_ms(), &board, &wake_ms)) {
		case PLAN_START: do_work(pool, board); break;
		case PLAN_WAIT: wait_until(pool, wake_ms); break;
		case PLAN_OVER: is_over = true; break;
		}
	}
	pool->running--;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* --- all of it --- */

static void pool_init(struct pool *pool)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* As many as there are to be, or as the machine gives us. */
static unsigned start_threads(struct pool *pool, pthread_t *threads, unsigned count)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	unsigned started = 0;

	pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pool->running = count;
	while (started < count &&
	       pthread_create(&threads[started], &attributes, work_until_over, pool) == 0)
		started++;
	pool->running -= count - started;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return started;
}

/* Under the lock. */
static void watch(struct pool *pool)
{
	while (pool->running > 0) {
		wait_until(pool, monotonic_ms() + LOOK_MS);
		if (!pool->rollout->plan->is_stopped &&
		    monitor_is_cancelled(pool->rollout->monitor)) {
			plan_stop(pool->rollout->plan);
			pthread_cond_broadcast(&pool->changed);
		}
	}
}

static int run_threads(struct pool *pool, unsigned count, struct err *err)
{
	AUTO(freep) pthread_t *threads = xcalloc(count + 1, sizeof(*threads));
	unsigned started = 0;

	pthread_mutex_lock(&pool->lock);
	started = start_threads(pool, threads, count);
	watch(pool);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	return started > 0 ? 0 : err_set(err, ERR_SYSTEM, "no thread can be started");
}

int rollout_run(struct rollout *rollout, struct err *err)
{
	struct pool pool = { .rollout = rollout, .wave = UINT32_MAX, .problem = ERR_INIT };
	size_t count =
		rollout->boards->len < rollout->parallel ? rollout->boards->len : rollout->parallel;
	int status = 0;

	pool_init(&pool);
	if (count > 0)
		status = run_threads(&pool, (unsigned)count, err);
	pthread_cond_destroy(&pool.changed);
	pthread_mutex_destroy(&pool.lock);
	if (status == 0 && pool.problem.kind != ERR_NONE) {
		err_move(err, &pool.problem);
		return -1;
	}
	err_release(&pool.problem);
	return status < 0 ? -1 : monitor_check(rollout->monitor, err);
}
