/*
 * A command as constant data. Each cmd_<name>.c holds its args struct, its options, its examples
 * and what it does; commands.c lists them once, and everything else goes over that list.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "option.h"

struct app;

/* Sections of the overview that `edgectl help` prints. */
enum command_group {
	GROUP_BUILD,
	GROUP_IMAGE,
	GROUP_PROJECT,
	GROUP_DEVICE,
	GROUP_FLEET,
	GROUP_OTHER,
	GROUP_COUNT
};

struct cli_example {
	const char *text; /* what it does, a sentence with a colon at its end */
	const char *command;
};

struct cli_command {
	const char *name; /* one word, or a topic and another: "board ls" */
	enum command_group group;
	bool hidden;
	bool ignores_config; /* runs whatever the files of the configuration say, also when they are wrong */
	const char *summary; /* one line, imperative, no full stop */
	const char *details; /* paragraphs between empty lines; NULL = none */
	const char *manual;  /* more paragraphs, for the manual page only; NULL = none */
	const struct cli_option *options;
	size_t args_size;                   /* of the struct that `options` fill; 0 = none */
	const struct cli_example *examples; /* ends with text NULL; NULL = none */
	/* An exit code, or -1 with err filled. */
	int (*run)(struct app *app, const void *args, struct err *err);
};

#define COMMAND_FOREACH(command)                                                                \
	for (const struct cli_command *const *next_ = cli_commands, *command = *next_; command; \
	     command = *++next_)

extern const struct cli_command *const cli_commands[];

/* The first word of commands that have two. */
struct cli_topic {
	const char *name; /* NULL ends the table */
	const char *summary;
};

#define TOPIC_FOREACH(topic) for (const struct cli_topic *topic = cli_topics; topic->name; topic++)

extern const struct cli_topic cli_topics[];

/* NULL when there is none of that name. */
const struct cli_command *command_find(const char *name);
const struct cli_topic *topic_find(const char *name);
/* The second word of a command of that topic; NULL for any other command. */
const char *topic_verb(const struct cli_topic *topic, const struct cli_command *command);
/* The name with `separator` in place of the blank. */
void command_add_name(const struct cli_command *command, char separator, struct str *out);
/* As it is called: "edgectl push [OPTION]... IMAGE...". */
void command_synopsis(const struct cli_command *command, struct str *out);
/*
 * The command whose name the first word, or the first two, of the NULL-ended `words` are; *ret_count
 * tells how many. Fails with ERR_USAGE and the nearest name.
 */
WARN_UNUSED int command_require(char **words, const struct cli_command **ret, size_t *ret_count,
				struct err *err);
const char *command_group_title(enum command_group group);

#endif
