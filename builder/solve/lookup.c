#include "lookup.h"

#include <stdlib.h>
#include <strings.h>

#include "add_source.h"
#include "base/alloc.h"
#include "base/map.h"
#include "cache_import.h"
#include "content.h"
#include "copy_memory.h"
#include "explain.h"
#include "key.h"
#include "missing.h"
#include "record.h"

static bool is_source(const struct vertex *vertex)
{
	return !vertex->parent;
}

/* --- definitions --- */

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
			   vertex->file, solver->monitor, &task->selection, err) == 0 &&
	    resolve_remote(solver, vertex, err) == 0)
		return 0;
	missing_explain(vertex, err);
	return err_wrap(err, "%s", instruction_name(vertex->instruction->kind));
}

/* --no-cache-filter knows stages by name or number. */
static bool is_named(const struct strvec *stages, const struct stage *stage)
{
	for (size_t i = 0; stages && stage && i < stages->len; i++) {
		AUTO(freep) char *number = xasprintf("%u", stage->index);

		if (str_eq(stages->items[i], number) ||
		    (stage->name && strcasecmp(stages->items[i], stage->name) == 0))
			return true;
	}
	return false;
}

static bool sees_uncached_volume(const struct vertex *vertex)
{
	const struct step_volumes *volumes = vertex->settings->volumes;

	for (size_t i = 0; vertex->kind == VERTEX_RUN && volumes && i < volumes->len; i++) {
		if (volumes->items[i].cache == VOLUME_NEVER)
			return true;
	}
	return false;
}

static void set_forced(struct vertex *vertex)
{
	const struct step_settings *settings = vertex->settings;

	vertex->forced = settings->no_cache || is_named(settings->no_cache_stages, vertex->stage) ||
			 sees_uncached_volume(vertex);
	vertex->stands_on_forced = vertex->forced || vertex->parent->stands_on_forced;
	VEC_FOREACH(input, &vertex->inputs)
		vertex->stands_on_forced |= (*input)->stands_on_forced;
}

static void be_twin(struct vertex *vertex, struct vertex *other)
{
	vertex->twin = other;
	other->exported |= vertex->exported;
	other->is_result |= vertex->is_result;
}

/*
 * A step that has the cache's leave and one that has not are no twins, even when they are the same:
 * whoever wants it anew must not get the other's.
 */
static void find_twin(const struct task *task, const struct tasks *tasks, struct strmap *seen)
{
	struct vertex *vertex = task->vertex;
	AUTO(str_release) struct str name = STR_INIT;
	AUTO(freep) char *index = xasprintf("%zu", (size_t)(task - tasks->items));
	const char *first;

	str_addf(&name, "%d %s", vertex->stands_on_forced, vertex->whole.text);
	first = strmap_get(seen, name.ptr);
	if (first)
		be_twin(vertex, tasks->items[strtoul(first, NULL, 10)].vertex);
	else
		strmap_set(seen, name.ptr, index);
}

static const struct selection *selection_of(const struct task *task)
{
	const struct vertex *vertex = task->vertex;

	return vertex->kind == VERTEX_COPY && !vertex->copy.from ? &task->selection : NULL;
}

static int define(struct solver *solver, const struct task *task, struct err *err)
{
	const struct selection *selection = selection_of(task);
	struct copy_memory memory;
	struct digest own;
	bool found = false;

	copy_memory_look(task->vertex, selection, &memory);
	if (copy_memory_recall(&memory, solver, &own, &found, err) < 0)
		return -1;
	if (found) {
		key_set_own(task->vertex, &own);
		return 0;
	}
	if (key_describe(solver, task->vertex, selection, err) < 0)
		return -1;
	return copy_memory_put(&memory, solver, task->vertex, selection, err);
}

static int describe(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;

	if (select_files(solver, task, err) < 0 || define(solver, task, err) < 0)
		return vertex_error(vertex, err);
	if (is_source(vertex)) {
		vertex->state = VERTEX_CACHED;
		key_set_chain(vertex);
	} else {
		set_forced(vertex);
	}
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

int lookup_describe(struct solver *solver, struct tasks *tasks, struct err *err)
{
	AUTO(strmap_release) struct strmap seen = STRMAP_INIT;

	VEC_FOREACH(task, tasks) {
		if (monitor_check(solver->monitor, err) < 0 || describe(solver, task, err) < 0)
			return -1;
		if (!is_source(task->vertex))
			find_twin(task, tasks, &seen);
	}
	return save_all_hashes(tasks, err);
}

/*
 * Once something is to be carried out: what was remembered of COPYs is made whole, for explain.h, and for whoever asks
 * for the hash of a file.
 */
static int define_recalled(struct solver *solver, struct tasks *tasks, struct err *err)
{
	VEC_FOREACH(task, tasks) {
		if (task->vertex->definition.len == 0 &&
		    key_define(solver, task->vertex, selection_of(task), err) < 0)
			return vertex_error(task->vertex, err);
	}
	return save_all_hashes(tasks, err);
}

/* --- one vertex --- */

static bool is_known(struct vertex *vertex)
{
	return vertex_result(vertex)->state != VERTEX_PENDING;
}

static bool are_readings_known(const struct vertex *vertex)
{
	for (size_t i = 0; i < reading_count(vertex); i++) {
		if (!is_known(reading_of(vertex, i).from))
			return false;
	}
	return true;
}

static int find(struct solver *solver, struct vertex *vertex, enum key_kind kind,
		const struct digest *contents, bool *ret_found, struct err *err)
{
	struct digest key;

	key_make(vertex, kind, contents, &key);
	if (record_find(solver, vertex, &key, ret_found, err) < 0)
		return vertex_error(vertex, err);
	if (!*ret_found)
		*ret_found = cache_imports_find(solver->imports, &key, vertex);
	if (*ret_found) {
		vertex->state = vertex->was_executed ? VERTEX_DONE : VERTEX_CACHED;
		key_set_chain(vertex);
	}
	return 0;
}

int lookup_by_content(struct solver *solver, struct task *task, bool *ret_found, struct err *err)
{
	if (find(solver, task->vertex, KEY_BY_CONTENT, task->contents, ret_found, err) < 0)
		return -1;
	/* Found faster the next time. */
	return *ret_found && !task->vertex->origin ? lookup_record(solver, task, err) : 0;
}

int lookup_by_result(struct solver *solver, struct task *task, bool *ret_found, struct err *err)
{
	struct vertex *vertex = task->vertex;
	bool known = false;

	if (find(solver, vertex, KEY_BY_RESULT, NULL, ret_found, err) < 0)
		return -1;
	if (*ret_found || reading_count(vertex) == 0)
		return 0;
	if (content_recall(solver, task, &known, err) < 0)
		return -1;
	return known ? lookup_by_content(solver, task, ret_found, err) : 0;
}

static int put(struct solver *solver, const struct task *task, enum key_kind kind, struct err *err)
{
	struct digest key;

	key_make(task->vertex, kind, task->contents, &key);
	return record_put(solver, task->vertex, &key, err);
}

int lookup_record(struct solver *solver, const struct task *task, struct err *err)
{
	if (!are_readings_known(task->vertex))
		return put(solver, task, KEY_BY_DEFINITION, err);
	if (put(solver, task, KEY_BY_RESULT, err) < 0)
		return -1;
	if (reading_count(task->vertex) == 0)
		return 0;
	if (put(solver, task, KEY_BY_DEFINITION, err) < 0)
		return -1;
	return task->contents ? put(solver, task, KEY_BY_CONTENT, err) : 0;
}

static int look_up(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;
	bool found = false;

	if (is_source(vertex) || vertex->twin || vertex->forced || !is_known(vertex->parent))
		return 0;
	if (are_readings_known(vertex))
		return lookup_by_result(solver, task, &found, err);
	if (vertex->is_strict || vertex->stands_on_forced)
		return 0;
	if (find(solver, vertex, KEY_BY_DEFINITION, NULL, &found, err) < 0)
		return -1;
	vertex->is_assumed = found;
	return 0;
}

/* --- what has to be done --- */

static void need(struct vertex *vertex)
{
	vertex = vertex_result(vertex);
	if (vertex->needed)
		return;
	vertex->needed = true;
	if (vertex->parent)
		need(vertex->parent);
	if (vertex->state != VERTEX_PENDING)
		return;
	VEC_FOREACH(input, &vertex->inputs)
		need(*input);
}

/*
 * A step that is executed anew may come out differently, and what was once copied from it does not
 * fit then: it is found by definition only as long as nobody needs what it was copied from.
 */
static bool contradicts(const struct vertex *vertex)
{
	for (size_t i = 0; vertex->is_assumed && i < reading_count(vertex); i++) {
		struct vertex *from = vertex_result(reading_of(vertex, i).from);

		if (from->state == VERTEX_PENDING
			    ? from->needed
			    : i >= vertex->assumed.len ||
				      !str_eq(vertex->assumed.items[i], from->chain.text))
			return true;
	}
	return false;
}

static void forget(struct vertex *vertex)
{
	vertex->needed = false;
	vertex->is_assumed = false;
	vertex->origin = NULL;
	if (is_source(vertex) || vertex->state == VERTEX_PENDING)
		return;
	/* no look-up would find it */
	if (vertex->was_executed && vertex->forced)
		return;
	vertex->state = VERTEX_PENDING;
	layer_release(&vertex->layer);
	vertex->layer = (struct layer){ .uncompressed_size = 0 };
}

static bool find_contradictions(const struct tasks *tasks)
{
	bool found = false;

	VEC_FOREACH(task, tasks) {
		if (!task->vertex->needed || !contradicts(task->vertex))
			continue;
		task->vertex->is_strict = true;
		found = true;
	}
	return found;
}

static int look_up_all(struct solver *solver, struct tasks *tasks, struct err *err)
{
	VEC_FOREACH(task, tasks)
		forget(task->vertex);
	VEC_FOREACH(task, tasks) {
		if (look_up(solver, task, err) < 0)
			return -1;
	}
	VEC_FOREACH(task, tasks) {
		if (task->vertex->is_result)
			need(task->vertex);
	}
	return 0;
}

static void want_files(struct vertex *vertex, bool now)
{
	for (; vertex; vertex = vertex->parent) {
		struct vertex *result = vertex_result(vertex);

		vertex->files_wanted = result->files_wanted = true;
		vertex->files_needed_now |= now;
		result->files_needed_now |= now;
	}
}

/* Will it be executed, whatever the steps before it make? What was never built cannot be found. */
static bool is_certain(const struct solver *solver, const struct vertex *vertex)
{
	bool is_new = !solver->imports && !explain_knows(solver->explain, vertex);

	return vertex->forced || is_new ||
	       (is_known(vertex->parent) && are_readings_known(vertex) &&
		reading_count(vertex) == 0);
}

static void mark_wanted(const struct solver *solver, const struct vertex *vertex)
{
	bool certain = is_certain(solver, vertex);

	for (size_t i = 0; i < reading_count(vertex); i++) {
		struct vertex *from = reading_of(vertex, i).from;

		want_files(from, certain || (is_known(vertex->parent) && is_known(from)));
	}
	if (vertex->kind != VERTEX_COPY || !vertex->copy.link)
		want_files(vertex->parent, certain);
}

static int look_up_until_sound(struct solver *solver, struct tasks *tasks, struct err *err)
{
	do {
		if (look_up_all(solver, tasks, err) < 0)
			return -1;
	} while (find_contradictions(tasks));
	return 0;
}

static bool is_to_do(const struct vertex *vertex)
{
	return vertex->needed && vertex->state == VERTEX_PENDING;
}

static bool is_something_missing(const struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		if (is_to_do(task->vertex) && !task->vertex->forced)
			return true;
	}
	return false;
}

static bool is_something_to_do(const struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		if (is_to_do(task->vertex))
			return true;
	}
	return false;
}

/* Other caches are asked only for what the store has not. */
static int look_elsewhere(struct solver *solver, struct tasks *tasks, struct err *err)
{
	if (solver->imports || !solver->cache_sources || solver->cache_sources->len == 0 ||
	    !is_something_missing(tasks))
		return 0;
	solver->imports = cache_imports_new();
	if (cache_imports_load(solver->imports, solver, solver->cache_sources, err) < 0)
		return -1;
	return look_up_until_sound(solver, tasks, err);
}

int lookup_all(struct solver *solver, struct tasks *tasks, struct err *err)
{
	if (look_up_until_sound(solver, tasks, err) < 0 || look_elsewhere(solver, tasks, err) < 0)
		return -1;
	if (is_something_to_do(tasks) && define_recalled(solver, tasks, err) < 0)
		return -1;
	VEC_FOREACH(task, tasks) {
		if (is_to_do(task->vertex))
			mark_wanted(solver, task->vertex);
	}
	return 0;
}
