/*
 * What can be configured, one table. The checks of the files, `edgectl config show`, the JSON Schemas, the
 * manual page edgectl.yaml(5) and the defaults of the commands' options go over it: a key that is added to
 * keys.c is in all of them.
 */
#ifndef CONFIG_KEY_H
#define CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum config_type {
	CONFIG_BOOL,
	CONFIG_INT, /* within min..max */
	CONFIG_TEXT,
	CONFIG_CHOICE,   /* one of `choices` */
	CONFIG_WORDS,    /* a list of texts; one alone needs no list */
	CONFIG_TEXTS,    /* a map from names to texts, numbers and truth values */
	CONFIG_SECTIONS, /* a map from names to maps with the keys `members` */
	CONFIG_ITEMS, /* a list of maps with the keys `members`, or of texts that mean the first of them */
};

/* What a text is, beyond being one. */
enum config_kind {
	CONFIG_ANY, /* not empty */
	CONFIG_PLATFORM,
	CONFIG_BOARD,
	CONFIG_REGISTRY,   /* HOST[:PORT][/PATH] */
	CONFIG_REPOSITORY, /* PATH of an image's name */
	CONFIG_TAG,
	CONFIG_SIZE, /* base/quantity.h */
	CONFIG_NAME, /* letters, digits, '.', '_' and '-', not beginning with one of these */
	CONFIG_PATH, /* of a file; relative to the directory of the file that says it */
};

/* Bits: which file may have it. */
enum config_place {
	CONFIG_PROJECT = 1, /* edgectl.yaml */
	CONFIG_USER = 2,    /* config.yaml: what is about the machine and its user */
};

struct config_key {
	const char *name; /* of a value: "store.limit"; NULL ends a table */
	enum config_type type;
	enum config_kind kind;
	enum config_kind names; /* CONFIG_TEXTS, CONFIG_SECTIONS: of the names */
	unsigned places; /* of CONFIG_PROJECT and CONFIG_USER; members go with their section */
	const char *const *choices;
	int min, max;
	bool required; /* member of a section */
	const struct config_key *members;
	const char
		*fallback; /* the default, as one would write it; NULL = none, or the command's */
	const char *env;   /* variable that goes before the files: EDGECTL_... */
	const char *docker_env; /* one of docker's that does, too, after ours */
	const char *
		option; /* whose default it is: its long name, or "DEVICE" (operands); NULL = of none */
	const char *commands; /* that have the option, with ", " between them; NULL = all that do */
	const char *rival; /* a key that says the same in other words: the nearer of both counts */
	const char *description; /* a sentence without its full stop */
};

extern const struct config_key config_keys[];

#define CONFIG_KEY_FOREACH(key, table) \
	for (const struct config_key *key = (table); key->name; key++)

/*
 * The key whose value is the default of an option of a command; NULL = there is none. Operands count as an option of
 * their first word: "DEVICE".
 */
const struct config_key *config_key_of_option(const char *command, const char *option);
/* NULL when there is none of that name. */
const struct config_key *config_key_find(const struct config_key *table, const char *name);

/* "a number from 0 to 9", "true or false": what its value must be. */
void config_key_describe(const struct config_key *key, struct str *out);
/* ERR_INPUT says what is wrong with it: "'x' is no platform: ...". */
WARN_UNUSED int config_kind_check(enum config_kind kind, const char *text, struct err *err);
/* A regular expression (ECMA 262) of the texts of that kind, never stricter than the check; NULL = any that is not empty. */
const char *config_kind_pattern(enum config_kind kind);
/* "a size such as 20GB": for messages and manuals. */
const char *config_kind_name(enum config_kind kind);

#endif
