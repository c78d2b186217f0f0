/* Problems and the files they are in. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/path.h"
#include "loader.h"

struct diag *place_problem(const struct yaml_mark *mark, const struct place *place,
			   enum diag_level level, const char *fmt, ...)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *where = place_text(place);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	return yaml_problem(mark, level, "%s%s%s", where, *where ? ": " : "", text.ptr);
}

void place_problem_err(const struct yaml_mark *mark, const struct place *place,
		       const struct err *err)
{
	struct diag *diag = place_problem(mark, place, DIAG_ERROR, "%s", err->message);

	if (diag && err->hint)
		diag->hint = xstrdup(err->hint);
}

/* No tag of YAML's could be this. */
static const char refused_tag[] = "(refused)";

void refuse_node(struct yaml *node)
{
	node->tag = refused_tag;
}

bool is_refused(const struct yaml *node)
{
	return node->tag == refused_tag;
}

size_t loader_errors(const struct loader *loader)
{
	size_t errors = 0;

	VEC_FOREACH(source, &loader->sources)
		errors += (*source)->diags.errors;
	return errors;
}

/* The name that the user would write: relative when it is below the working directory. */
static char *shown_name(const char *path, const char *cwd)
{
	if (!strcmp(path, "-"))
		return xstrdup("standard input");
	if (path_is_within(path, cwd) && strlen(path) > strlen(cwd))
		return xstrdup(path + strlen(cwd) + (cwd[1] != '\0'));
	return xstrdup(path);
}

static struct source *source_add(struct loader *loader, const char *path)
{
	struct source *source = xcalloc(1, sizeof(*source));

	source->path = xstrdup(path);
	str_init(&source->text, 0);
	*VEC_ADD(&loader->sources) = source;
	return source;
}

/* A FIFO would never end, a device neither; but /dev/null is how one says that there is nothing. */
static int open_regular(const char *path, int *ret_fd, struct err *err)
{
	struct stat st = { 0 };

	if (!strcmp(path, "-")) {
		*ret_fd = dup(STDIN_FILENO);
		return *ret_fd < 0 ? err_errno(err, "standard input") : 0;
	}
	if (fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, ret_fd, err) < 0)
		return -1;
	if (fstat(*ret_fd, &st) < 0)
		return err_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode) && !str_eq(path, "/dev/null"))
		return err_set(err, ERR_INPUT, "'%s' is not a regular file", path);
	return 0;
}

static int read_text(struct source *source, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (open_regular(source->path, &fd, err) < 0)
		return -1;
	return fd_read_to_str(fd, &source->text, LIMIT_YAML, source->path, err);
}

int source_read(struct loader *loader, const char *path, const struct yaml_mark *from,
		struct source **ret, struct err *err)
{
	struct source *source = source_add(loader, path);
	AUTO(freep) char *name = shown_name(path, loader->options->cwd);

	if (from)
		source->from = *from;
	if (read_text(source, err) < 0) {
		diags_init(&source->diags, name, (struct span){ 0 });
		return -1;
	}
	diags_init(&source->diags, name, str_span(&source->text));
	*ret = source;
	return 0;
}

bool source_parse(struct loader *loader, struct source *source)
{
	return yaml_parse(loader->arena, &source->diags, &source->documents) == 0;
}

void sources_release(struct sources *sources)
{
	VEC_FOREACH(item, sources) {
		struct source *source = *item;

		diags_release(&source->diags);
		str_release(&source->text);
		free(source->path);
		free(source);
	}
	free(sources->items);
}

/* "in 'b.yaml', which compose.yaml:3 names" and so on up. */
static void add_chain(const struct source *source, const struct sources *sources, struct str *out)
{
	const struct yaml_mark *from = &source->from;

	for (size_t depth = 0; from->file && depth < LIMIT_YAML_DEPTH; depth++) {
		const struct source *up = NULL;

		str_addf(out, "\n  %s from %s:%u", depth ? "and that" : "this file is read",
			 from->file->file, from->line);
		VEC_FOREACH(item, sources)
			if (&(*item)->diags == from->file)
				up = *item;
		if (!up)
			return;
		from = &up->from;
	}
}

int sources_check(const struct sources *sources, struct err *err)
{
	AUTO(str_release) struct str all = STR_INIT;

	VEC_FOREACH(item, sources) {
		struct err one = ERR_INIT;

		if (diags_check(&(*item)->diags, &one) < 0) {
			str_addf(&all, "%s%s", all.len ? "\n" : "", one.message);
			add_chain(*item, sources, &all);
		}
		err_release(&one);
	}
	return all.len ? err_set(err, ERR_INPUT, "%s", all.ptr) : 0;
}

void sources_warnings(struct sources *sources, struct str *out)
{
	VEC_FOREACH(item, sources) {
		struct diags *diags = &(*item)->diags;

		diags_sort(diags);
		diags_render(diags, false, out);
	}
}
