#include "dockerfile_choice.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"

void dockerfile_choice_release(struct dockerfile_choice *choice)
{
	free(choice->path);
	*choice = (struct dockerfile_choice){ .path = NULL };
}

/* *ret_templates tells how many of them, from the first, are templates. */
static void list_candidates(const struct dockerfile_question *question, struct strvec *ret,
			    size_t *ret_templates)
{
	const char *name = question->name ? question->name : "Dockerfile";

	if (question->board)
		strvec_addf(ret, "%s.%s", name, question->board);
	if (question->arch)
		strvec_addf(ret, "%s.%s", name, question->arch);
	if (question->board)
		strvec_addf(ret, "%s.template", name);
	*ret_templates = ret->len;
	strvec_add(ret, name);
	if (!question->name)
		strvec_add(ret, "dockerfile");
}

/* What a board would choose from: NAME.template, else the first by name of NAME.SOMETHING; NULL when there is none. */
static char *find_for_boards(const char *dir_path, const char *name)
{
	AUTO(freep) char *prefix = xasprintf("%s.", path_base(name));
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *template = xasprintf("%stemplate", prefix);
	AUTO(dir_closep) DIR *dir = dir_open(AT_FDCWD, dir_path, 0);
	const struct dirent *entry;

	while (dir && (entry = dir_next(dir))) {
		if (str_has_prefix(entry->d_name, prefix) && entry->d_name[strlen(prefix)] &&
		    !str_has_suffix(entry->d_name, ".dockerignore"))
			strvec_add(&names, entry->d_name);
	}
	strvec_sort(&names);
	if (strvec_contains(&names, template))
		return TAKE(template);
	return names.len > 0 ? xstrdup(names.items[0]) : NULL;
}

static int hint_at_other_file(const struct dockerfile_question *question, struct err *err)
{
	AUTO(freep)
	char *other =
		find_for_boards(question->dir, question->name ? question->name : "Dockerfile");

	if (!other && question->name)
		return -1;
	if (!other)
		return err_hint(err, "name it with -f FILE, or give the directory that holds it");
	if (str_has_suffix(other, ".template"))
		return err_hint(err, "'%s' is filled in for a board: name one with --board", other);
	return err_hint(err, "is '%s' meant? name it with -f, or choose it by --board", other);
}

static int not_found(const struct dockerfile_question *question, const struct strvec *candidates,
		     struct err *err)
{
	AUTO(freep) char *names = strvec_join(candidates, ", ");

	if (question->name && !question->board) {
		(void)err_set(err, ERR_NOT_FOUND, "there is no file '%s'", question->name);
		return strchr(question->name, '/') ? -1 : hint_at_other_file(question, err);
	}
	(void)err_set(err, ERR_NOT_FOUND, "no Dockerfile in '%s'", question->dir);
	if (question->board)
		return err_hint(err, "for board '%s' it can be one of: %s", question->board, names);
	return hint_at_other_file(question, err);
}

int dockerfile_choose(const struct dockerfile_question *question, struct dockerfile_choice *ret,
		      struct err *err)
{
	AUTO(strvec_release) struct strvec candidates = STRVEC_INIT;
	size_t templates = 0;

	list_candidates(question, &candidates, &templates);
	for (size_t i = 0; i < candidates.len; i++) {
		const char *name = candidates.items[i];
		AUTO(freep)
		char *path =
			path_is_absolute(name) ? xstrdup(name) : path_join(question->dir, name);

		if (!fs_exists(AT_FDCWD, path))
			continue;
		ret->path = xstrdup(name);
		ret->is_template = i < templates;
		return 0;
	}
	return not_found(question, &candidates, err);
}
