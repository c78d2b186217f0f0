/*
 * The words of `edgectl build` as the option table leaves them, in the groups that its help has. What
 * they mean is build_plan.h's to find out.
 */
#ifndef CLI_BUILD_ARGS_H
#define CLI_BUILD_ARGS_H

#include <stdbool.h>

#include "base/vec.h"
#include "option.h"

/* "What to build" */
struct build_source_args {
	const char *file, *target;
	struct strvec platforms, boards;
	struct strvec build_args;
	struct strvec named_contexts;
};

/* "What RUN gets" */
struct build_run_args {
	struct strvec volumes;
	struct strvec ssh;
};

/* "Result" */
struct build_result_args {
	struct strvec tags, outputs, labels, annotations;
	bool push, load;
	const char *iidfile, *metadata_file;
};

/* "How" */
struct build_how_args {
	const char *call;
	bool check;
	bool pull, insecure, quiet;
	int jobs;
	int progress;
};

/* "Cache" */
struct build_cache_args {
	bool no_cache;
	struct strvec no_cache_stages;
	struct strvec from, to;
};

struct build_args {
	struct strvec contexts;
	struct build_source_args source;
	struct build_run_args run;
	struct build_result_args result;
	struct build_cache_args cache;
	struct build_how_args how;
};

extern const struct cli_option build_options[];

#endif
