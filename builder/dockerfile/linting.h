/* The build checks, private: what their parts share. */
#ifndef LINTING_H
#define LINTING_H

#include "dockerfile/lint.h"

#define LINT_ALL_RULES (((uint32_t)1 << LINT_RULES) - 1)

struct linting {
	const struct dockerfile *file;
	const struct lint_request *request;
	struct lint_config config;
	struct diags *diags;
	struct global_scope globals;
};

struct lint_config lint_config_at(const struct lint_config *config, const struct node *node);
bool lint_is_on(const struct lint_config *config, enum lint_rule rule);

/* A violation at `place` of the instruction. Takes `owned_hint`, which may be NULL. */
void lint_warn(struct linting *linting, const struct instruction *instruction, enum lint_rule rule,
	       struct word place, char *owned_hint, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* A warning without a rule. Takes `owned_hint`, which may be NULL. */
void lint_add_slip(struct linting *linting, struct word place, char *owned_hint,
		   const char *message);
/* An error at `place`, or at the column within it that err's span tells. */
void lint_error(struct linting *linting, struct word place, const struct err *err);

/* Where in the word the variable of that name stands; the whole word when that cannot be told. */
struct word lint_variable_place(struct word word, const char *name);

/* Casing, names, comments: all that one instruction alone tells. */
void lint_instruction(struct linting *linting, const struct instruction *instruction);
/* The same for what the file's instructions tell together. */
void lint_file(struct linting *linting);

/* What is hardly ever meant. */
void lint_slips(struct linting *linting);

/* The global ARGs, evaluated into linting->globals, and all FROM lines. */
void lint_globals(struct linting *linting);
/* The image or stage that a FROM names, evaluated; NULL when it cannot be. The caller frees. */
char *lint_base_name(const struct linting *linting, const struct stage *stage);
/* What FROM asks for: its flag, or else what is built for. False when that cannot be told. */
bool lint_stage_platform(const struct linting *linting, const struct stage *stage,
			 struct platform *ret);
void lint_from(struct linting *linting, const struct stage *stage);

/* Values of --chmod and --chown, expanded. */
void lint_mode(struct linting *linting, struct word place, const char *value);
void lint_owner(struct linting *linting, struct word place, const char *value);
/* A source of COPY or ADD, expanded, and the value of --checksum; NULL = none. */
void lint_source(struct linting *linting, const struct instruction *instruction, struct word place,
		 const char *path, const char *checksum);

/* What is known of a stage at its end, for those built on it. */
struct lint_stage {
	bool wanted, done;
	struct stage_scope scope;
	const struct lint_stage *base; /* NULL = an image */
	const struct stage *base_stage;
	bool has_shell, has_workdir;
};

/* Evaluates the stage's instructions in order. */
void lint_stage_run(struct linting *linting, const struct stage *stage, struct lint_stage *state);

#endif
