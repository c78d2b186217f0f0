/*
 * Problems in a text that the user wrote, collected and then shown all at once:
 *
 *	Dockerfile:7:1: error: unknown instruction 'RNU'
 *	  7 | RNU apt-get update
 *	    | ^~~ did you mean 'RUN'?
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	unsigned line, column, length; /* as in source_span */
	char *message;
	char *hint; /* shown beside the underline; NULL = none */
	char *rule; /* name of a lint rule; NULL = none */
};

/* The problems of one file. Beyond LIMIT_DIAGS errors further ones are only counted. */
struct diags {
	struct diag *items;
	size_t len, cap;
	size_t errors, dropped; /* `errors` includes the dropped ones */
	char *file;             /* as the user knows it */
	struct span source;     /* the whole text, borrowed; may be empty */
	struct diag spare;      /* takes the place of one that is only counted */
};

void diags_init(struct diags *diags, const char *file, struct span source);
void diags_release(struct diags *diags);
/* The returned diag lives until the next addition: for setting hint or rule. */
struct diag *diags_add(struct diags *diags, enum diag_level level, unsigned line, unsigned column,
		       unsigned length, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* Forgets those behind the first `len`, in the order of addition. */
void diags_truncate(struct diags *diags, size_t len);
/* Sorts by place. */
void diags_sort(struct diags *diags);
/*
 * All of them, as shown above, each ended by a newline; tabs and wide characters keep the caret
 * under its word.
 */
void diags_render(const struct diags *diags, bool colour, struct str *out);
/*
 * 0 when there is no error; else ERR_INPUT whose message is the rendered text of the errors,
 * sorted, without colour and without the last newline. It names the places itself: err->span stays
 * empty.
 */
WARN_UNUSED int diags_check(struct diags *diags, struct err *err);

/*
 * The candidate nearest to `word` by edit distance with transpositions, case ignored, if near
 * enough to be what was meant (at most a third of the word, at least 1); else NULL. `candidates`
 * ends with NULL.
 */
const char *suggest(const char *word, const char *const *candidates);

#endif
