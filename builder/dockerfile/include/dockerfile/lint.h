/*
 * The build checks (`--check`), rule names and messages as BuildKit's: warnings about what builds but is likely wrong.
 *
 *	struct lint_request request = { .scope = ..., .all_stages = true };
 *	lint_run(&file, &request, &diags);
 *
 * What needs a base image (InvalidBaseImagePlatform, and which variables there are) is found as far as the images
 * are known to the caller.
 */
#ifndef DOCKERFILE_LINT_H
#define DOCKERFILE_LINT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/diag.h"
#include "base/map.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/scope.h"
#include "image/platform.h"

#define LINT_RULES 22

enum lint_rule {
	LINT_CONSISTENT_INSTRUCTION_CASING,
	LINT_COPY_IGNORED_FILE,
	LINT_DUPLICATE_STAGE_NAME,
	LINT_EXPOSE_INVALID_FORMAT,
	LINT_EXPOSE_PROTO_CASING,
	LINT_FROM_AS_CASING,
	LINT_FROM_PLATFORM_FLAG_CONST_DISALLOWED,
	LINT_INVALID_BASE_IMAGE_PLATFORM,
	LINT_INVALID_DEFAULT_ARG_IN_FROM,
	LINT_INVALID_DEFINITION_DESCRIPTION, /* experimental: only when asked for */
	LINT_JSON_ARGS_RECOMMENDED,
	LINT_LEGACY_KEY_VALUE_FORMAT,
	LINT_MAINTAINER_DEPRECATED,
	LINT_MULTIPLE_INSTRUCTIONS_DISALLOWED,
	LINT_NO_EMPTY_CONTINUATION,
	LINT_REDUNDANT_TARGET_PLATFORM,
	LINT_RESERVED_STAGE_NAME,
	LINT_SECRETS_USED_IN_ARG_OR_ENV,
	LINT_STAGE_NAME_CASING,
	LINT_UNDEFINED_ARG_IN_FROM,
	LINT_UNDEFINED_VAR,
	LINT_WORKDIR_RELATIVE_PATH,
};

struct lint_rule_info {
	const char *name;        /* "StageNameCasing" */
	const char *description; /* one sentence */
	bool experimental;
};

const struct lint_rule_info *lint_rule_info(enum lint_rule rule);

/* `check=skip=A,B|all;error=true;experimental=X|all` */
struct lint_config {
	uint32_t skip, experimental; /* bits by enum lint_rule */
	bool error;                  /* warnings fail the build */
};

/* Rule names that nobody knows are passed over, and appended to `ret_unknown` (may be NULL). */
WARN_UNUSED int lint_config_parse(const char *text, struct lint_config *ret,
				  struct strvec *ret_unknown, struct err *err);
/* The file's `# check=` directive, or the build argument BUILDKIT_DOCKERFILE_CHECK, which overrides it. */
WARN_UNUSED int lint_config_of(const struct dockerfile *file, const struct strmap *build_args,
			       struct lint_config *ret, struct strvec *ret_unknown,
			       struct err *err);

/* A base image, as far as it is known. Borrowed from who tells it. */
struct lint_base {
	const struct strmap *env;        /* NULL = unknown */
	const struct platform *platform; /* NULL = unknown */
};

struct lint_request {
	struct scope_request scope;
	const char *target; /* NULL = the last stage */
	bool all_stages;    /* --check: also those that the target does not need */
	/* Does the ignore file leave this source of a COPY out? context/ignore.h: ignore_covers_source(). */
	bool (*is_ignored)(const void *arg, const char *path); /* NULL = no ignore file */
	const void *is_ignored_arg;
	/* Can COPY or ADD take this source? `checksum` may be NULL. NULL = any. */
	int (*check_source)(const struct instruction *instruction, const char *path,
			    const char *checksum, struct err *err);
	/*
	 * Asked about every image that a stage is built on, for the platform that FROM wants. -1 when it is certain
	 * that it cannot be built on, which is an error of the file. NULL = nothing is known of any.
	 */
	int (*find_base)(const void *arg, const char *image, const struct platform *platform,
			 struct lint_base *ret, struct err *err);
	const void *find_base_arg;
};

/*
 * Adds a warning with `rule` set per violation, and an error per value that cannot be evaluated (bad
 * substitution, wrong mount option, stage that comes too late) or, where the file says check=error=true, for
 * the violations themselves. Only after the file's parse, on the same `diags`: after one that failed, the rules
 * that need no evaluation.
 */
void lint_run(const struct dockerfile *file, const struct lint_request *request,
	      struct diags *diags);

/*
 * [{"rule","line","message"}] of the warnings in `diags`, sorted by line, then message; the line is where the
 * instruction begins. The caller releases.
 */
json_t *lint_to_json(const struct dockerfile *file, const struct diags *diags);

#endif
