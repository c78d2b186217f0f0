#include "dockerfile_choice.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
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

static int not_found(const struct dockerfile_question *question, const struct strvec *candidates,
		     struct err *err)
{
	AUTO(freep) char *names = strvec_join(candidates, ", ");

	if (question->name && !question->board)
		return err_set(err, ERR_NOT_FOUND, "there is no file '%s'", question->name);
	(void)err_set(err, ERR_NOT_FOUND, "no Dockerfile in '%s'", question->dir);
	if (question->board)
		return err_hint(err, "for board '%s' it can be one of: %s", question->board, names);
	return err_hint(err, "name it with -f FILE, or give the directory that holds it");
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
