#include "context_reader.h"

#include <stdlib.h>

#include "base/str.h"
#include "selection.h"

void context_readers_release(struct context_readers *readers)
{
	free(readers->items);
	*readers = (struct context_readers){ .items = NULL };
}

static bool contains(const struct vertices *vertices, const struct vertex *vertex)
{
	for (size_t i = 0; i < vertices->len; i++) {
		if (vertices->items[i] == vertex)
			return true;
	}
	return false;
}

static void add_reader(const struct vertex *vertex, const struct run_mount *mount,
		       const struct context_files *named, struct context_readers *ret)
{
	*VEC_ADD(ret) = (struct context_reader){ .vertex = vertex,
						 .mount = mount,
						 .files = vertex_files(vertex, named) };
}

static void add_readers(const struct vertex *vertex, struct context_readers *ret)
{
	if (vertex->kind == VERTEX_COPY && !vertex->copy.from)
		add_reader(vertex, NULL, vertex->copy.files, ret);
	if (vertex->kind != VERTEX_RUN)
		return;
	VEC_FOREACH(mount, &vertex->run.mounts) {
		if (mount->type == MOUNT_BIND && !mount->from)
			add_reader(vertex, mount, mount->files, ret);
	}
}

static void find(struct vertex *vertex, const struct vertices *except, struct vertices *seen,
		 struct context_readers *ret)
{
	for (; vertex && !contains(seen, vertex); vertex = vertex->parent) {
		*VEC_ADD(seen) = vertex;
		if (!contains(except, vertex))
			add_readers(vertex, ret);
		VEC_FOREACH(input, &vertex->inputs)
			find(*input, except, seen, ret);
	}
}

void context_readers_find(struct vertex *top, const struct vertices *except,
			  struct context_readers *ret)
{
	struct vertices seen = { .items = NULL };

	find(top, except, &seen, ret);
	free(seen.items);
}

static int select_files(const struct context_reader *reader, const struct monitor *monitor,
			struct selection *ret, struct err *err)
{
	const struct vertex *vertex = reader->vertex;
	struct copy_argument argument = { .path = reader->mount ? reader->mount->source : NULL };
	const struct copy_vertex mounted = {
		.arguments = { .items = &argument, .len = 1 },
		.from_name = reader->mount ? reader->mount->from_name : NULL,
	};

	return selection_make(reader->files->tree, reader->mount ? &mounted : &vertex->copy,
			      vertex->file, monitor, ret, err);
}

static int look(const struct context_reader *reader, const struct monitor *monitor,
		struct digest *ret, struct err *err)
{
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	if (select_files(reader, monitor, &selection, err) < 0)
		return -1;
	if (selection_describe(&selection, false, reader->files->hashes, &text, err) < 0)
		return -1;
	digest_of(text.ptr, text.len, ret);
	return 0;
}

int context_readers_look(struct context_readers *readers, const struct monitor *monitor,
			 bool *ret_changed, struct err *err)
{
	bool changed = false;

	VEC_FOREACH(reader, readers) {
		struct digest digest;

		if (look(reader, monitor, &digest, err) < 0)
			return -1;
		changed = changed || !digest_equal(&digest, &reader->digest);
		reader->digest = digest;
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}
