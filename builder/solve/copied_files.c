#include "solve/copied_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/path.h"
#include "chain.h"
#include "context_reader.h"
#include "copied_index.h"
#include "copy_step.h"
#include "workdir_step.h"

/* So many new files are found a place for one by one; then all is listed anew. */
#define MADE_MAX 8
#define MORE_MAX 100 /* steps */

struct copied_step {
	struct vertex *vertex;
	struct selection selection;
	struct tree *from;     /* COPY --from: that file system */
	struct target *own;    /* COPY --link: what it makes by itself */
	struct target *target; /* what it makes of the step before */
};

struct copied_files {
	struct solver solver;
	struct tree *below; /* what the first step stands on; NULL = nothing */
	struct {
		struct copied_step *items;
		size_t len, cap;
	} steps;
	struct context_readers readers; /* steps below and beside */
	struct {
		const struct context_files **items;
		size_t len, cap;
	} contexts; /* of all of them */
	struct {
		struct copied_step *items;
		size_t len, cap;
	} more; /* what came to the steps later, each for itself; see extend() */
	struct copied_index index;
	struct copied_list put;
	struct strvec gone;
	size_t lowest_layer;
};

static void clear_step(struct copied_step *step)
{
	target_freep(&step->target);
	target_freep(&step->own);
	if (!step->from)
		selection_release(&step->selection);
}

/* Those behind stand on those before. */
static void clear_more(struct copied_files *files)
{
	while (files->more.len > 0)
		clear_step(&files->more.items[--files->more.len]);
}

void copied_files_free(struct copied_files *files)
{
	if (!files)
		return;
	copied_index_release(&files->index);
	clear_more(files);
	free(files->more.items);
	for (size_t i = files->steps.len; i > 0; i--)
		clear_step(&files->steps.items[i - 1]);
	VEC_FOREACH(step, &files->steps) {
		selection_release(&step->selection);
		tree_freep(&step->from);
	}
	free(files->steps.items);
	tree_freep(&files->below);
	context_readers_release(&files->readers);
	free(files->contexts.items);
	free(files->put.items);
	strvec_release(&files->gone);
	pthread_mutex_destroy(&files->solver.unpacking);
	free(files);
}

/* --- which steps --- */

static bool has_remote(const struct copy_vertex *copy)
{
	VEC_FOREACH(argument, &copy->arguments) {
		if (argument->remote)
			return true;
	}
	return false;
}

static bool is_followed(const struct vertex *vertex)
{
	return vertex->kind == VERTEX_WORKDIR ||
	       (vertex->kind == VERTEX_COPY && !has_remote(&vertex->copy));
}

/* The steps at the end, from the lowest one on that reads a context. */
static void find_steps(struct copied_files *files, struct vertex *top)
{
	size_t count = 0, i = 0;

	for (struct vertex *vertex = top; vertex->parent && is_followed(vertex);
	     vertex = vertex->parent) {
		i++;
		if (vertex->kind == VERTEX_COPY && !vertex->copy.from)
			count = i;
	}
	for (i = 0; i < count; i++)
		(void)VEC_ADD(&files->steps);
	for (; i > 0; i--, top = top->parent)
		files->steps.items[i - 1].vertex = top;
}

static void add_context(struct copied_files *files, const struct context_files *context)
{
	VEC_FOREACH(known, &files->contexts) {
		if (*known == context)
			return;
	}
	*VEC_ADD(&files->contexts) = context;
}

static void find_contexts(struct copied_files *files)
{
	VEC_FOREACH(step, &files->steps) {
		const struct vertex *vertex = step->vertex;

		if (vertex->kind == VERTEX_COPY && !vertex->copy.from)
			add_context(files, vertex_files(vertex, vertex->copy.files));
	}
	VEC_FOREACH(reader, &files->readers)
		add_context(files, reader->files);
}

static void find_readers(struct copied_files *files, struct vertex *top)
{
	struct vertices steps = { .items = NULL };

	VEC_FOREACH(step, &files->steps)
		*VEC_ADD(&steps) = step->vertex;
	context_readers_find(top, &steps, &files->readers);
	free(steps.items);
}

/* --- carrying them out, but for the layers --- */

/* `only`: what is made of these; NULL = of all. */
static int select_sources(struct copied_files *files, struct copied_step *step,
			  const struct tree_nodes *only, struct err *err)
{
	const struct vertex *vertex = step->vertex;
	const struct copy_vertex *copy = &vertex->copy;
	const struct context_files *context = vertex_files(vertex, copy->files);

	if (step->from)
		return 0;
	if (copy->from) {
		if (chain_view(&files->solver, copy->from, &step->from, err) < 0)
			return -1;
		return selection_make(step->from, copy, vertex->file, files->solver.monitor,
				      &step->selection, err);
	}
	if (selection_make(context->tree, copy, vertex->file, files->solver.monitor,
			   &step->selection, err) < 0)
		return -1;
	if (only)
		selection_keep(&step->selection, only);
	return selection_hash(&step->selection, context->hashes, err);
}

/* Puts all that stands in `from` below `from_dir` into `to`, where its layer would go on top. */
static int overlay(struct tree_node *from_dir, struct target *to, struct tree_node *to_dir,
		   struct err *err)
{
	VEC_FOREACH(child, &from_dir->children) {
		const struct target_entry *entry = target_entry(*child);
		struct tree_node *node = NULL;
		struct target_entry *copy;

		if (!entry->put)
			continue;
		if (target_put(to, to_dir, (*child)->name, entry->type, &node, err) < 0)
			return -1;
		copy = target_entry(node);
		copy->mode = entry->mode;
		copy->owner = entry->owner;
		copy->mtime = entry->mtime;
		copy->rdev = entry->rdev;
		copy->link = xstrdup_or_null(entry->link);
		copy->tree = entry->tree;
		copy->node = entry->node;
		copy->text = entry->text;
		copy->group = entry->group;
		target_settle(node);
		if (overlay(*child, to, node, err) < 0)
			return -1;
	}
	return 0;
}

/* --link: made as if nothing was there. */
static int fill_linked(struct copied_files *files, struct copied_step *step, bool *ret_whole,
		       struct err *err)
{
	step->own = target_new(NULL);
	if (copy_fill(&files->solver, step->vertex, &step->selection, NULL, step->own, ret_whole,
		      err) < 0)
		return -1;
	return overlay(target_tree(step->own)->root, step->target, target_tree(step->target)->root,
		       err);
}

static int fill_step(struct copied_files *files, struct copied_step *step, struct tree *below,
		     const struct tree_nodes *only, bool *ret_whole, struct err *err)
{
	struct vertex *vertex = step->vertex;

	clear_step(step);
	step->target = target_new(below);
	if (vertex->kind == VERTEX_WORKDIR)
		return workdir_fill(vertex, below, step->target, err);
	if (select_sources(files, step, only, err) < 0)
		return -1;
	if (vertex->copy.link)
		return fill_linked(files, step, ret_whole, err);
	return copy_fill(&files->solver, vertex, &step->selection, below, step->target, ret_whole,
			 err);
}

static bool is_plain(const struct vertex *vertex)
{
	return vertex->kind == VERTEX_COPY && !vertex->copy.from && !vertex->copy.is_add;
}

/* Each target stands on the one before, so all of them are made anew. */
static int fill_all(struct copied_files *files, struct copied_index *ret, bool *ret_whole,
		    struct err *err)
{
	struct tree *below = files->below;

	*ret_whole = true;
	clear_more(files);
	for (size_t i = files->steps.len; i > 0; i--)
		clear_step(&files->steps.items[i - 1]);
	for (size_t i = 0; i < files->steps.len && *ret_whole; i++) {
		struct copied_step *step = &files->steps.items[i];

		if (fill_step(files, step, below, NULL, ret_whole, err) < 0)
			return -1;
		copied_index_add(ret, step->target, step->vertex->depth, is_plain(step->vertex));
		below = target_tree(step->target);
	}
	return 0;
}

static int open_below(struct copied_files *files, struct err *err)
{
	struct vertex *parent = files->steps.items[0].vertex->parent;

	return parent->depth > 0 ? chain_view(&files->solver, parent, &files->below, err) : 0;
}

int copied_files_open(const struct solver *solver, struct vertex *top, struct copied_files **ret,
		      struct err *err)
{
	struct copied_files *files = xcalloc(1, sizeof(*files));
	bool is_whole = false;
	int status = 0;

	*ret = NULL;
	files->solver = *solver;
	pthread_mutex_init(&files->solver.unpacking, NULL);
	find_steps(files, top);
	/* Times that are not the files' own are the layer writer's business. */
	if (files->steps.len > 0 && top->settings->layers.clamp_mtime < 0) {
		find_readers(files, top);
		find_contexts(files);
		status = open_below(files, err);
		if (status == 0)
			status = fill_all(files, &files->index, &is_whole, err);
		if (status == 0)
			status = context_readers_look(&files->readers, files->solver.monitor, NULL,
						      err);
	}
	if (status == 0 && is_whole)
		*ret = TAKE(files);
	copied_files_free(files);
	return status;
}

/* --- what has changed --- */

/* A file whose content may differ. */
struct touched {
	const struct context_files *context;
	struct tree_node *node;
};

struct update {
	struct copied_files *files;
	struct {
		struct touched *items;
		size_t len, cap;
	} touched, made;
	bool is_deep; /* nodes are gone, or are not known */
	bool is_unknown;
};

/* An ignored directory may come into sight by what is made in it, and out of it. */
static void refresh_deeply(struct update *update, const struct context_files *context)
{
	tree_forget(context->tree);
	update->is_deep = true;
}

/* Whoever looks at it finds what is in it. */
static bool is_in_made(const struct update *update, const struct context_files *context,
		       const char *path)
{
	VEC_FOREACH(made, &update->made) {
		AUTO(freep) char *above = tree_path(made->node);

		if (made->context == context && path_is_within(path, above))
			return true;
	}
	return false;
}

static int refresh_context(struct update *update, const struct context_files *context,
			   const char *path, struct err *err)
{
	enum tree_change change = TREE_SAME;
	struct tree_node *node = NULL;

	if (is_in_made(update, context, path))
		return 0;
	if (tree_refresh(context->tree, path, &change, &node, err) < 0)
		return -1;
	if (change == TREE_SHARED)
		update->is_unknown = true;
	else if (change == TREE_CONTENT)
		*VEC_ADD(&update->touched) = (struct touched){ context, node };
	else if (context->ignore && ignore_has_exceptions(context->ignore))
		refresh_deeply(update, context);
	else if (change == TREE_MADE)
		*VEC_ADD(&update->made) = (struct touched){ context, node };
	else
		update->is_deep |= change == TREE_CHANGED;
	return 0;
}

static int refresh_path(struct update *update, const char *path, struct err *err)
{
	VEC_FOREACH(item, &update->files->contexts) {
		const struct context_files *context = *item;
		size_t len = strlen(context->dir);

		if (!path_is_within(path, context->dir))
			continue;
		/* The directory itself, or what says which of its files count. */
		if (!path[len] || str_eq(path_base(path), ".dockerignore")) {
			update->is_unknown = true;
			return 0;
		}
		if (refresh_context(update, context, path + len + 1, err) < 0)
			return -1;
	}
	return 0;
}

/* --- more files, and all others as they were --- */

/* As the steps would make it if there were no other sources; a step that copies from elsewhere makes nothing new. */
static int fill_more(struct update *update, const struct tree_nodes *nodes,
		     struct copied_index *ret, bool *ret_whole, struct err *err)
{
	struct copied_files *files = update->files;
	struct tree *below = files->below;

	VEC_FOREACH(step, &files->steps) {
		const struct vertex *vertex = step->vertex;
		struct copied_step *more = NULL;

		if (!*ret_whole || (vertex->kind == VERTEX_COPY && vertex->copy.from))
			continue;
		more = VEC_ADD(&files->more);
		more->vertex = step->vertex;
		if (fill_step(files, more, below, nodes, ret_whole, err) < 0)
			return -1;
		copied_index_add(ret, more->target, vertex->depth, is_plain(vertex));
		below = target_tree(more->target);
	}
	return 0;
}

/*
 * What came newly is put where nothing has been put yet, and all else stays: then the rest need not be looked at. *ret_done
 * false: that is not so.
 */
static int extend(struct update *update, bool *ret_done, struct err *err)
{
	struct copied_files *files = update->files;
	struct copied_index more = { .arena = files->index.arena };
	struct tree_nodes nodes = { .items = NULL };
	bool is_whole = true;
	int status = 0;

	*ret_done = false;
	if (update->made.len > MADE_MAX || files->more.len + files->steps.len > MORE_MAX)
		return 0;
	VEC_FOREACH(made, &update->made)
		*VEC_ADD(&nodes) = made->node;
	status = fill_more(update, &nodes, &more, &is_whole, err);
	*ret_done = status == 0 && is_whole &&
		    copied_index_extend(&files->index, &more, &files->put, &files->lowest_layer);
	free(nodes.items);
	more.arena = NULL;
	copied_index_release(&more);
	return status;
}

/* What a build would make of it is compared with what was there. */
static int update_deeply(struct update *update, struct err *err)
{
	struct copied_files *files = update->files;
	struct copied_index index = COPIED_INDEX_INIT;
	bool is_whole = false;

	if (fill_all(files, &index, &is_whole, err) < 0) {
		copied_index_release(&index);
		return -1;
	}
	update->is_unknown |= !is_whole;
	files->lowest_layer =
		copied_index_compare(&files->index, &index, &files->put, &files->gone);
	copied_index_release(&files->index);
	files->index = index;
	return 0;
}

static int hash_touched(const struct update *update, const struct context_files *context,
			struct err *err)
{
	const struct monitor *monitor = update->files->solver.monitor;
	struct tree_nodes nodes = { .items = NULL };
	int status;

	VEC_FOREACH(touched, &update->touched) {
		if (touched->context == context)
			*VEC_ADD(&nodes) = touched->node;
	}
	status = tree_hash_files(context->tree, &nodes, context->hashes, monitor, err);
	free(nodes.items);
	return status;
}

/* Is each of them copied as it is, wherever it goes to? */
static bool are_plain(struct update *update)
{
	VEC_FOREACH(touched, &update->touched) {
		const struct copied_file *file =
			copied_index_of_source(&update->files->index, touched->node);

		for (; file; file = file->next) {
			if (!file->is_plain)
				return false;
		}
	}
	return true;
}

static void take_content(struct copied_files *files, const struct tree_node *source)
{
	struct copied_file *file = copied_index_of_source(&files->index, source);

	for (; file; file = file->next) {
		if (str_eq(file->hash, source->hash))
			continue;
		memcpy(file->hash, source->hash, sizeof(file->hash));
		target_entry(file->node)->mtime = source->st.st_mtim;
		*VEC_ADD(&files->put) = file;
		if (file->layer < files->lowest_layer)
			files->lowest_layer = file->layer;
	}
}

/* The same files as before: only those that are made of the touched ones. */
static int update_contents(struct update *update, struct err *err)
{
	struct copied_files *files = update->files;

	VEC_FOREACH(context, &files->contexts) {
		if (hash_touched(update, *context, err) < 0)
			return -1;
	}
	VEC_FOREACH(touched, &update->touched)
		take_content(files, touched->node);
	copied_list_sort(&files->put);
	return 0;
}

static int update_plainly(struct update *update, struct err *err)
{
	bool is_done = true;

	if (update->made.len > 0 && extend(update, &is_done, err) < 0)
		return -1;
	return is_done ? update_contents(update, err) : update_deeply(update, err);
}

/* A link counts as what it is, not as what it leads to. */
static int look_below(struct tree *below, const char *path, bool *ret, struct err *err)
{
	AUTO(freep) char *parent = path_dir(path);
	struct tree_node *dir = NULL, *node = NULL;

	if (tree_resolve(below, parent, &dir, err) < 0)
		return -1;
	if (dir && tree_find(below, dir, path_base(path), &node, err) < 0)
		return -1;
	*ret = node != NULL;
	return 0;
}

/* What the steps put may have hidden something, which would come to light now. */
static int check_gone(struct update *update, struct err *err)
{
	struct copied_files *files = update->files;

	VEC_FOREACH(path, &files->gone) {
		bool is_there = false;

		if (files->below && look_below(files->below, *path, &is_there, err) < 0)
			return -1;
		update->is_unknown |= is_there;
	}
	return 0;
}

/* Another name of a file is not told of when the file changes. */
static void check_links(struct update *update)
{
	VEC_FOREACH(file, &update->files->put) {
		const struct tree_node *source = (*file)->source;

		update->is_unknown |=
			(*file)->is_hard_link ||
			(source && S_ISREG(source->st.st_mode) && source->st.st_nlink > 1);
	}
}

static int update_all(struct update *update, const struct strvec *paths, struct err *err)
{
	struct copied_files *files = update->files;
	bool readers_differ = false;
	int status = 0;

	VEC_FOREACH(path, paths) {
		if (refresh_path(update, *path, err) < 0)
			return -1;
	}
	if (update->is_unknown)
		return 0;
	if (!update->is_deep && are_plain(update))
		status = update_plainly(update, err);
	else
		status = update_deeply(update, err);
	if (status < 0)
		return -1;
	if (context_readers_look(&files->readers, files->solver.monitor, &readers_differ, err) < 0)
		return -1;
	update->is_unknown |= readers_differ;
	check_links(update);
	return check_gone(update, err);
}

int copied_files_update(struct copied_files *files, const struct strvec *paths,
			enum copied_change *ret, struct err *err)
{
	struct update update = { .files = files };
	AUTO(err_release) struct err reason = ERR_INIT;
	int status = 0;

	files->put.len = 0;
	files->lowest_layer = SIZE_MAX;
	strvec_clear(&files->gone);
	status = update_all(&update, paths, &reason);
	free(update.touched.items);
	free(update.made.items);
	if (status < 0 && reason.kind == ERR_CANCELLED) {
		err_move(err, &reason);
		return -1;
	}
	if (status < 0)
		log_debug("solve", "copied files: %s, building", reason.message);
	*ret = files->put.len > 0 || files->gone.len > 0 ? COPIED_CHANGED : COPIED_SAME;
	if (status < 0 || update.is_unknown)
		*ret = COPIED_UNKNOWN;
	return 0;
}

const struct strvec *copied_files_gone(const struct copied_files *files)
{
	return &files->gone;
}

size_t copied_files_lowest_layer(const struct copied_files *files)
{
	return files->lowest_layer;
}

size_t copied_files_put_count(const struct copied_files *files)
{
	return files->put.len;
}

int copied_files_write(const struct copied_files *files, struct layer_sink *sink,
		       const struct monitor *monitor, struct err *err)
{
	VEC_FOREACH(item, &files->put) {
		const struct copied_file *file = *item;

		if (target_emit_file(file->target, file->node, file->path, sink, monitor, err) < 0)
			return -1;
	}
	return 0;
}
