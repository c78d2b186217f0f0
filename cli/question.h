/* Questions to whoever sits at the terminal: asked on stderr, answered on stdin. */
#ifndef CLI_QUESTION_H
#define CLI_QUESTION_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* Are both of them a terminal? */
bool question_can_be_asked(void);
/*
 * "text [fallback]: ". An empty answer is the fallback; `fallback` NULL = there is none, "" = an empty answer is one.
 * ERR_CANCELLED at the end of the input.
 */
WARN_UNUSED int question_ask(const char *text, const char *fallback, struct str *ret,
			     struct err *err);

#endif
