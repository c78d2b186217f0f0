/*
 * The patterns of ${v#p}, ${v%p} and ${v/p/r}: `*` and `?`, neither of which matches a line feed; `\*`, `\?` and `\\`
 * are the characters themselves, and a backslash before `}` or `/` disappears. Any other backslash is an error.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* The value without the shortest (or longest) prefix or suffix that the pattern matches. */
WARN_UNUSED int pattern_trim_prefix(struct span pattern, struct span value, bool longest,
				    struct str *out, struct err *err);
WARN_UNUSED int pattern_trim_suffix(struct span pattern, struct span value, bool longest,
				    struct str *out, struct err *err);
/* The leftmost, longest match replaced, or all of them. */
WARN_UNUSED int pattern_replace(struct span pattern, struct span value, struct span replacement,
				bool all, struct str *out, struct err *err);

#endif
