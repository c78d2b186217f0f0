/*
 * Variables and quotes in the words of a Dockerfile: $v ${v} ${v:-w} ${v-w} ${v:+w} ${v+w} ${v:?m} ${v?m}
 * ${v#p} ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}, as BuildKit's `shell` package reads them.
 *
 *	struct expander expander = { .lookup = scope_lookup, .lookup_arg = &scope, .escape = '\\' };
 *	AUTO(freep) char *value = NULL;
 *
 *	if (expand_word(&expander, "lib/${ARCH:-arm}", &value, NULL, err) < 0) ...
 */
#ifndef DOCKERFILE_EXPAND_H
#define DOCKERFILE_EXPAND_H

#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/* The value of a name, borrowed until the next call; NULL = not set. */
typedef const char *expand_lookup_fn(const void *arg, const char *name);

struct expander {
	expand_lookup_fn *lookup;
	const void *lookup_arg;
	char escape; /* the file's escape character */
};

/* The names that were looked up, in the order of their first use; the values of the maps are unused. */
struct expand_names {
	struct strmap matched, unmatched;
};

#define EXPAND_NAMES_INIT              \
	{                              \
		.matched = STRMAP_INIT \
	}

void expand_names_release(struct expand_names *names);

/*
 * One word in, one string out, white space kept. Errors are ERR_INPUT; the span of `err` holds, in
 * `column`, the place of the fault in `word` (bytes, from 1). `names` may be NULL. Limits (ERR_LIMIT):
 * ${..} nested 100 deep, a result of 1 MiB, of 16 MiB for a heredoc.
 */
WARN_UNUSED int expand_word(const struct expander *expander, const char *word, char **ret,
			    struct expand_names *names, struct err *err);
/* Expanded, then split at blanks outside quotes; appended to `ret`. For EXPOSE. */
WARN_UNUSED int expand_words(const struct expander *expander, const char *word, struct strvec *ret,
			     struct expand_names *names, struct err *err);
/* The body of a COPY or ADD heredoc: quotes are literal, the escape is always a backslash. */
WARN_UNUSED int expand_heredoc(const struct expander *expander, const char *body, char **ret,
			       struct expand_names *names, struct err *err);
/*
 * The text of a RUN for people to read: quotes kept, what is unset stays as written, and so does a text
 * that cannot be expanded. The caller frees.
 */
char *expand_display(const struct expander *expander, const char *text, struct expand_names *names);

/* An expand_lookup_fn over a struct strmap; a key without a value is not set. */
const char *expand_lookup_strmap(const void *map, const char *name);

#endif
