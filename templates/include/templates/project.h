/*
 * The files that a template makes, first in memory, then on the disk: all that can be wrong is found
 * out before anything is written.
 */
#ifndef TEMPLATES_PROJECT_H
#define TEMPLATES_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "templates/template.h"

struct project_file {
	char *path; /* clean, relative, below the project's directory; no part of it is .git */
	char *text;
	size_t len;
	mode_t mode;
};

struct project {
	struct project_file *items; /* by the template's paths */
	size_t len, cap;
};

#define PROJECT_INIT          \
	{                     \
		.items = NULL \
	}

/* ERR_INPUT with the file for what its tags, its name or two equal names have wrong. */
WARN_UNUSED int project_render(const struct template *template, const struct strmap *values,
			       struct project *ret, struct err *err);
void project_release(struct project *project);
void project_remove(struct project *project, size_t index);
bool project_has(const struct project *project, const char *path);

/*
 * Appends the files that are there already. ERR_INPUT when one could not be written whatever the user
 * allows: a directory or a symbolic link is in its way. A `dir` that does not exist is fine.
 */
WARN_UNUSED int project_find_existing(const struct project *project, const char *dir,
				      struct strvec *ret, struct err *err);
/*
 * Writes all of them, each whole or not at all; makes `dir`. A file that is there is replaced if that may be, else it ends
 * here: somebody has made it since project_find_existing().
 */
WARN_UNUSED int project_write(const struct project *project, const char *dir, bool may_replace,
			      struct err *err);

/* Can it name a project, its image and its services? ERR_USAGE says what can. */
WARN_UNUSED int project_check_name(const char *name, struct err *err);
/* A name like `text`, such as that of a directory; "app" when nothing of it can stand in one. */
char *project_name_like(const char *text);

#endif
