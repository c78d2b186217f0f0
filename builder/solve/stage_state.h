/* A stage while its instructions are worked off: what the next instruction starts from. */
#ifndef SOLVE_STAGE_STATE_H
#define SOLVE_STAGE_STATE_H

#include "dockerfile/scope.h"
#include "solve/plan.h"

struct plan;

struct stage_state {
	struct plan *plan;
	const struct stage *stage;
	bool is_planned;
	struct platform platform;
	struct stage_scope scope;
	struct image_config config;
	struct planned_lines lines;
	struct vertex *top;
	unsigned step, total; /* of the steps shown: FROM image, RUN, COPY, ADD, WORKDIR */
	bool cmd_is_own;      /* CMD was set in this stage: ENTRYPOINT leaves it */
};

struct stage_states {
	struct stage_state *items;
	size_t len, cap;
};

struct plan {
	const struct plan_request *request;
	struct graph *graph;
	char build_platform[PLATFORM_TEXT_MAX], target_platform[PLATFORM_TEXT_MAX];
	struct global_scope globals;
	struct stage_states stages; /* one per stage of the file, most of them never planned */
};

/*
 * Another stage's files, an image's, or a named context's: what COPY --from and mounts name. Of the
 * latter *ret is NULL and *ret_files set.
 */
WARN_UNUSED int plan_source(struct stage_state *state, struct word from, struct vertex **ret,
			    const struct context_files **ret_files, struct err *err);
/* A COPY of all of a named context to the root, as the first step of a stage. */
void plan_copy_all(struct stage_state *state, const struct context_files *files, const char *name);

/*
 * Expands a word; *ret is NULL when the word is absent. The span of err is the place in the file.
 * The caller frees.
 */
WARN_UNUSED int stage_expand(const struct stage_state *state, struct word word, char **ret,
			     struct err *err);
/* Fills the span of err with a word unless it has a place already, and returns -1. */
int word_error(const struct stage_state *state, struct word word, struct err *err);

/* The shell that runs shell forms. */
void stage_shell(const struct stage_state *state, struct strvec *ret);
/* argv of a CMD, ENTRYPOINT or RUN. */
void stage_argv(const struct stage_state *state, const struct command *command, struct strvec *ret);
const char *stage_directory(const struct stage_state *state);

/* A line of history; takes the text. `vertex` NULL = no layer. */
void stage_add_history(struct stage_state *state, char *owned_created_by, struct vertex *vertex);
/* "[linux/arm64 builder 2/5] " for the step it is at; the caller frees. */
char *stage_step_prefix(const struct stage_state *state);
/* A step on top of the stage's files, named and numbered; it is the new top. */
struct vertex *stage_add_vertex(struct stage_state *state, enum vertex_kind kind,
				const struct instruction *instruction);

/* Instructions that change the configuration only. */
WARN_UNUSED int config_change(struct stage_state *state, const struct instruction *instruction,
			      struct err *err);
/* RUN, COPY, ADD, WORKDIR. */
WARN_UNUSED int plan_run(struct stage_state *state, const struct instruction *instruction,
			 struct err *err);
WARN_UNUSED int plan_copy(struct stage_state *state, const struct instruction *instruction,
			  struct err *err);
WARN_UNUSED int plan_workdir(struct stage_state *state, const struct instruction *instruction,
			     struct err *err);

#endif
