/*
 * What differs between two definitions of a step (key.h), for people: "src/main.c changed", "ARG
 * VERSION: 1 -> 2". Pure.
 */
#ifndef SOLVE_DEFINITION_DIFF_H
#define SOLVE_DEFINITION_DIFF_H

#include "base/str.h"
#include "base/vec.h"

/* What a definition does not say itself. */
struct definition_names {
	struct strvec sources; /* the paths of what is copied or mounted, in order, as written */
	struct strvec args;    /* variables that are ARGs */
};

void definition_names_release(struct definition_names *names);
/* Of all differences the first, as `after` has them in order; NULL = they say the same. The caller frees. */
char *definition_compare(struct span before, struct span after,
			 const struct definition_names *names);

#endif
