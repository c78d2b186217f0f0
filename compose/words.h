/*
 * Command lines in one string, split as a shell would split them, with nothing expanded. Source:
 * the behaviour of compose-go's command strings (mattn/go-shellwords).
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * Outside quotes, one of ;&|<> ends the command: *ret_cut tells that something was left out.
 * Unbalanced quotes and parentheses are errors.
 */
WARN_UNUSED int words_split(const char *line, struct strvec *out, bool *ret_cut, struct err *err);

#endif
