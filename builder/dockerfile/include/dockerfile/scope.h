/*
 * What a name means at a place of the file: global ARGs, build arguments, predefined ARGs, ARG and ENV of a stage, as the
 * instructions are walked in order. Pure; used by the lint rules and by the solver.
 *
 *	global_scope_init(&globals, &request);
 *	for each ARG before the first FROM:  global_scope_arg(&globals, &instruction, ...)
 *	stage_scope_init(&scope, &globals, base_env)  or  stage_scope_inherit(&scope, &base_scope)
 *	for each instruction:  ENV -> stage_scope_env(), ARG -> stage_scope_arg(),
 *	                       else -> expand_word() with stage_scope_expander()
 *
 * An ARG behind an ENV of the same name shadows it (as BuildKit's code does); an ENV behind an ARG wins.
 */
#ifndef DOCKERFILE_SCOPE_H
#define DOCKERFILE_SCOPE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/expand.h"

/* All borrowed for the life of the scopes. */
struct scope_request {
	const struct strmap *build_args; /* --build-arg; a NULL value counts as not given */
	const char *build_platform;      /* "linux/amd64" */
	const char *target_platform;     /* "linux/arm/v7" */
	const char *target_stage;        /* NULL = "default" */
	char escape;                     /* the file's */
};

struct global_scope {
	struct scope_request request;
	struct strmap predefined; /* TARGETARCH and its like */
	struct strmap args;       /* value NULL = declared without one */
	struct strmap vars;       /* what expands in a FROM: both of the above, with values */
};

void global_scope_init(struct global_scope *scope, const struct scope_request *request);
void global_scope_release(struct global_scope *scope);
/* An ARG before the first FROM. `names` may be NULL, here and below. */
WARN_UNUSED int global_scope_arg(struct global_scope *scope, const struct instruction *arg,
				 struct expand_names *names, struct err *err);
/* For image and --platform of a FROM. Valid as long as the scope. */
struct expander global_scope_expander(const struct global_scope *scope);

struct stage_scope {
	const struct global_scope *globals;
	struct strmap
		vars; /* what expands, and what a RUN gets besides the proxies: ENV and ARG, the later wins */
	struct strmap env;  /* ENV alone: the image config's */
	struct strmap args; /* ARGs declared so far; value NULL = none: history, cache key */
};

/* On an image: `base_env` is its Config.Env (NULL = none); a missing PATH gets the default one. */
void stage_scope_init(struct stage_scope *scope, const struct global_scope *globals,
		      const struct strmap *base_env);
/* On another stage as it stood at its end. */
void stage_scope_inherit(struct stage_scope *scope, const struct stage_scope *base);
void stage_scope_release(struct stage_scope *scope);

WARN_UNUSED int stage_scope_arg(struct stage_scope *scope, const struct instruction *arg,
				struct expand_names *names, struct err *err);
/* All pairs see the values from before the instruction. */
WARN_UNUSED int stage_scope_env(struct stage_scope *scope, const struct instruction *env,
				struct expand_names *names, struct err *err);
struct expander stage_scope_expander(const struct stage_scope *scope);

/* HTTP_PROXY and the like: given as build arguments they reach a RUN, but neither history nor cache key. */
bool scope_is_proxy(const char *name);
/* Names that a builder knows without an ARG: BUILDKIT_*, SOURCE_DATE_EPOCH, proxies. */
bool scope_is_builtin(const char *name);

#define SCOPE_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#endif
