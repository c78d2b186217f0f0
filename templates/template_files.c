#include "template_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/limits.h"
#include "template_reader.h"

void template_add_file(struct template *template, const char *path, struct span text,
		       bool is_executable)
{
	*ARENA_ADD(template->arena, &template->files) = (struct template_file){
		.path = arena_strdup(template->arena, path),
		.text = text,
		.is_executable = is_executable || span_has_prefix(text, "#!"),
	};
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct template_file *)a)->path,
		      ((const struct template_file *)b)->path);
}

void template_sort_files(struct template *template)
{
	if (template->files.len > 0)
		qsort(template->files.items, template->files.len, sizeof(*template->files.items),
		      compare_paths);
}

/* --- a directory --- */

struct walk {
	struct template *template;
	struct span *manifest;
};

static int walk_dir(struct walk *walk, int fd, const char *path, unsigned depth, struct err *err);

static int add_regular(struct walk *walk, int fd, const char *path, const struct stat *st,
		       struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span copy;

	if (walk->template->files.len >= LIMIT_TEMPLATE_FILES)
		return err_set(err, ERR_LIMIT, "it has more than %d files", LIMIT_TEMPLATE_FILES);
	if (fd_read_to_str(fd, &text, LIMIT_TEMPLATE_FILE, path, err) < 0)
		return -1;
	copy = (struct span){ arena_strndup(walk->template->arena, text.ptr, text.len), text.len };
	if (str_eq(path, TEMPLATE_MANIFEST))
		*walk->manifest = copy;
	else
		template_add_file(walk->template, path, copy, st->st_mode & S_IXUSR);
	return 0;
}

/* Links are refused whole: one that leads out would read, or make the project read, somebody's files. */
static int add_entry(struct walk *walk, int dir, const char *name, const char *path, unsigned depth,
		     struct err *err)
{
	AUTO(fd_closep) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return err_set(err, ERR_INPUT, "'%s' is a %s: a template holds regular files only",
			       path, errno == ELOOP ? "symbolic link" : "special file");
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "'%s'", path);
	if (S_ISREG(st.st_mode))
		return add_regular(walk, fd, path, &st, err);
	if (S_ISDIR(st.st_mode))
		return walk_dir(walk, TAKE_FD(fd), path, depth + 1, err);
	return err_set(err, ERR_INPUT,
		       "'%s' is a special file: a template holds regular files only", path);
}

/* Takes `owned_fd`. */
static int walk_dir(struct walk *walk, int owned_fd, const char *path, unsigned depth,
		    struct err *err)
{
	AUTO(fd_closep) int fd = owned_fd;
	AUTO(dir_closep) DIR *dir = dir_open(fd, ".", 0);
	const struct dirent *entry;

	if (!dir)
		return err_errno(err, "'%s'", path);
	if (depth > LIMIT_YAML_DEPTH)
		return err_set(err, ERR_LIMIT, "'%s' is deeper than %d directories", path,
			       LIMIT_YAML_DEPTH);
	while ((entry = dir_next(dir))) {
		AUTO(freep)
		char *below =
			*path ? xasprintf("%s/%s", path, entry->d_name) : xstrdup(entry->d_name);

		if (!str_eq(entry->d_name, ".git") &&
		    add_entry(walk, dirfd(dir), entry->d_name, below, depth, err) < 0)
			return -1;
	}
	return errno ? err_errno(err, "'%s'", path) : 0;
}

int template_add_dir(struct template *template, const char *dir, struct span *ret_manifest,
		     struct err *err)
{
	struct walk walk = { .template = template, .manifest = ret_manifest };
	AUTO(fd_closep) int fd = -1;

	if (fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0 ||
	    walk_dir(&walk, TAKE_FD(fd), "", 0, err) < 0)
		return -1;
	template_sort_files(template);
	return 0;
}
