/*
 * One compiled wildcard pattern. `*` and `?` do not cross a slash. With GLOB_DEEP, `**` is any number of whole components,
 * or all of the rest at the end of the pattern; without, it is a `*` like any other, as in Go's filepath.Match.
 */
#ifndef GLOB_H
#define GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum glob_kind {
	GLOB_LITERAL,
	GLOB_ONE,  /* ? */
	GLOB_STAR, /* * */
	GLOB_SET,  /* [...] */
	GLOB_DIRS, /* `**` in front of something: nothing, or all up to and with some slash */
	GLOB_REST, /* anything, slashes as well */
};

struct glob_range {
	int32_t low, high;
};

struct glob_token {
	enum glob_kind kind;
	bool negated;        /* GLOB_SET */
	size_t start, count; /* GLOB_LITERAL: in `literals`; GLOB_SET: in `ranges` */
};

struct glob {
	struct glob_tokens {
		struct glob_token *items;
		size_t len, cap;
	} tokens;
	struct glob_ranges {
		struct glob_range *items;
		size_t len, cap;
	} ranges;
	struct str literals;
	size_t stars;   /* tokens that can match more than one length */
	size_t minimum; /* bytes of every match */
};

enum glob_flags { GLOB_DEEP = 1 << 0 };

/* ERR_INPUT for a malformed class or a backslash at the end. The caller releases. */
WARN_UNUSED int glob_compile(const char *pattern, enum glob_flags flags, struct glob *ret,
			     struct err *err);
void glob_release(struct glob *glob);

bool glob_matches(const struct glob *glob, struct span name);
/* False when the literal that begins the pattern rules out the name and everything that `name` begins with. */
bool glob_begins_alike(const struct glob *glob, struct span name);
/* Can it match something that begins with `prefix`? */
bool glob_may_begin_with(const struct glob *glob, struct span prefix);

#endif
