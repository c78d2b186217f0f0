/*
 * Which Dockerfile of a directory is meant: balena's file customs (docs.balena.io, "Dockerfile
 * templates").
 */
#ifndef DRIVER_DOCKERFILE_CHOICE_H
#define DRIVER_DOCKERFILE_CHOICE_H

#include <stdbool.h>

#include "base/err.h"

/* All borrowed. */
struct dockerfile_question {
	const char *dir;   /* that it is looked for in */
	const char *name;  /* a path relative to `dir`, or absolute; NULL = Dockerfile */
	const char *board; /* slug, "raspberrypi4-64"; NULL = none */
	const char *arch;  /* balena's word for its processor, "aarch64"; NULL = none */
};

struct dockerfile_choice {
	char *path;       /* as `name`: relative to `dir`, or absolute */
	bool is_template; /* %%NAME%% in it is to be replaced: see dockerfile_template.h */
};

/*
 * NAME.BOARD, NAME.ARCH, NAME.template, NAME, the first that is there; the first three, which are
 * templates, only when there is a board. Without `name`, `dockerfile` comes last. ERR_NOT_FOUND
 * lists what was looked for.
 */
WARN_UNUSED int dockerfile_choose(const struct dockerfile_question *question,
				  struct dockerfile_choice *ret, struct err *err);
void dockerfile_choice_release(struct dockerfile_choice *choice);

#endif
