#include "solve/solver.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cache_import.h"
#include "chain.h"
#include "content.h"
#include "copy_step.h"
#include "explain.h"
#include "key.h"
#include "layer_output.h"
#include "lookup.h"
#include "run_step.h"
#include "sandbox/emulation.h"
#include "schedule.h"
#include "stop.h"
#include "workdir_step.h"

static bool is_source(const struct vertex *vertex)
{
	return !vertex->parent;
}

int solver_report_failure(const struct solver *solver, unsigned step, const struct err *err)
{
	if (err && err->kind == ERR_CANCELLED)
		monitor_step(solver->monitor, step, EVENT_STEP_CANCELLED);
	else
		monitor_text(solver->monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
	return -1;
}

/* --- keys and cache --- */

static bool reads_context(const struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		if (task->vertex->kind == VERTEX_COPY && !task->vertex->copy.from)
			return true;
	}
	return false;
}

/* Reading a large context for the first time takes its time: it is shown as a step of its own. */
static int load_context(struct solver *solver, struct tasks *tasks, struct err *err)
{
	unsigned step;

	if (!reads_context(tasks))
		return lookup_describe(solver, tasks, err);
	step = monitor_add_step(solver->monitor, "[internal] load build context");
	monitor_step(solver->monitor, step, EVENT_STEP_STARTED);
	if (lookup_describe(solver, tasks, err) < 0)
		return solver_report_failure(solver, step, err);
	monitor_step(solver->monitor, step, EVENT_STEP_DONE);
	return 0;
}

/* --- what has to be done --- */

static bool is_to_do(const struct vertex *vertex)
{
	return vertex->needed && vertex->state == VERTEX_PENDING;
}

/* A foreign step that cannot run is found out before anything runs. */
static int check_emulation(struct tasks *tasks, struct err *err)
{
	VEC_FOREACH(task, tasks) {
		const struct vertex *vertex = task->vertex;
		struct emulation emulation = { .interpreter = NULL };

		if (vertex->kind != VERTEX_RUN || !is_to_do(vertex))
			continue;
		if (emulation_find(vertex->platform.arch, vertex->platform.variant, &emulation,
				   err) < 0) {
			(void)err_wrap(err, "%s", vertex->title);
			return vertex_error(vertex, err);
		}
		emulation_release(&emulation);
	}
	return 0;
}

static void announce_platform(struct solver *solver, const struct vertex *vertex)
{
	bool is_emulated = vertex->kind == VERTEX_RUN && !platform_is_native(&vertex->platform);
	char platform[PLATFORM_TEXT_MAX];

	monitor_emit(solver->monitor,
		     &(struct event){ .kind = EVENT_STEP_PLATFORM,
				      .step = vertex->step,
				      .item = platform_format(&vertex->platform, platform),
				      .verb = is_emulated ? "emulated" : NULL });
}

/* When some of the work is done again, what has ended well still has. */
static bool is_announced(const struct vertex *vertex)
{
	return vertex->step > 0 &&
	       (is_source(vertex) || (vertex->has_ended && vertex->state != VERTEX_PENDING));
}

static void announce(struct solver *solver, struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		struct vertex *vertex = task->vertex;

		/* What no result needs is not mentioned, unless it is at hand. */
		if (vertex->kind == VERTEX_SCRATCH || vertex->twin ||
		    (!vertex->needed && vertex->state == VERTEX_PENDING) || is_announced(vertex))
			continue;
		vertex->has_ended = false;
		vertex->step =
			monitor_add_step(solver->monitor, "%s%s", vertex->prefix, vertex->title);
		announce_platform(solver, vertex);
	}
}

/* --- execution --- */

/* What there is where a step writes to; NULL = nothing. */
static int open_below(struct solver *solver, const struct vertex *vertex, struct tree **ret,
		      struct err *err)
{
	return vertex->parent->depth > 0 ? chain_view(solver, vertex->parent, ret, err) : 0;
}

static int execute_copy(struct solver *solver, struct task *task, bool *ret_changed,
			struct err *err)
{
	struct vertex *vertex = task->vertex;
	AUTO(tree_freep) struct tree *below = NULL;
	AUTO(layer_output_release) struct layer_output output = { .solver = solver };
	AUTO(made_layer_release) struct made_layer made = { .solver = solver, .vertex = vertex };
	struct selection *selection = &task->selection;

	if (!vertex->copy.link && open_below(solver, vertex, &below, err) < 0)
		return -1;
	if (vertex->copy.from && content_select(solver, task, err) < 0)
		return -1;
	if (selection_open_remote(selection, solver, &vertex->copy, err) < 0)
		return err_wrap(err, "ADD");
	if (layer_output_open(solver, vertex, &output, err) < 0 ||
	    copy_execute(solver, vertex, selection, below, layer_output_sink(&output),
			 vertex->forced ? NULL : &made, ret_changed, err) < 0)
		return -1;
	if (made.is_found) {
		vertex->state = VERTEX_CACHED;
		free(vertex->reason);
		vertex->reason = NULL;
		monitor_text(solver->monitor, vertex->step, EVENT_STEP_DETAIL,
			     "a layer with these files is there");
		return 0;
	}
	if (layer_output_finish(&output, vertex, err) < 0)
		return -1;
	return *ret_changed ? 0 : made_layer_put(&made, err);
}

static int execute_workdir(struct solver *solver, struct vertex *vertex, struct err *err)
{
	AUTO(tree_freep) struct tree *below = NULL;
	AUTO(layer_output_release) struct layer_output output = { .solver = solver };

	if (open_below(solver, vertex, &below, err) < 0 ||
	    layer_output_open(solver, vertex, &output, err) < 0 ||
	    workdir_execute(solver, vertex, below, layer_output_sink(&output), err) < 0)
		return -1;
	return layer_output_finish(&output, vertex, err);
}

/*
 * An image is fetched when it is part of a result, and unpacked when a step that will run reads its
 * files; one that may run unpacks it itself.
 */
static int carry_out_image(struct solver *solver, struct vertex *vertex, struct err *err)
{
	if (vertex->files_needed_now)
		return chain_prepare_image(solver, vertex, true, err);
	return vertex->exported ? chain_prepare_image(solver, vertex, false, err) : 0;
}

static int execute(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;
	bool changed = false;
	int result = 0;

	switch (vertex->kind) {
	case VERTEX_SCRATCH:
	case VERTEX_IMAGE: return 0;
	case VERTEX_RUN: result = run_execute(solver, vertex, &changed, err); break;
	case VERTEX_COPY: result = execute_copy(solver, task, &changed, err); break;
	case VERTEX_WORKDIR: result = execute_workdir(solver, vertex, err); break;
	}
	if (result < 0)
		return -1;
	if (vertex->state == VERTEX_PENDING) {
		vertex->state = VERTEX_DONE;
		vertex->was_executed = true;
	}
	key_set_chain(vertex);
	vertex->is_unrecorded = changed;
	return changed ? 0 : lookup_record(solver, task, err);
}

/* What it is made from is there by now: that, or the files that it reads, may be known. */
static int look_again(struct solver *solver, struct task *task, struct err *err)
{
	bool found = false;

	if (task->vertex->forced)
		return 0;
	if (lookup_by_result(solver, task, &found, err) < 0)
		return -1;
	if (found || reading_count(task->vertex) == 0)
		return 0;
	if (!task->contents && content_compute(solver, task, err) < 0)
		return -1;
	return lookup_by_content(solver, task, &found, err);
}

static int find_or_execute(struct solver *solver, struct task *task, struct err *err)
{
	if (monitor_check(solver->monitor, err) < 0 || look_again(solver, task, err) < 0)
		return -1;
	if (task->vertex->state != VERTEX_PENDING)
		return 0;
	explain_miss(solver->explain, task);
	return execute(solver, task, err);
}

/* An image has to be whole in the store, also with layers out of other caches. */
static int fetch_exported(struct solver *solver, const struct task *task, struct err *err)
{
	const struct vertex *vertex = task->vertex;

	if (vertex->state != VERTEX_CACHED || !vertex->exported || !vertex->origin ||
	    store_has_blob(solver->store, &vertex->layer.blob.digest, NULL))
		return 0;
	return chain_fetch_made(solver, vertex, err) < 0 ? -1 : lookup_record(solver, task, err);
}

static int carry_out_step(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;
	int result = 0;

	if (vertex->state == VERTEX_PENDING) {
		monitor_step(solver->monitor, vertex->step, EVENT_STEP_STARTED);
		result = find_or_execute(solver, task, err);
	} else {
		key_set_chain(vertex); /* what is below it may have been built since */
	}
	if (result == 0)
		result = fetch_exported(solver, task, err);
	if (result < 0) {
		(void)vertex_error(vertex, err);
		return solver_report_failure(solver, vertex->step, err);
	}
	if (!vertex->has_ended)
		monitor_step(solver->monitor, vertex->step,
			     vertex->state == VERTEX_CACHED ? EVENT_STEP_CACHED : EVENT_STEP_DONE);
	vertex->has_ended = true;
	return 0;
}

static int carry_out(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;

	if (vertex->kind == VERTEX_SCRATCH || vertex->twin)
		return 0;
	if (!vertex->needed && vertex->state == VERTEX_PENDING)
		return 0;
	if (is_source(vertex))
		return carry_out_image(solver, vertex, err);
	return carry_out_step(solver, task, err);
}

/* Of images that nobody needed the files of nothing was said yet. */
static void end_images(struct solver *solver, const struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		const struct vertex *vertex = task->vertex;

		if (vertex->kind == VERTEX_IMAGE && !vertex->was_shown)
			monitor_step(solver->monitor, vertex->step, EVENT_STEP_CACHED);
	}
}

/* --- all of it --- */

struct run {
	struct solver *solver;
	struct tasks *tasks;
	struct stop *stop;
};

static int run_task(void *arg, size_t item, struct err *err)
{
	struct run *run = arg;

	return carry_out(run->solver, &run->tasks->items[item], err) == 0
		       ? 0
		       : store_explain_failure(run->solver->store, err);
}

static void stop_tasks(void *arg)
{
	stop_now(((struct run *)arg)->stop);
}

/*
 * What a step will take, in milliseconds: what it took the last time, or a guess. What is emulated is taken for ten times
 * its time on a processor of its own, and is so begun early: a build for several platforms must not end with waiting for it
 * alone.
 */
static unsigned cost_of(struct solver *solver, const struct vertex *vertex)
{
	unsigned took;

	if (!is_to_do(vertex))
		return vertex->files_needed_now && is_source(vertex) ? 500 : 0;
	if (vertex->kind != VERTEX_RUN)
		return 100;
	took = explain_took_ms(solver->explain, vertex);
	if (took > 0)
		return took;
	return platform_is_native(&vertex->platform) ? 1000 : 10000;
}

static struct schedule *make_schedule(struct solver *solver, const struct tasks *tasks)
{
	struct schedule *schedule = schedule_new(tasks->len);

	for (size_t i = 0; i < tasks->len; i++) {
		const struct vertex *vertex = tasks->items[i].vertex;

		if (vertex->twin)
			continue;
		schedule_set_cost(schedule, i, cost_of(solver, vertex));
		if (vertex->parent)
			schedule_add_dependency(schedule, i, vertex_result(vertex->parent)->index);
		VEC_FOREACH(input, &vertex->inputs)
			schedule_add_dependency(schedule, i, vertex_result(*input)->index);
	}
	return schedule;
}

static unsigned job_count(const struct solver *solver)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (solver->jobs > 0)
		return solver->jobs;
	return processors > 0 ? (unsigned)processors : 1;
}

static int carry_out_all(struct solver *solver, struct tasks *tasks, struct err *err)
{
	AUTO(stop_release) struct stop stop = STOP_INIT;
	AUTO(schedule_freep) struct schedule *schedule = NULL;
	const struct monitor *monitor = solver->monitor;
	struct run run = { .solver = solver, .tasks = tasks, .stop = &stop };
	int result;

	if (stop_open(&stop, monitor, err) < 0)
		return -1;
	solver->monitor = &stop.monitor;
	pthread_mutex_init(&solver->lock, NULL);
	pthread_cond_init(&solver->made, NULL);
	pthread_mutex_init(&solver->unpacking, NULL);
	schedule = make_schedule(solver, tasks);
	result = schedule_run(schedule, job_count(solver), run_task, stop_tasks, &run, err);
	if (result == 0)
		end_images(solver, tasks);
	pthread_mutex_destroy(&solver->unpacking);
	pthread_mutex_destroy(&solver->lock);
	pthread_cond_destroy(&solver->made);
	strvec_release(&solver->making);
	solver->monitor = monitor;
	return result;
}

static void say_reasons(struct solver *solver, const struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		const struct vertex *vertex = task->vertex;

		if (vertex->reason)
			monitor_text(solver->monitor, 0, EVENT_INFO, "cache miss: %s%s: %s",
				     vertex->prefix, vertex->title, vertex->reason);
	}
}

static int look_up_and_carry_out(struct solver *solver, struct tasks *tasks, struct err *err)
{
	if (lookup_all(solver, tasks, err) < 0 || check_emulation(tasks, err) < 0)
		return -1;
	announce(solver, tasks);
	return carry_out_all(solver, tasks, err);
}

/*
 * Layers of other caches are fetched when they are needed, and may be gone by then. What stands on one is looked up anew
 * without it; what was done meanwhile is found in the store.
 */
static int carry_out_without_losses(struct solver *solver, struct tasks *tasks, struct err *err)
{
	for (;;) {
		AUTO(err_release) struct err problem = ERR_INIT;

		if (look_up_and_carry_out(solver, tasks, &problem) == 0)
			return 0;
		if (problem.kind != ERR_CANCELLED || monitor_is_cancelled(solver->monitor) ||
		    !atomic_exchange(&solver->has_lost_layer, false)) {
			if (err)
				err_move(err, &problem);
			return -1;
		}
		VEC_FOREACH(task, tasks)
			task_forget_reading(task);
	}
}

/* Also what a build that failed has done is remembered: the next one goes on from there. */
static int solve(struct solver *solver, struct tasks *tasks, struct err *err)
{
	int result;

	if (load_context(solver, tasks, err) < 0)
		return -1;
	result = carry_out_without_losses(solver, tasks, err);
	if (explain_save(solver->explain, result == 0 ? err : NULL) < 0)
		result = -1;
	if (solver->explains)
		say_reasons(solver, tasks);
	return result;
}

void solver_release(struct solver *solver)
{
	cache_imports_freep(&solver->imports);
}

int solver_run(struct solver *solver, struct graph *graph, struct err *err)
{
	AUTO(tasks_release) struct tasks tasks = { .items = NULL };
	int result;

	VEC_FOREACH(vertex, &graph->vertices)
		VEC_ADD(&tasks)->vertex = *vertex; /* at its index */
	solver->explain = explain_new(solver, &tasks);
	result = solve(solver, &tasks, err);
	explain_freep(&solver->explain);
	return result;
}
