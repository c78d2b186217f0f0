/*
 * A Dockerfile as typed data: global ARGs, stages, and instructions with their flags and arguments checked.
 *
 *	AUTO(dockerfile_release) struct dockerfile file = DOCKERFILE_INIT;
 *	AUTO(diags_release) struct diags diags;
 *
 *	diags_init(&diags, "Dockerfile", text);
 *	if (dockerfile_parse(text, &file, &diags) < 0)
 *		return diags_check(&diags, err);
 *
 * Values are as written: variables are expanded later, stage by stage, by dockerfile/scope.h. Which of them are expanded
 * at all stands at each member: (e) is expanded, the others never.
 */
#ifndef DOCKERFILE_DOCKERFILE_H
#define DOCKERFILE_DOCKERFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "dockerfile/mount.h"
#include "dockerfile/parser.h"

enum instruction_kind {
	INSTRUCTION_ADD,
	INSTRUCTION_ARG,
	INSTRUCTION_CMD,
	INSTRUCTION_COPY,
	INSTRUCTION_ENTRYPOINT,
	INSTRUCTION_ENV,
	INSTRUCTION_EXPOSE,
	INSTRUCTION_FROM, /* never in a stage's list: it is the stage */
	INSTRUCTION_HEALTHCHECK,
	INSTRUCTION_LABEL,
	INSTRUCTION_MAINTAINER,
	INSTRUCTION_ONBUILD,
	INSTRUCTION_RUN,
	INSTRUCTION_SHELL,
	INSTRUCTION_STOPSIGNAL,
	INSTRUCTION_USER,
	INSTRUCTION_VOLUME,
	INSTRUCTION_WORKDIR,
};

#define INSTRUCTION_KINDS (INSTRUCTION_WORKDIR + 1)

/* "RUN"; never NULL. */
const char *instruction_name(enum instruction_kind kind);

/* CMD, ENTRYPOINT, HEALTHCHECK, RUN, SHELL. */
struct command {
	bool exec_form; /* a JSON array: `words` is argv, possibly empty; else words[0] is the text for the shell */
	struct words words;
};

enum run_form {
	RUN_EXEC,   /* argv */
	RUN_SHELL,  /* `script` is for the shell: SHELL... script */
	RUN_SCRIPT, /* `script` begins with #!: to be written to an executable file and run */
};

enum run_network { RUN_NETWORK_DEFAULT, RUN_NETWORK_NONE, RUN_NETWORK_HOST };
enum run_security { RUN_SECURITY_SANDBOX, RUN_SECURITY_INSECURE };

struct run_instruction {
	struct command command;
	enum run_form form;
	const char *script; /* RUN_EXEC: NULL. Heredoc bodies are in place, tabs of `<<-` dropped */
	const char *script_name; /* RUN_SCRIPT: the heredoc's name, for the file's */
	struct mount_specs mounts;
	enum run_network network;
	enum run_security security;
};

/* One source of COPY or ADD. */
struct copy_source {
	struct word path; /* (e) unless heredoc */
	const struct heredoc *
		heredoc; /* a file of that name with that body, (e) when heredoc->expand; else NULL */
};

struct copy_sources {
	struct copy_source *items;
	size_t len, cap;
};

enum copy_unpack { COPY_UNPACK_AUTO, COPY_UNPACK_ALWAYS, COPY_UNPACK_NEVER };

/* COPY and ADD. Absent flags: text NULL. */
struct copy_instruction {
	struct copy_sources sources;
	struct word dest;      /* (e) */
	struct word from;      /* COPY: stage name, number, image or named context */
	struct word chown;     /* (e) */
	struct word chmod;     /* (e) octal or symbolic; checked by the solver after expansion */
	struct word checksum;  /* (e) ADD */
	struct words excludes; /* ignore-file syntax */
	bool link, parents;
	bool keep_git_dir, keep_git_dir_set; /* ADD */
	enum copy_unpack unpack;             /* ADD */
};

/* name=value of ENV and LABEL. */
struct pair {
	struct word name;  /* (e) */
	struct word value; /* (e) quotes and escapes untouched until then */
	bool legacy;       /* `ENV name value` */
};

struct pairs {
	struct pair *items;
	size_t len, cap;
};

/* One name[=default] of ARG. */
struct arg {
	struct word name;  /* never expanded */
	struct word value; /* (e) text NULL = no default */
};

struct args {
	struct arg *items;
	size_t len, cap;
};

struct from_instruction {
	struct word image;    /* (e) global ARGs only */
	struct word platform; /* (e) global ARGs only; text NULL = none */
	struct word name;     /* as written; text NULL = none */
	struct word as;       /* the word AS as written; text NULL = none */
};

struct healthcheck_instruction {
	bool none; /* HEALTHCHECK NONE; the rest is unset */
	struct command command;
	int64_t interval_ns, timeout_ns, start_period_ns, start_interval_ns; /* 0 = not given */
	int retries;                                                         /* 0 = not given */
};

struct instruction;

struct onbuild_instruction {
	const char *text; /* verbatim, as the image config keeps it */
	const struct instruction *trigger;
};

struct instruction {
	enum instruction_kind kind;
	struct word name;        /* as written */
	const struct node *node; /* lines, original text, comments, heredocs */
	unsigned start, end;
	union {
		struct run_instruction run;
		struct copy_instruction copy; /* COPY and ADD */
		struct pairs pairs;           /* ENV and LABEL */
		struct args args;             /* ARG */
		struct from_instruction from;
		struct command command; /* CMD, ENTRYPOINT, SHELL */
		struct healthcheck_instruction healthcheck;
		struct words words; /* (e) EXPOSE (re-split after expansion), VOLUME */
		struct word word;   /* (e) USER, WORKDIR, STOPSIGNAL; MAINTAINER (never expanded) */
		struct onbuild_instruction onbuild;
	};
};

struct instructions {
	struct instruction *items;
	size_t len, cap;
};

struct stage {
	unsigned index;
	const char *name; /* lower case; NULL = none */
	struct instruction from;
	struct instructions instructions;
};

struct stages {
	struct stage *items;
	size_t len, cap;
};

struct dockerfile {
	struct syntax_tree tree;         /* owns all memory */
	struct instructions global_args; /* ARG before the first FROM */
	struct stages stages;
	struct instructions
		all; /* every instruction that could be read, FROM too, in the order of the file */
};

#define DOCKERFILE_INIT                  \
	{                                \
		.tree = SYNTAX_TREE_INIT \
	}

/*
 * Both passes. All problems of the file go to `diags` (initialised with the file's name and this text); -1 when there was
 * an error: `ret` then holds what could be read, for the lint rules, and must be released as well.
 */
WARN_UNUSED int dockerfile_parse(struct span text, struct dockerfile *ret, struct diags *diags);
void dockerfile_release(struct dockerfile *file);

/*
 * One instruction from text alone, as an image's OnBuild list keeps it; memory of `file` (which may be empty but must be
 * initialised by a parse). NULL and `diags` filled when it is wrong, or is one that ONBUILD does not allow.
 */
const struct instruction *instruction_parse_trigger(struct dockerfile *file, const char *text,
						    struct diags *diags);

/*
 * The latest stage before `before` of that name: what FROM (case as it is) and COPY --from (`ignore_case`) mean. NULL = it is an
 * image or a named context.
 */
const struct stage *dockerfile_find_stage(const struct dockerfile *file, const char *name,
					  unsigned before, bool ignore_case);
/*
 * COPY --from=TEXT and mount from=TEXT of stage `user`: a name or a number. *ret is NULL when it is none of this file's stages.
 * ERR_INPUT for the stage itself, a later one, or a number that is not there; err's hint names the nearest stage.
 */
WARN_UNUSED int dockerfile_resolve_from(const struct dockerfile *file, const struct stage *user,
					const char *text, const struct stage **ret,
					struct err *err);
/* What is wrong with it even where its stage is not built: that it means a later one is not. */
WARN_UNUSED int dockerfile_check_from(const struct dockerfile *file, const struct stage *user,
				      const char *text, struct err *err);
/* The stage whose name is nearest to one that was not found, for hints; NULL = none. */
const char *dockerfile_nearest_stage(const struct dockerfile *file, const char *name);
/* `--target`; NULL = the last. ERR_INPUT with the nearest name when there is no such stage. */
WARN_UNUSED int dockerfile_target(const struct dockerfile *file, const char *name,
				  const struct stage **ret, struct err *err);

/* A signal's name, with or without SIG, or its number: what STOPSIGNAL may hold after expansion. */
bool signal_is_valid(const char *text);

/* A Go duration, "1m30s", in nanoseconds; negative ones are errors. */
WARN_UNUSED int duration_parse(const char *text, int64_t *ret_ns, struct err *err);

#endif
