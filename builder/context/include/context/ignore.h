/*
 * Ignore files (.dockerignore): which paths of a context stay out of it. Docker's rules: Go's filepath.Match plus `**`,
 * anchored at the context's root; a path is ignored when the last pattern that matches it or one of its parents is not a
 * `!` pattern.
 *
 * A directory walk carries the parents' results down, so that each path costs one look at its last component:
 *
 *	struct ignore_state *dir = ignore_root(ignore);
 *	...for each entry:
 *		struct ignore_state *below = NULL;
 *		bool ignored = ignore_step(ignore, dir, path, is_dir ? &below : NULL);
 *
 *		if (ignored && ignore_prunes(ignore, path))  -- nothing below can come back: do not descend
 *		...
 *		ignore_state_free(below);
 */
#ifndef CONTEXT_IGNORE_H
#define CONTEXT_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

struct ignore;
struct ignore_state;

/* A whole file. ERR_INPUT with the line for a lone `!` and for a malformed `[class]`; LIMIT_IGNORE_FILE. `name` is for messages. */
WARN_UNUSED int ignore_parse(struct span text, const char *name, struct ignore **ret,
			     struct err *err);
/* From patterns that are already lines, as COPY --exclude gives them. */
WARN_UNUSED int ignore_new(const struct strvec *patterns, struct ignore **ret, struct err *err);
void ignore_free(struct ignore *ignore); /* NULL is fine */

static inline void ignore_freep(struct ignore **ignore)
{
	ignore_free(*ignore);
}

/* How the text splits into patterns: comments and blanks dropped, cleaned, `!` kept in front. */
void ignore_read_patterns(struct span text, struct strvec *ret);

/* `path` relative to the root, slash separated, clean. A NULL ignore ignores nothing. */
bool ignore_match(const struct ignore *ignore, const char *path);

/* Does it hold `!` patterns at all? */
bool ignore_has_exceptions(const struct ignore *ignore);

/*
 * For the build check CopyIgnoredFile: is a COPY of `source` in vain? Not so when a later `!` pattern may bring back
 * what lies below it; `.` only when all of the context is ignored.
 */
bool ignore_covers_source(const struct ignore *ignore, const char *source);

struct ignore_state *ignore_root(const struct ignore *ignore);
/*
 * The same answer as ignore_match(path), from the state of the directory that holds it. `ret_below` (may be NULL) receives
 * the state for what is below `path`; release it by ignore_state_free().
 */
bool ignore_step(const struct ignore *ignore, const struct ignore_state *parent, const char *path,
		 struct ignore_state **ret_below);
void ignore_state_free(struct ignore_state *state);
/* For an ignored directory: true when no `!` pattern can match anything below it. */
bool ignore_prunes(const struct ignore *ignore, const char *dir);

/*
 * Go's filepath.Match: `*`, `?`, `[a-z]`, `[^a]`, `\c`; none crosses a slash; the whole name must match. For COPY wildcards.
 * A malformed pattern matches nothing: glob_check() tells.
 */
bool glob_match(const char *pattern, const char *name);
bool glob_check(const char *pattern);
/* Does it hold a wildcard at all? */
bool glob_is_pattern(const char *text);

#endif
