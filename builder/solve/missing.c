#include "missing.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/path.h"

static bool is_ignored_by(const struct strvec *patterns, const char *path)
{
	AUTO(ignore_freep) struct ignore *ignore = NULL;

	return ignore_new(patterns, &ignore, NULL) == 0 && ignore_match(ignore, path);
}

/* The pattern after which the path was left out for good; NULL when there is none. */
static char *deciding_pattern(const struct context_files *context, const char *path)
{
	AUTO(strvec_release) struct strvec all = STRVEC_INIT;
	AUTO(strvec_release) struct strvec some = STRVEC_INIT;
	const char *decider = NULL;
	bool ignored = false;

	ignore_read_patterns(context->ignore_text, &all);
	for (size_t i = 0; i < all.len; i++) {
		bool before = ignored;

		strvec_add(&some, all.items[i]);
		ignored = is_ignored_by(&some, path);
		if (ignored && !before)
			decider = all.items[i];
	}
	return ignored ? xstrdup_or_null(decider) : NULL;
}

/* The line of the ignore file that says so; 0 when it is not found again. */
static unsigned line_of(struct span text, const char *pattern)
{
	AUTO(strvec_release) struct strvec one = STRVEC_INIT;
	unsigned number = 0;
	struct span line;

	while (text.len > 0) {
		(void)span_cut(&text, '\n', &line);
		number++;
		strvec_clear(&one);
		ignore_read_patterns(line, &one);
		if (one.len == 1 && str_eq(one.items[0], pattern))
			return number;
	}
	return 0;
}

static bool explain_ignored(const struct context_files *context, const char *path, struct err *err)
{
	AUTO(freep) char *full = path_join(context->dir, path);
	AUTO(freep) char *pattern = NULL;
	struct stat st;

	if (!context->ignore || !ignore_match(context->ignore, path) || lstat(full, &st) < 0)
		return false;
	pattern = deciding_pattern(context, path);
	if (pattern)
		(void)err_hint(err, "it exists, but %s:%u leaves it out: '%s'",
			       context->ignore_name, line_of(context->ignore_text, pattern),
			       pattern);
	return pattern != NULL;
}

static bool explain_link(const struct context_files *context, const char *path, struct err *err)
{
	AUTO(freep) char *full = path_join(context->dir, path);
	struct stat st;

	if (lstat(full, &st) < 0 || !S_ISLNK(st.st_mode))
		return false;
	(void)err_hint(err, "it is a symbolic link that leads to nothing in the context");
	return true;
}

static void suggest_name(const struct context_files *context, const char *path, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *parent = path_dir(path);
	struct tree_node *dir = NULL;
	const struct tree_nodes *children = NULL;
	const char *near;

	if (tree_resolve(context->tree, parent, &dir, NULL) < 0 || !dir ||
	    !S_ISDIR(dir->st.st_mode) || tree_list(context->tree, dir, &children, NULL) < 0)
		return;
	for (size_t i = 0; i < children->len; i++)
		strvec_add(&names, children->items[i]->name);
	near = suggest(path_base(path), (const char *const *)strvec_argv(&names));
	if (near && str_eq(parent, "."))
		(void)err_hint(err, "did you mean '%s'?", near);
	else if (near)
		(void)err_hint(err, "did you mean '%s/%s'?", parent, near);
}

void missing_explain(const struct vertex *vertex, struct err *err)
{
	const struct copy_vertex *copy = &vertex->copy;
	const struct context_files *context;

	if (!err || copy->from)
		return;
	context = vertex_files(vertex, copy->files);
	if (!context->dir)
		return;
	VEC_FOREACH(argument, &copy->arguments) {
		AUTO(freep) char *path = path_in_root(argument->path);
		struct tree_node *node = NULL;

		if (argument->text || argument->remote || glob_is_pattern(argument->path) ||
		    tree_resolve(context->tree, path, &node, NULL) < 0 || node)
			continue;
		if (!explain_ignored(context, path, err) && !explain_link(context, path, err))
			suggest_name(context, path, err);
		return;
	}
}
