/* The build checks over what a build reads first, with the variables of its base images. */
#ifndef DRIVER_SOURCE_LINT_H
#define DRIVER_SOURCE_LINT_H

#include <stdbool.h>

#include "builder/build.h"
#include "solve/plan.h"
#include "source.h"

/* All borrowed. */
struct source_lint {
	const struct build_request *request;
	const struct strmap *build_args; /* with values from the environment */
	const struct platform *platform, *build_platform;
	bool all_stages;                 /* also those that the target does not need */
	struct base_finder *bases;       /* NULL = no image is asked for anything */
	struct context_finder *contexts; /* NULL = no other target is planned yet */
	/* filled: */
	bool bases_unknown; /* base images were not to be had, of which it could be told more */
	bool wants_bases;   /* with the variables of base images the result may be another */
};

/*
 * Adds warnings and errors to source->diags. Called again it replaces what it found before: first without
 * base images, and when it wants them (it does when something is wrong), once more.
 */
void source_lint(struct build_source *source, struct source_lint *lint);

/*
 * All warnings as events, sorted, when the checks are through. Without `bases_known` those are left out that base
 * images could refute.
 */
void source_emit_warnings(struct build_source *source, bool bases_known,
			  const struct monitor *monitor);

#endif
