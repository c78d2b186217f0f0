#include "builder/inputs.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "build_context.h"
#include "context_pool.h"
#include "source.h"

void build_inputs_release(struct build_inputs *inputs)
{
	VEC_FOREACH(tree, &inputs->trees) {
		free(tree->dir);
		ignore_free(tree->ignore);
	}
	free(inputs->trees.items);
	strvec_release(&inputs->files);
	str_release(&inputs->ignore_text);
	free(inputs->ignore_name);
}

static void add_file(struct build_inputs *inputs, const char *here, const char *path)
{
	AUTO(freep) char *clean = path_resolve(here, path);

	if (!strvec_contains(&inputs->files, clean))
		strvec_add(&inputs->files, clean);
}

/* The files that say what is built; those of a context that was brought here do not change. */
static int add_definition(struct build_inputs *inputs, const struct build_source *source,
			  struct err *err)
{
	const struct build_context *context = source->context;
	AUTO(freep) char *here = NULL;
	AUTO(freep) char *own = xasprintf("%s.dockerignore", source->dockerfile_name);
	AUTO(freep) char *common = path_join(context->dir, ".dockerignore");

	if (fs_realpath(".", &here, err) < 0)
		return -1;
	add_file(inputs, here, common);
	if (context->dockerfile_name)
		return 0;
	add_file(inputs, here, source->dockerfile_name);
	add_file(inputs, here, own);
	return 0;
}

static void add_tree(struct build_inputs *inputs, const char *dir, struct ignore *owned_ignore)
{
	struct build_input_tree *tree = VEC_ADD(&inputs->trees);

	tree->dir = xstrdup(dir);
	tree->ignore = owned_ignore;
}

static int add_context(struct build_inputs *inputs, const struct build_request *request,
		       const struct build_context *context, struct err *err)
{
	const struct build_board *board =
		request->machine_count > 0 ? request->machines[0].board : NULL;
	struct build_source source;
	int status = 0;

	build_source_init(&source);
	status = build_source_read(request, context, board, &source, err);
	if (status == 0 && !context->is_remote) {
		status = add_definition(inputs, &source, err);
		add_tree(inputs, context->dir, TAKE(source.ignore));
		inputs->ignore_name = TAKE(source.ignore_name);
		str_addn(&inputs->ignore_text, source.ignore_text.ptr, source.ignore_text.len);
	}
	build_source_release(&source);
	return status;
}

static void add_named(struct build_inputs *inputs, const struct named_contexts *contexts)
{
	for (size_t i = 0; contexts && i < contexts->len; i++) {
		if (contexts->items[i].kind == NAMED_DIRECTORY)
			add_tree(inputs, contexts->items[i].value, NULL);
	}
}

int build_inputs_read(const struct build_request *request, struct build_inputs *ret,
		      struct err *err)
{
	struct context_pool pool;
	struct build_context context = BUILD_CONTEXT_INIT;
	int status = 0;

	context_pool_init(&pool, request->store);
	status = build_context_open(request, &pool, &context, err);
	if (status == 0)
		status = add_context(ret, request, &context, err);
	build_context_release(&context);
	context_pool_release(&pool);
	add_named(ret, request->contexts);
	return status;
}
