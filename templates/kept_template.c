#include "templates/kept_template.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/path.h"
#include "template_reader.h"

#define DIR_NAME    "templates"
#define FILES_NAME  "files"
#define ORIGIN_NAME "origin.json"

void template_origin_release(struct template_origin *origin)
{
	free(origin->where);
	free(origin->commit);
	*origin = (struct template_origin){ .where = NULL };
}

/* --- where they are --- */

static int shelf_path(char **ret, struct err *err)
{
	AUTO(freep) char *home = NULL;

	if (fs_config_home(&home, err) < 0)
		return -1;
	*ret = path_join(home, DIR_NAME);
	return 0;
}

static bool is_name(const char *name)
{
	if (!isalnum((unsigned char)*name))
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	}
	return true;
}

static int copy_path(const char *name, char **ret, struct err *err)
{
	AUTO(freep) char *shelf = NULL;

	if (shelf_path(&shelf, err) < 0)
		return -1;
	*ret = path_join(shelf, name);
	return 0;
}

void kept_template_list(struct strvec *ret)
{
	AUTO(freep) char *shelf = NULL;
	struct dirent **entries = NULL;
	int count = shelf_path(&shelf, NULL) == 0 ? scandir(shelf, &entries, NULL, alphasort) : -1;

	for (int i = 0; i < count; i++) {
		if (is_name(entries[i]->d_name))
			strvec_add(ret, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

bool kept_template_exists(const char *name)
{
	AUTO(freep) char *path = NULL;

	return is_name(name) && copy_path(name, &path, NULL) == 0 && fs_exists(AT_FDCWD, path);
}

static int require(const char *name, char **ret_path, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	if (kept_template_exists(name))
		return copy_path(name, ret_path, err);
	kept_template_list(&names);
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_NOT_FOUND, "no template '%s' has been added", name);
	return nearest ? err_hint(err, "did you mean '%s'?", nearest)
		       : err_hint(err,
				  "'edgectl template ls' lists them, and where they came from");
}

/* --- reading --- */

int kept_template_origin(const char *name, struct template_origin *ret, struct err *err)
{
	AUTO(freep) char *path = NULL;
	AUTO(freep) char *file = NULL;
	json_auto_t *json = NULL;

	if (require(name, &path, err) < 0)
		return -1;
	file = path_join(path, ORIGIN_NAME);
	if (json_parse_file(AT_FDCWD, file, LIMIT_CONFIG_FILE, &json, err) < 0)
		return -1;
	if (!json_get_string(json, "from"))
		return err_set(err, ERR_INPUT, "'%s' has no member 'from'", file);
	ret->where = xstrdup(json_get_string(json, "from"));
	ret->commit = xstrdup_or_null(json_get_string(json, "commit"));
	return 0;
}

int kept_template_load(const char *name, struct template **ret, struct err *err)
{
	AUTO(freep) char *path = NULL;
	AUTO(freep) char *files = NULL;

	if (require(name, &path, err) < 0)
		return -1;
	files = path_join(path, FILES_NAME);
	return template_load_dir(files, ret, err);
}

/* --- writing --- */

static int check_name(const char *name, struct err *err)
{
	if (!is_name(name)) {
		(void)err_set(err, ERR_USAGE, "'%s' cannot be the name of a template", name);
		return err_hint(err, "letters, digits, '.', '_' and '-': --name NAME");
	}
	if (template_is_builtin(name)) {
		(void)err_set(err, ERR_USAGE, "'%s' is a template of edgectl's own", name);
		return err_hint(err, "keep it by another name: --name NAME");
	}
	return 0;
}

static int write_file(int dir, const char *path, struct span text, bool is_executable,
		      struct err *err)
{
	AUTO(freep) char *parent = path_dir(path);

	if (fs_mkdir_all(dir, parent, 0755, err) < 0)
		return -1;
	return fs_write_file_atomic(dir, path, text.ptr, text.len, is_executable ? 0755 : 0644,
				    err);
}

static int write_files(const char *work, const struct template *template, struct err *err)
{
	AUTO(freep) char *files = path_join(work, FILES_NAME);
	AUTO(fd_closep) int fd = -1;

	if (fs_mkdir_all(AT_FDCWD, files, 0755, err) < 0 ||
	    fd_open(AT_FDCWD, files, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0 ||
	    write_file(fd, TEMPLATE_MANIFEST, template->manifest_text, false, err) < 0)
		return -1;
	VEC_FOREACH(file, &template->files) {
		if (write_file(fd, file->path, file->text, file->is_executable, err) < 0)
			return -1;
	}
	return 0;
}

static int write_origin(const char *work, const struct template_origin *origin, struct err *err)
{
	AUTO(freep) char *path = path_join(work, ORIGIN_NAME);
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *json = json_object();

	json_set_string(json, "from", origin->where);
	if (origin->commit)
		json_set_string(json, "commit", origin->commit);
	json_write_pretty(json, &text);
	return fs_write_file_atomic(AT_FDCWD, path, text.ptr, text.len, 0644, err);
}

/* What `work` is afterwards, the old copy or the new one, is to go. */
static int swap_in(const char *work, const char *path, struct err *err)
{
	if (renameat2(AT_FDCWD, work, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return fs_remove_all(AT_FDCWD, work, err);
	if (errno == ENOENT && rename(work, path) == 0)
		return 0;
	return err_errno(err, "rename '%s'", work);
}

int kept_template_save(const char *name, const struct template *template,
		       const struct template_origin *origin, struct err *err)
{
	AUTO(freep) char *shelf = NULL;
	AUTO(freep) char *path = NULL;
	AUTO(freep) char *prefix = NULL;
	AUTO(freep) char *work = NULL;
	AUTO(err_release) struct err ignored = ERR_INIT;

	if (check_name(name, err) < 0 || shelf_path(&shelf, err) < 0 ||
	    fs_mkdir_all(AT_FDCWD, shelf, 0755, err) < 0)
		return -1;
	path = path_join(shelf, name);
	prefix = path_join(shelf, ".new-");
	if (fs_make_temp_dir(AT_FDCWD, prefix, &work, err) < 0)
		return -1;
	if (write_files(work, template, err) == 0 && write_origin(work, origin, err) == 0 &&
	    swap_in(work, path, err) == 0)
		return 0;
	if (fs_remove_all(AT_FDCWD, work, &ignored) < 0)
		err_clear(&ignored); /* why it failed is what the user wants to know */
	return -1;
}

int kept_template_remove(const char *name, struct err *err)
{
	AUTO(freep) char *path = NULL;

	return require(name, &path, err) < 0 ? -1 : fs_remove_all(AT_FDCWD, path, err);
}
