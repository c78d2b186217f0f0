/*
 * What compose files may hold: one table for each kind of mapping, with everything that the stages of
 * the loader want to know about an attribute. The types are those of the compose specification's JSON
 * schema; where several types are allowed, only one of them has a structure, so that no alternatives
 * are needed.
 */
#ifndef ATTR_H
#define ATTR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/yaml.h"

/* What a value becomes in the resolved model. */
enum form {
	FORM_AS_IS,
	FORM_TEXT, /* a string; numbers and booleans are written out */
	FORM_INT,  /* a string with digits is taken for its number, here and in the next two */
	FORM_FLOAT,
	FORM_BOOL,
	FORM_DURATION, /* a string as Go prints it */
	FORM_BYTES,    /* a string of decimal digits */
	FORM_MODE,     /* a string with a leading 0 */
	FORM_COUNT,    /* an integer; "all" is -1 */
	FORM_COMMAND,  /* a list of words */
	FORM_TEST,     /* of a health check: a list; a string is for the shell */
	FORM_TEXTS,    /* a list of strings; one string is a list of it */
	FORM_PAIRS,    /* a mapping of strings; a list of "key=value" is one, too */
	FORM_ENV,      /* the same, with null for "key" */
	FORM_SSH,      /* a list of "id" and "id=path" */
	FORM_HOSTS,    /* a list of "host=address" */
	FORM_OPTIONS,  /* of a provider: a mapping of lists of strings */
};

/* How an override meets what was there; the default is by kind: mappings merge, lists append. */
enum merge {
	MERGE_BY_KIND,
	MERGE_REPLACE,
	MERGE_TO_LIST,    /* "key=value" lists, appended */
	MERGE_HOSTS,      /* the same without exact duplicates */
	MERGE_BUILD,      /* a string is its context */
	MERGE_DEPENDS_ON, /* a list is a mapping of conditions */
	MERGE_NAMES,      /* a list is a mapping of nulls */
	MERGE_DRIVER,     /* replaced when "driver" differs */
	MERGE_SUBNETS,    /* list items of one "subnet" merge */
};

/* What makes two items of a list the same: the later one takes the place of the first. */
enum unique {
	UNIQUE_NO,
	UNIQUE_KEY,
	UNIQUE_TARGET,
	UNIQUE_DEVICE,
	UNIQUE_PORT,
	UNIQUE_SECRET,
	UNIQUE_CONFIG,
	UNIQUE_PATH
};

/* Short forms that are written out. */
enum expand {
	EXPAND_NO,
	EXPAND_BUILD,
	EXPAND_CONTEXTS,
	EXPAND_SSH,
	EXPAND_DEPENDS_ON,
	EXPAND_NAMES,
	EXPAND_ENV_FILE,
	EXPAND_TO_LIST,
	EXPAND_EXTENDS,
	EXPAND_GPUS,
	EXPAND_PORTS,
	EXPAND_VOLUME,
	EXPAND_DEVICE,
	EXPAND_SOURCE,   /* a secret or config of a service */
	EXPAND_EXTERNAL, /* external: {name: x} */
};

/* What is resolved against the directory of the project, or of the file. */
enum path_rule {
	PATH_NO,
	PATH_FILE,    /* always a path */
	PATH_HOST,    /* also an absolute one of Windows, and "~" */
	PATH_CONTEXT, /* unless a URL, or a service */
	PATH_WATCHED, /* symbolic links resolved */
	PATH_SSH,     /* behind the '=' */
	PATH_VOLUME,  /* the source of a bind mount */
	PATH_OPTIONS, /* the device of a local volume that is a bind mount */
};

enum keys { KEYS_ANY, KEYS_NAME /* [a-zA-Z0-9._-]+ */ };

/* Flags. */
enum {
	ATTR_CLOSED = 1, /* a mapping that takes no x-... */
	ATTR_UNIQUE_ITEMS = 2,
	ATTR_KEEP_ZERO = 4,   /* 0, false and "" are said, unlike nothing */
	ATTR_DROP_EMPTY = 8,  /* an empty mapping is the same as none */
	ATTR_REQUIRED = 16,   /* in its mapping */
	ATTR_DROP_BLANK = 32, /* empty strings of a list */
	ATTR_OPEN = 64,       /* a mapping that takes other keys as well */
};

struct attr {
	const char *name; /* a table of fields is sorted by it, and ends with NULL */
	unsigned types;   /* YAML_BIT()s */
	enum form form;
	unsigned flags;
	enum keys keys;                 /* of a mapping with values */
	const struct attr *fields;      /* of a mapping with known keys */
	const struct attr *values;      /* of a mapping with keys of the user's own */
	const struct attr *items;       /* of a list */
	const char *const *one_of;      /* the strings allowed */
	bool (*fits)(const char *text); /* what a string has to look like; says nothing of others */
	const char *wanted;             /* the same in words */
	int64_t min, max;               /* with has_range */
	enum merge merge;
	enum unique unique;
	enum expand expand;
	enum path_rule path;
	bool has_range;
};

extern const struct attr attr_document; /* a whole file */
extern const struct attr attr_service;

/* The attribute that describes the member `key` of a mapping; NULL when nothing is known of it. */
const struct attr *attr_member(const struct attr *attr, const char *key);
bool attr_is_extension(const char *key); /* "x-..." */

/* Where a walk is: a chain on the stack. */
struct place {
	const struct place *up; /* NULL = the document itself */
	const char *key;        /* NULL = an item of a list */
	size_t index;
};

/* "services.web.ports[0]"; the caller frees. */
char *place_text(const struct place *place);

#endif
