/*
 * Options of a command as one constant table: the parser, the help text, the manual page and the
 * completions of three shells are printers over it.
 *
 *	struct push_args { bool quiet; int jobs; struct strvec images; };
 *
 *	static const struct cli_option push_options[] = {
 *		OPTION_FLAG(struct push_args, quiet, 'q', "quiet", "Print only the digest"),
 *		OPTION_INT(struct push_args, jobs, 0, "jobs", "N", 1, 32, "Upload N blobs at once",
 *			   .fallback = "4"),
 *		OPTION_OPERANDS(struct push_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
 *		OPTION_END,
 *	};
 *
 * The type of the field is checked by the compiler. Defaults (.fallback), the words of a choice and
 * "repeatable" are printed from the table: help texts do not repeat them. What files and variables say
 * instead of a default is the parser's `find_default` to know (setting.h).
 */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/vec.h"

enum option_type {
	OPTION_TYPE_END,
	OPTION_TYPE_HEADING,  /* starts a group of the help text */
	OPTION_TYPE_FLAG,     /* bool; --name, --name=true|false as Docker's users know it */
	OPTION_TYPE_SWITCH,   /* bool; --name and --no-name */
	OPTION_TYPE_STRING,   /* const char *; borrowed from the words or from the table */
	OPTION_TYPE_INT,      /* int within min..max */
	OPTION_TYPE_CHOICE,   /* int: index into choices */
	OPTION_TYPE_LIST,     /* struct strvec: every occurrence adds one */
	OPTION_TYPE_OPERANDS, /* struct strvec: the words that are no options */
	OPTION_TYPE_HELP,
};

/* What a value is, for completion. */
enum value_kind {
	VALUE_TEXT,
	VALUE_FILE,
	VALUE_DIR,
	VALUE_CHOICE, /* the words of the table */
	VALUE_IMAGE,  /* names in the store */
	VALUE_PLATFORM,
	VALUE_BOARD,
	VALUE_DEVICE,  /* names of the address book */
	VALUE_DEVICES, /* several of them, or all */
	VALUE_COMMAND,
	VALUE_SERVICE, /* of the compose project here */
	VALUE_SERVICE_OR_DIR,
	VALUE_TEMPLATE, /* its name, or a directory */
	VALUE_KEPT_TEMPLATE,
	VALUE_STAGE, /* of the Dockerfile here */
	VALUE_CONFIG_KEY,
	VALUE_FLEET,         /* of edgectl.yaml */
	VALUE_FLEET_RELEASE, /* FLEET[:RELEASE] */
	VALUE_RELEASE,       /* of the fleet that the first operand is: a version, or a channel */
	VALUE_CHANNEL,       /* of the same */
	VALUE_PUSHED,        /* what `push` takes: names of images, fleets and boards */
};

struct cli_option {
	enum option_type type;
	char short_name;  /* 0 = none */
	const char *name; /* long, without dashes; the heading's or the operands' text */
	const char *value_name;
	enum value_kind kind;
	size_t offset; /* of the field in the command's args */
	int min, max;  /* range of an integer; number of operands, max 0 = any */
	const char *const
		*choices; /* NULL-ended; of a choice, or of operands that must be one of them */
	const char *help;
	const char *bare; /* value of the option by itself; another one stands behind '=' then */
	const char *fallback;  /* default, as the user would write it */
	const char *yields_to; /* name of another option: with that one, there is no default */
	size_t said; /* offset of a bool that the words set when they have it; 0 = nobody asks */
	bool hidden;
	/* Of operands: the number of the first that is a command with words of its own; all behind it are operands. 0 = none. */
	int command_at;
	/* Of operands: how many are of `kind`, 0 = all; those behind them are of `kind_behind`. */
	size_t kind_count;
	enum value_kind kind_behind;
};

#define OPTION_FIELD_(T, field, want) _Generic(((T *)0)->field, want : offsetof(T, field))

#define OPTION_HEADING(text)                                \
	{                                                   \
		.type = OPTION_TYPE_HEADING, .name = (text) \
	}
#define OPTION_FLAG(T, field, short_, long_, help_, ...)                              \
	{                                                                             \
		.type = OPTION_TYPE_FLAG, .short_name = (short_), .name = (long_),    \
		.help = (help_), .offset = OPTION_FIELD_(T, field, bool), __VA_ARGS__ \
	}
#define OPTION_SWITCH(T, field, short_, long_, help_, ...)                            \
	{                                                                             \
		.type = OPTION_TYPE_SWITCH, .short_name = (short_), .name = (long_),  \
		.help = (help_), .offset = OPTION_FIELD_(T, field, bool), __VA_ARGS__ \
	}
#define OPTION_STRING(T, field, short_, long_, value_, kind_, help_, ...)            \
	{                                                                            \
		.type = OPTION_TYPE_STRING, .short_name = (short_), .name = (long_), \
		.help = (help_), .value_name = (value_), .kind = (kind_),            \
		.offset = OPTION_FIELD_(T, field, const char *), __VA_ARGS__         \
	}
#define OPTION_INT(T, field, short_, long_, value_, min_, max_, help_, ...)                        \
	{                                                                                          \
		.type = OPTION_TYPE_INT, .short_name = (short_), .name = (long_), .help = (help_), \
		.value_name = (value_), .min = (min_), .max = (max_),                              \
		.offset = OPTION_FIELD_(T, field, int), __VA_ARGS__                                \
	}
#define OPTION_CHOICE(T, field, short_, long_, value_, choices_, help_, ...)               \
	{                                                                                  \
		.type = OPTION_TYPE_CHOICE, .short_name = (short_), .name = (long_),       \
		.help = (help_), .value_name = (value_), .kind = VALUE_CHOICE,             \
		.choices = (choices_), .offset = OPTION_FIELD_(T, field, int), __VA_ARGS__ \
	}
#define OPTION_LIST(T, field, short_, long_, value_, kind_, help_, ...)            \
	{                                                                          \
		.type = OPTION_TYPE_LIST, .short_name = (short_), .name = (long_), \
		.help = (help_), .value_name = (value_), .kind = (kind_),          \
		.offset = OPTION_FIELD_(T, field, struct strvec), __VA_ARGS__      \
	}
/* At least min_ words and at most max_; max_ 0 = any number. One entry in a table. */
#define OPTION_OPERANDS(T, field, value_, kind_, min_, max_, ...)                       \
	{                                                                               \
		.type = OPTION_TYPE_OPERANDS, .name = (value_), .value_name = (value_), \
		.kind = (kind_), .min = (min_), .max = (max_),                          \
		.offset = OPTION_FIELD_(T, field, struct strvec), __VA_ARGS__           \
	}
/* Every command has --help. */
#define OPTION_END                                                                                 \
	{ .type = OPTION_TYPE_HELP, .short_name = 'h', .name = "help", .help = "Show this help" }, \
	{                                                                                          \
		.type = OPTION_TYPE_END                                                            \
	}

#define OPTION_FOREACH(option, table) \
	for (const struct cli_option *option = (table); option->type != OPTION_TYPE_END; option++)

/* Does it stand on the command line with dashes? */
bool option_is_named(const struct cli_option *option);
bool option_takes_value(const struct cli_option *option);
/* The table's operands; NULL when it has none. */
const struct cli_option *option_operands(const struct cli_option *table);
/* Does the last of its words stand for any number of them? */
bool option_repeats(const struct cli_option *operands);

/* What an option has without being said. All borrowed. */
struct option_default {
	const char *const *words; /* as on the command line; more than one for a list only */
	size_t count;             /* 0 = nothing */
	const char *source;       /* for messages: "edgectl.yaml:3" */
};

struct option_parser {
	const struct cli_option *options;
	void *args;           /* the command's struct, zeroed before the first parse */
	const char *command;  /* as messages call it: "edgectl build" */
	bool stop_at_operand; /* leave the first operand and all behind it alone */
	/* Goes before the table's default, also of the operands when there is none; NULL = nobody is asked. */
	int (*find_default)(void *context, const struct cli_option *option,
			    struct option_default *ret, struct err *err);
	void *context;
	bool ignore_operands; /* of any number, and do not choose among them */
	/* filled: */
	bool help_wanted; /* --help was there; nothing behind it was looked at */
	char **rest;      /* with stop_at_operand: the first operand */
	bool *said;       /* by index of the option: the words have it. The caller's, or NULL */
};

/*
 * Parses the NULL-ended `words`: options and operands in any order, "--" ends the options, names
 * are never abbreviated, the last of several values wins. What the words do not say is asked of
 * `find_default`, else is the default. Errors are ERR_USAGE and name the word and its nearest
 * neighbour. The args must be released in any case.
 */
WARN_UNUSED int options_parse(struct option_parser *parser, char **words, struct err *err);
size_t options_count(const struct cli_option *options);
void options_release(const struct cli_option *options, void *args);

#endif
