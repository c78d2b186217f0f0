#include "templates/project.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "templates/rendering.h"

#define NAME_MAX_LEN 63 /* of a host name: a service has its name */
#define LETTERS      "abcdefghijklmnopqrstuvwxyz"
#define NAME_LETTERS LETTERS "0123456789-"

bool project_has(const struct project *project, const char *path)
{
	VEC_FOREACH(file, project) {
		if (str_eq(file->path, path))
			return true;
	}
	return false;
}

void project_remove(struct project *project, size_t index)
{
	struct project_file *file = &project->items[index];

	free(file->path);
	free(file->text);
	project->len--;
	memmove(file, file + 1, (project->len - index) * sizeof(*file));
}

void project_release(struct project *project)
{
	while (project->len > 0)
		project_remove(project, project->len - 1);
	free(project->items);
	*project = (struct project)PROJECT_INIT;
}

/* --- names --- */

/* A .git would bring hooks that git(1) runs. */
static bool has_git_part(const char *path)
{
	struct span rest = span_of(path), part;

	do {
		(void)span_cut(&rest, '/', &part);
		if (span_eq_nocase(part, ".git"))
			return true;
	} while (rest.len > 0);
	return false;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

static int check_path(const char *path, struct err *err)
{
	AUTO(freep) char *clean = path_clean(path);

	if (has_control(path) || strlen(path) >= PATH_MAX)
		return err_set(err, ERR_INPUT, "a path must be one line of less than %d bytes",
			       PATH_MAX);
	if (!path_is_within(clean, "."))
		return err_set(err, ERR_INPUT, "'%s' is outside of the project", path);
	if (!str_eq(clean, path) || str_eq(clean, "."))
		return err_set(err, ERR_INPUT, "'%s' is no name of a file", path);
	if (has_git_part(path))
		return err_set(err, ERR_INPUT, "'%s': what is in .git is not a template's", path);
	return 0;
}

/* What YAML reads as no text: as the key of a service it would want quotes. */
static bool is_yaml_word(const char *name)
{
	return str_eq(name, "true") || str_eq(name, "false") || str_eq(name, "null");
}

int project_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (is_yaml_word(name))
		return err_set(err, ERR_USAGE,
			       "'%s' is no name for a project: it is a word of YAML", name);
	if (len > 0 && len <= NAME_MAX_LEN && strspn(name, NAME_LETTERS) == len &&
	    strchr(LETTERS, *name) && name[len - 1] != '-' && !strstr(name, "--"))
		return 0;
	(void)err_set(err, ERR_USAGE, "'%s' is no name for a project", name);
	return err_hint(err,
			"small letters, digits and single '-' between them, beginning with a "
			"letter, at most %d",
			NAME_MAX_LEN);
}

char *project_name_like(const char *text)
{
	AUTO(str_release) struct str name = STR_INIT;

	for (; *text && name.len < NAME_MAX_LEN; text++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		if (name.len == 0 ? strchr(LETTERS, c) != NULL
				  : strchr(NAME_LETTERS, c) && c != '-')
			str_addc(&name, c);
		else if (name.len > 0 && name.ptr[name.len - 1] != '-')
			str_addc(&name, '-');
	}
	while (str_has_suffix(name.ptr, "-"))
		str_truncate(&name, name.len - 1);
	return name.len > 0 && !is_yaml_word(name.ptr) ? str_detach(&name) : xstrdup("app");
}

/* --- rendering --- */

static bool rule_covers(const struct template_rule *rule, const char *path)
{
	return str_has_suffix(rule->path, "/") ? str_has_prefix(path, rule->path)
					       : str_eq(path, rule->path);
}

/* All rules of a file count: each may leave it out. */
static int apply_rules(const struct template *template, const char *path,
		       const struct strmap *values, bool *ret_wanted, bool *ret_verbatim,
		       struct err *err)
{
	*ret_wanted = true;
	*ret_verbatim = false;
	VEC_FOREACH(rule, &template->rules) {
		bool holds = true;

		if (!rule_covers(rule, path))
			continue;
		if (rule->condition &&
		    condition_holds(span_of(rule->condition), values, &holds, err) < 0)
			return err_wrap(err, "condition of '%s'", rule->path);
		*ret_wanted = *ret_wanted && holds;
		*ret_verbatim = *ret_verbatim || rule->is_verbatim;
	}
	return 0;
}

static int render_file(const struct template_file *file, bool is_verbatim,
		       const struct strmap *values, struct project *project, struct err *err)
{
	AUTO(str_release) struct str path = STR_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	struct project_file *added = NULL;
	bool is_binary = memchr(file->text.ptr, '\0', file->text.len) != NULL;

	if (rendering_expand(span_of(file->path), "name of a file", values, &path, err) < 0 ||
	    check_path(path.ptr, err) < 0)
		return -1;
	if (is_verbatim || is_binary)
		str_addn(&text, file->text.ptr, file->text.len);
	else if (rendering_expand(file->text, file->path, values, &text, err) < 0)
		return -1;
	VEC_FOREACH(other, project) {
		if (str_eq(other->path, path.ptr))
			return err_set(err, ERR_INPUT, "two files become '%s'", path.ptr);
	}
	added = VEC_ADD(project);
	added->path = str_detach(&path);
	added->len = text.len;
	added->text = str_detach(&text);
	added->mode = file->is_executable ? 0755 : 0644;
	return 0;
}

int project_render(const struct template *template, const struct strmap *values,
		   struct project *ret, struct err *err)
{
	VEC_FOREACH(file, &template->files) {
		bool is_wanted, is_verbatim;

		if (apply_rules(template, file->path, values, &is_wanted, &is_verbatim, err) < 0)
			return -1;
		if (is_wanted && render_file(file, is_verbatim, values, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the disk --- */

/*
 * Does `path` exist? Directories on the way must be real ones: a link of somebody's work tree may lead
 * anywhere.
 */
static int look_at(int dir, const char *path, bool *ret_exists, struct err *err)
{
	AUTO(err_release) struct err reason = ERR_INIT;
	AUTO(freep) char *part = xstrdup(path);
	struct stat st;

	*ret_exists = false;
	for (char *slash = part; slash; *slash = '/') {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (fs_stat(dir, part, &st, &reason) < 0) {
			if (reason.kind == ERR_NOT_FOUND)
				return 0;
			err_move(err, &reason);
			return -1;
		}
		if (!slash)
			break;
		if (!S_ISDIR(st.st_mode))
			return err_set(err, ERR_INPUT, "'%s' is in the way: it is no directory",
				       part);
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "'%s' is in the way: it is no regular file", path);
	*ret_exists = true;
	return 0;
}

int project_find_existing(const struct project *project, const char *dir, struct strvec *ret,
			  struct err *err)
{
	AUTO(err_release) struct err reason = ERR_INIT;
	AUTO(fd_closep) int fd = -1;

	if (fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &fd, &reason) < 0) {
		if (reason.kind == ERR_NOT_FOUND)
			return 0;
		err_move(err, &reason);
		return -1;
	}
	VEC_FOREACH(file, project) {
		bool exists;

		if (look_at(fd, file->path, &exists, err) < 0)
			return -1;
		if (exists)
			strvec_add(ret, file->path);
	}
	return 0;
}

static int write_one(int dir, const struct project_file *file, bool may_replace, struct err *err)
{
	AUTO(freep) char *parent = path_dir(file->path);

	if (fs_mkdir_all(dir, parent, 0777, err) < 0)
		return -1;
	if (!may_replace)
		return fs_write_file_new(dir, file->path, file->text, file->len, file->mode, err);
	return fs_write_file_atomic(dir, file->path, file->text, file->len, file->mode, err);
}

int project_write(const struct project *project, const char *dir, bool may_replace, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (fs_mkdir_all(AT_FDCWD, dir, 0777, err) < 0 ||
	    fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	VEC_FOREACH(file, project) {
		if (write_one(fd, file, may_replace, err) < 0)
			return -1;
	}
	return 0;
}
