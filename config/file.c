#include "file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/vec.h"
#include "check.h"
#include "config/config.h"

/* --- finding --- */

/* Also in a container, where a bound project belongs to somebody else altogether. */
static bool is_trusted(const struct stat *file, const struct stat *here)
{
	return file->st_uid == 0 || file->st_uid == geteuid() || file->st_uid == here->st_uid;
}

static void find_from(const char *cwd, const struct stat *here, char **ret_path, char **ret_name,
		      char **ret_skipped)
{
	AUTO(freep) char *dir = xstrdup(cwd), *name = xstrdup(CONFIG_PROJECT_FILE);

	for (;;) {
		AUTO(freep) char *path = path_join(dir, CONFIG_PROJECT_FILE);
		struct stat st;
		bool is_there = stat(path, &st) == 0 && S_ISREG(st.st_mode);

		if (is_there && is_trusted(&st, here)) {
			*ret_path = TAKE(path);
			*ret_name = TAKE(name);
			return;
		}
		if (is_there && !*ret_skipped)
			*ret_skipped = xstrdup(path);
		if (str_eq(dir, "/"))
			return;
		char *parent = path_dir(dir), *longer = xasprintf("../%s", name);

		free(dir);
		dir = parent;
		free(name);
		name = longer;
	}
}

void config_file_find(char **ret_path, char **ret_name, char **ret_skipped)
{
	AUTO(freep) char *cwd = getcwd(NULL, 0);
	struct stat here;

	/* One that was removed under our feet holds no project; what needs it will say so. */
	if (cwd && stat(cwd, &here) == 0)
		find_from(cwd, &here, ret_path, ret_name, ret_skipped);
}

/* --- reading --- */

static void use_document(struct config_file *file, const struct yaml_documents *documents,
			 enum config_place place)
{
	if (documents->len > 1)
		(void)yaml_problem(&documents->items[1]->mark, DIAG_ERROR,
				   "the configuration is one document");
	if (documents->len == 0)
		return;
	config_check_document(documents->items[0], place);
	if (yaml_is(documents->items[0], YAML_MAP))
		file->document = documents->items[0];
}

int config_file_read(const char *path, const char *name, enum config_place place,
		     struct arena *arena, struct config_file *ret, struct err *err)
{
	struct yaml_documents documents = { .items = NULL };

	if (fs_read_file(AT_FDCWD, path, LIMIT_YAML, &ret->text, err) < 0)
		return -1;
	ret->path = xstrdup(name);
	ret->dir = path_dir(path);
	diags_init(&ret->diags, name, str_span(&ret->text));
	if (yaml_parse(arena, &ret->diags, &documents) == 0)
		use_document(ret, &documents, place);
	return diags_check(&ret->diags, err);
}

void config_file_release(struct config_file *file)
{
	free(file->path);
	free(file->dir);
	diags_release(&file->diags);
	str_release(&file->text);
	*file = (struct config_file)CONFIG_FILE_INIT;
}

const struct yaml_entry *config_file_entry(const struct config_file *file, const char *name)
{
	const char *dot = strchr(name, '.');
	AUTO(freep) char *section = dot ? xstrndup(name, (size_t)(dot - name)) : NULL;

	return dot ? yaml_entry(yaml_get(file->document, section), dot + 1)
		   : yaml_entry(file->document, name);
}
