#include "content.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/str.h"
#include "chain.h"
#include "key.h"

#define CONTENT_SPACE "content"

void task_forget_reading(struct task *task)
{
	if (task->vertex->kind == VERTEX_COPY && task->vertex->copy.from)
		selection_release(&task->selection);
	tree_freep(&task->from);
	free(task->contents);
	task->contents = NULL;
}

void tasks_release(struct tasks *tasks)
{
	VEC_FOREACH(task, tasks) {
		selection_release(&task->selection);
		tree_freep(&task->from);
		free(task->contents);
	}
	free(tasks->items);
}

/* Files of a layer never change: a content is the file system's and the choice's. */
static void name_content(const struct reading *reading, struct digest *ret)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_addf(&text, "%s\n", vertex_result(reading->from)->chain.text);
	reading_describe(reading, &text);
	digest_of(text.ptr, text.len, ret);
}

static int recall(struct solver *solver, const struct reading *reading, struct digest *ret,
		  bool *ret_known, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct digest name;

	name_content(reading, &name);
	if (store_cache_get(solver->store, CONTENT_SPACE, name.text, &text, ret_known, err) < 0)
		return -1;
	*ret_known = *ret_known && digest_parse(text.ptr, ret, NULL) == 0;
	return 0;
}

int content_recall(struct solver *solver, struct task *task, bool *ret_known, struct err *err)
{
	size_t count = reading_count(task->vertex);
	AUTO(freep) struct digest *contents = xcalloc(count + 1, sizeof(*contents));

	*ret_known = true;
	for (size_t i = 0; i < count && *ret_known; i++) {
		const struct reading reading = reading_of(task->vertex, i);

		if (recall(solver, &reading, &contents[i], ret_known, err) < 0)
			return -1;
	}
	if (*ret_known && !task->contents)
		task->contents = TAKE(contents);
	return 0;
}

int content_select(struct solver *solver, struct task *task, struct err *err)
{
	struct vertex *vertex = task->vertex;

	if (task->from || task->selection.tree)
		return 0;
	if (chain_view(solver, vertex->copy.from, &task->from, err) < 0)
		return -1;
	if (selection_make(task->from, &vertex->copy, vertex->file, solver->monitor,
			   &task->selection, err) < 0)
		return err_wrap(err, "COPY");
	return 0;
}

static int digest_selection(const struct selection *selection, bool with_owner, struct digest *ret,
			    struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (selection_describe(selection, with_owner, NULL, &text, err) < 0)
		return -1;
	digest_of(text.ptr, text.len, ret);
	return 0;
}

static int digest_mounted(struct solver *solver, const struct vertex *vertex,
			  const struct run_mount *mount, struct digest *ret, struct err *err)
{
	AUTO(tree_freep) struct tree *from = NULL;
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	struct copy_argument argument = { .path = mount->source };
	struct copy_vertex copy = { .arguments = { .items = &argument, .len = 1 },
				    .from_name = mount->from_name };

	if (chain_view(solver, mount->from, &from, err) < 0)
		return -1;
	if (selection_make(from, &copy, vertex->file, solver->monitor, &selection, err) < 0)
		return err_wrap(err, "--mount");
	return digest_selection(&selection, true, ret, err);
}

static int digest_reading(struct solver *solver, struct task *task, const struct reading *reading,
			  struct digest *ret, struct err *err)
{
	if (reading->mount)
		return digest_mounted(solver, task->vertex, reading->mount, ret, err);
	if (content_select(solver, task, err) < 0)
		return -1;
	return digest_selection(&task->selection, !reading->copy->chown, ret, err);
}

int content_compute(struct solver *solver, struct task *task, struct err *err)
{
	size_t count = reading_count(task->vertex);
	AUTO(freep) struct digest *contents = xcalloc(count + 1, sizeof(*contents));

	for (size_t i = 0; i < count && !task->contents; i++) {
		const struct reading reading = reading_of(task->vertex, i);
		bool known = false;
		struct digest name;

		if (recall(solver, &reading, &contents[i], &known, err) < 0)
			return -1;
		if (known)
			continue;
		name_content(&reading, &name);
		if (digest_reading(solver, task, &reading, &contents[i], err) < 0 ||
		    store_cache_put(solver->store, CONTENT_SPACE, name.text, contents[i].text,
				    err) < 0)
			return -1;
	}
	if (!task->contents)
		task->contents = TAKE(contents);
	return 0;
}
