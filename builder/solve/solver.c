#include "solve/solver.h"

#include <stdlib.h>
#include <unistd.h>

#include "add_source.h"
#include "base/alloc.h"
#include "base/map.h"
#include "chain.h"
#include "copy_step.h"
#include "key.h"
#include "layer_output.h"
#include "missing.h"
#include "record.h"
#include "run_step.h"
#include "sandbox/emulation.h"
#include "schedule.h"
#include "stop.h"
#include "workdir_step.h"

/* What belongs to one vertex while the graph is carried out. */
struct task {
	struct vertex *vertex;
	struct selection selection; /* COPY from the context: what its key was computed from */
};

struct tasks {
	struct task *items;
	size_t len, cap;
};

static void tasks_release(struct tasks *tasks)
{
	VEC_FOREACH(task, tasks)
		selection_release(&task->selection);
	free(tasks->items);
}

static bool is_source(const struct vertex *vertex)
{
	return !vertex->parent;
}

static int report_failure(const struct solver *solver, unsigned step, const struct err *err)
{
	if (err && err->kind == ERR_CANCELLED)
		monitor_step(solver->monitor, step, EVENT_STEP_CANCELLED);
	else
		monitor_text(solver->monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
	return -1;
}

/* --- keys and cache --- */

static int resolve_remote(struct solver *solver, const struct vertex *vertex, struct err *err)
{
	VEC_FOREACH(argument, &vertex->copy.arguments) {
		if (!argument->remote || add_source_resolve(solver, argument->remote, err) == 0)
			continue;
		if (err && !err->span.line)
			(void)err_at(err, vertex->file, argument->place.line,
				     argument->place.column, argument->place.length);
		return -1;
	}
	return 0;
}

static int select_files(struct solver *solver, struct task *task, struct err *err)
{
	const struct vertex *vertex = task->vertex;

	if (vertex->kind != VERTEX_COPY || vertex->copy.from)
		return 0;
	if (selection_make(vertex_files(vertex, vertex->copy.files)->tree, &vertex->copy,
			   vertex->file, &task->selection, err) == 0 &&
	    resolve_remote(solver, vertex, err) == 0)
		return 0;
	missing_explain(vertex, err);
	return err_wrap(err, "%s", instruction_name(vertex->instruction->kind));
}

static bool is_anew(const struct vertex *vertex)
{
	if (vertex->settings->no_cache || vertex->parent->is_anew)
		return true;
	VEC_FOREACH(input, &vertex->inputs) {
		if ((*input)->is_anew)
			return true;
	}
	return false;
}

/*
 * A step that has the cache's leave and one that has not are no twins, even with the same key: whoever
 * wants it anew must not get the other's.
 */
static void find_twin(const struct task *task, const struct tasks *tasks, struct strmap *seen)
{
	struct vertex *vertex = task->vertex;
	AUTO(freep) char *record = record_name(vertex);
	AUTO(freep) char *name = xasprintf("%s%s", vertex->is_anew ? "anew " : "", record);
	AUTO(freep) char *index = xasprintf("%zu", (size_t)(task - tasks->items));
	const char *first = strmap_get(seen, name);

	if (first)
		vertex->twin = tasks->items[strtoul(first, NULL, 10)].vertex;
	else
		strmap_set(seen, name, index);
}

static int compute_key(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;

	if (select_files(solver, task, err) < 0 ||
	    key_compute(solver, vertex, task->selection.tree ? &task->selection : NULL, err) < 0)
		return vertex_error(vertex, err);
	if (!is_source(vertex))
		vertex->is_anew = is_anew(vertex);
	return 0;
}

static bool inputs_are_cached(const struct vertex *vertex)
{
	VEC_FOREACH(input, &vertex->inputs) {
		if (vertex_result(*input)->state != VERTEX_CACHED)
			return false;
	}
	return vertex_result(vertex->parent)->state == VERTEX_CACHED;
}

/*
 * A record counts only when all below it were found as well: a step that is executed anew may come
 * out differently, and what was once built on it does not fit it.
 */
static int look_up(struct solver *solver, struct vertex *vertex, struct err *err)
{
	bool found = false;

	if (is_source(vertex)) {
		vertex->state = VERTEX_CACHED;
		return 0;
	}
	if (vertex->twin || vertex->is_anew || !inputs_are_cached(vertex))
		return 0;
	if (record_find(solver, vertex, &found, err) < 0)
		return vertex_error(vertex, err);
	if (found)
		vertex->state = VERTEX_CACHED;
	return 0;
}

/* Now rather than when all is done: a build that fails has read its files all the same. */
static int save_hashes(const struct vertex *vertex, const struct context_files *named,
		       struct err *err)
{
	struct hash_cache *hashes = vertex_files(vertex, named)->hashes;

	return hashes ? hash_cache_save(hashes, err) : 0;
}

static int save_all_hashes(const struct tasks *tasks, struct err *err)
{
	VEC_FOREACH(task, tasks) {
		const struct vertex *vertex = task->vertex;

		if (vertex->kind == VERTEX_COPY && !vertex->copy.from &&
		    save_hashes(vertex, vertex->copy.files, err) < 0)
			return -1;
		if (vertex->kind != VERTEX_RUN)
			continue;
		VEC_FOREACH(mount, &vertex->run.mounts) {
			if (mount->type == MOUNT_BIND && !mount->from &&
			    save_hashes(vertex, mount->files, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int find_cached(struct solver *solver, struct tasks *tasks, struct err *err)
{
	AUTO(strmap_release) struct strmap seen = STRMAP_INIT;

	VEC_FOREACH(task, tasks) {
		if (monitor_check(solver->monitor, err) < 0 || compute_key(solver, task, err) < 0)
			return -1;
		if (!is_source(task->vertex))
			find_twin(task, tasks, &seen);
		if (look_up(solver, task->vertex, err) < 0)
			return -1;
	}
	return save_all_hashes(tasks, err);
}

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
		return find_cached(solver, tasks, err);
	step = monitor_add_step(solver->monitor, "[internal] load build context");
	monitor_step(solver->monitor, step, EVENT_STEP_STARTED);
	if (find_cached(solver, tasks, err) < 0)
		return report_failure(solver, step, err);
	monitor_step(solver->monitor, step, EVENT_STEP_DONE);
	return 0;
}

/* --- what has to be done --- */

static void want_files(struct vertex *vertex)
{
	for (; vertex; vertex = vertex->parent) {
		vertex->files_wanted = true;
		vertex_result(vertex)->files_wanted = true;
	}
}

static void mark_wanted(struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		const struct vertex *vertex = task->vertex;

		if (vertex->state == VERTEX_CACHED || vertex->twin)
			continue;
		VEC_FOREACH(input, &vertex->inputs)
			want_files(*input);
		if (vertex->kind != VERTEX_COPY || !vertex->copy.link)
			want_files(vertex->parent);
	}
}

/* A foreign step that cannot run is found out before anything runs. */
static int check_emulation(struct tasks *tasks, struct err *err)
{
	VEC_FOREACH(task, tasks) {
		const struct vertex *vertex = task->vertex;
		struct emulation emulation = { .interpreter = NULL };

		if (vertex->kind != VERTEX_RUN || vertex->state == VERTEX_CACHED || vertex->twin)
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

static void announce(struct solver *solver, struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		struct vertex *vertex = task->vertex;

		if (vertex->kind == VERTEX_SCRATCH || vertex->twin)
			continue;
		vertex->step =
			monitor_add_step(solver->monitor, "%s%s", vertex->prefix, vertex->title);
	}
}

/* --- execution --- */

static int execute_copy(struct solver *solver, struct task *task, bool *ret_changed,
			struct err *err)
{
	struct vertex *vertex = task->vertex;
	AUTO(tree_freep) struct tree *below = NULL;
	AUTO(tree_freep) struct tree *from = NULL;
	AUTO(selection_release) struct selection selected = { .tree = NULL };
	AUTO(layer_output_release) struct layer_output output = { .solver = solver };
	struct selection *selection = &task->selection;

	if (!vertex->copy.link && chain_view(solver, vertex->parent, &below, err) < 0)
		return -1;
	if (vertex->copy.from) {
		selection = &selected;
		if (chain_view(solver, vertex->copy.from, &from, err) < 0)
			return -1;
		if (selection_make(from, &vertex->copy, vertex->file, selection, err) < 0)
			return err_wrap(err, "COPY");
	}
	if (selection_open_remote(selection, solver, &vertex->copy, err) < 0)
		return err_wrap(err, "ADD");
	if (layer_output_open(solver, vertex, &output, err) < 0 ||
	    copy_execute(solver, vertex, selection, below, layer_output_sink(&output), ret_changed,
			 err) < 0)
		return -1;
	return layer_output_finish(&output, vertex, err);
}

static int execute_workdir(struct solver *solver, struct vertex *vertex, struct err *err)
{
	AUTO(tree_freep) struct tree *below = NULL;
	AUTO(layer_output_release) struct layer_output output = { .solver = solver };

	if (chain_view(solver, vertex->parent, &below, err) < 0 ||
	    layer_output_open(solver, vertex, &output, err) < 0 ||
	    workdir_execute(solver, vertex, below, layer_output_sink(&output), err) < 0)
		return -1;
	return layer_output_finish(&output, vertex, err);
}

/* An image is fetched when it is part of a result, and unpacked when its files are wanted. */
static int execute_image(struct solver *solver, struct vertex *vertex, struct err *err)
{
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;
	AUTO(chain_release) struct chain chain = { .items = NULL };

	if (vertex->files_wanted && chain_unpack(solver, vertex, &lowers, err) < 0)
		return -1;
	if (!vertex->exported)
		return 0;
	chain_of(vertex, &chain);
	return chain_fetch(solver, &chain, err);
}

static bool has_work(struct solver *solver, struct vertex *vertex)
{
	AUTO(chain_release) struct chain chain = { .items = NULL };

	if (!is_source(vertex))
		return vertex->state != VERTEX_CACHED;
	if (!vertex->files_wanted && !vertex->exported)
		return false;
	chain_of(vertex, &chain);
	return !chain_is_ready(solver, &chain, vertex->files_wanted);
}

static void count(struct solver *solver, const struct vertex *vertex)
{
	pthread_mutex_lock(&solver->lock);
	if (vertex->state == VERTEX_DONE)
		solver->executed_steps++;
	else if (!is_source(vertex))
		solver->cached_steps++;
	if (vertex->emulated)
		solver->emulated_ns += vertex->elapsed_ns;
	pthread_mutex_unlock(&solver->lock);
}

static int execute(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;
	bool changed = false;
	int result = 0;

	switch (vertex->kind) {
	case VERTEX_SCRATCH: return 0;
	case VERTEX_IMAGE: return execute_image(solver, vertex, err);
	case VERTEX_RUN: result = run_execute(solver, vertex, &changed, err); break;
	case VERTEX_COPY: result = execute_copy(solver, task, &changed, err); break;
	case VERTEX_WORKDIR: result = execute_workdir(solver, vertex, err); break;
	}
	if (result < 0)
		return -1;
	vertex->state = VERTEX_DONE;
	count(solver, vertex);
	return changed ? 0 : record_put(solver, vertex, err);
}

static int carry_out(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;

	if (vertex->kind == VERTEX_SCRATCH || vertex->twin)
		return 0;
	if (!has_work(solver, vertex)) {
		count(solver, vertex);
		monitor_step(solver->monitor, vertex->step, EVENT_STEP_CACHED);
		return 0;
	}
	if (monitor_check(solver->monitor, err) < 0)
		return report_failure(solver, vertex->step, err);
	monitor_step(solver->monitor, vertex->step, EVENT_STEP_STARTED);
	if (execute(solver, task, err) < 0) {
		(void)vertex_error(vertex, err);
		return report_failure(solver, vertex->step, err);
	}
	monitor_step(solver->monitor, vertex->step, EVENT_STEP_DONE);
	return 0;
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

	return carry_out(run->solver, &run->tasks->items[item], err);
}

static void stop_tasks(void *arg)
{
	stop_now(((struct run *)arg)->stop);
}

static size_t task_of(const struct tasks *tasks, struct vertex *vertex)
{
	const struct vertex *result = vertex_result(vertex);
	size_t i = 0;

	while (tasks->items[i].vertex != result)
		i++;
	return i;
}

static struct schedule *make_schedule(const struct tasks *tasks)
{
	struct schedule *schedule = schedule_new(tasks->len);

	for (size_t i = 0; i < tasks->len; i++) {
		const struct vertex *vertex = tasks->items[i].vertex;

		if (vertex->twin)
			continue;
		if (vertex->parent)
			schedule_add_dependency(schedule, i, task_of(tasks, vertex->parent));
		VEC_FOREACH(input, &vertex->inputs)
			schedule_add_dependency(schedule, i, task_of(tasks, *input));
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
	pthread_mutex_init(&solver->unpacking, NULL);
	schedule = make_schedule(tasks);
	result = schedule_run(schedule, job_count(solver), run_task, stop_tasks, &run, err);
	pthread_mutex_destroy(&solver->unpacking);
	pthread_mutex_destroy(&solver->lock);
	solver->monitor = monitor;
	return result;
}

int solver_run(struct solver *solver, struct graph *graph, struct err *err)
{
	AUTO(tasks_release) struct tasks tasks = { .items = NULL };

	VEC_FOREACH(vertex, &graph->vertices)
		VEC_ADD(&tasks)->vertex = *vertex;
	if (load_context(solver, &tasks, err) < 0)
		return -1;
	mark_wanted(&tasks);
	if (check_emulation(&tasks, err) < 0)
		return -1;
	announce(solver, &tasks);
	return carry_out_all(solver, &tasks, err);
}
