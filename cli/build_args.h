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
	struct strvec files; /* one Dockerfile, or compose files */
	const char *target;
	struct strvec platforms, boards;
	bool machines_said; /* not only by the environment or a file */
	struct strvec build_args;
	struct strvec named_contexts;
	/* Of a service; no option says it. */
	const char *dockerfile_text; /* and `files` is what it is called */
};

/* "The compose project" */
struct build_project_args {
	struct strvec profiles, env_files;
	const char *name, *directory;
};

/* "What RUN gets" */
struct build_run_args {
	struct strvec volumes;
	struct strvec ssh, secrets;
	struct strvec limits, hosts, dns;
	const char *shm_size, *network;
	struct strvec allowed;
};

/* "Result" */
struct build_result_args {
	struct strvec tags, outputs, labels, annotations, attestations;
	const char *provenance, *sbom;
	bool push, load, label_vcs;
	int compression; /* index among build_compressions */
	const char *iidfile, *metadata_file;
	bool print;
};

/* "How" */
struct build_how_args {
	const char *call;
	bool check;
	bool pull, insecure, verbose, quiet;
	const char *secrets; /* of registries */
	int jobs;
	int progress;
	const char *trace;
};

/* "Cache" */
struct build_cache_args {
	bool no_cache;
	struct strvec no_cache_stages;
	struct strvec from, to;
	bool explain;
};

struct build_args {
	struct strvec operands; /* one context, or services */
	struct build_source_args source;
	struct build_project_args project;
	struct build_run_args run;
	struct build_result_args result;
	struct build_cache_args cache;
	struct build_how_args how;
};

/* "auto", then those of enum compression. */
extern const char *const build_compressions[];
extern const struct cli_option build_options[];

#endif
