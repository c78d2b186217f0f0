/*
 * What tests of the solver share: a Dockerfile's text to a graph, with base images made up on the
 * spot.
 */
#ifndef PLANNED_H
#define PLANNED_H

#include "base/diag.h"
#include "solve/plan.h"

struct planned {
	struct base_finder finder;
	const char *env;      /* NAME=VALUE of every base image; NULL = none */
	const char *on_build; /* its only trigger; NULL = none */
	struct base_image image;
	unsigned asked; /* how often a base was looked for */

	struct diags diags;
	struct dockerfile file;
	struct strmap build_args;
	const char *target, *cpu_model;
	struct context_files context; /* for tests to fill */
	struct step_settings settings;
	struct platform platform, build_platform;
	bool platform_is_given;
	struct graph graph;
	struct planned_image result;
};

/* For linux/arm/v7 on linux/amd64. */
void planned_init(struct planned *planned);
void planned_release(struct planned *planned);
int planned_make(struct planned *planned, const char *text, struct err *err);
/*
 * The graph as text, and the history one line each behind it: "= COPY a b" with a layer, "- ENV
 * A=1" without.
 */
char *planned_dump(const struct planned *planned);

#endif
