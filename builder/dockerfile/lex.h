/* The reader behind dockerfile/expand.h and the search for heredocs: a shell's words, with BuildKit's variations. */
#ifndef LEX_H
#define LEX_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "dockerfile/expand.h"

struct lex_mode {
	bool keep_quotes;   /* quotes stay in the result */
	bool keep_escapes;  /* so do escape characters */
	bool ignore_quotes; /* quotes are characters like any other */
	bool keep_unset;    /* a variable that is not set stays as written */
	size_t limit;       /* greatest result; 0 = LEX_LIMIT */
};

#define LEX_DEPTH 100
#define LEX_LIMIT ((size_t)1024 * 1024)

/* `out` and `words` receive the result whole and split at blanks outside quotes; either may be NULL, as may `names`. */
WARN_UNUSED int lex(const struct expander *expander, struct lex_mode mode, struct span text,
		    struct str *out, struct strvec *words, struct expand_names *names,
		    struct err *err);

#endif
