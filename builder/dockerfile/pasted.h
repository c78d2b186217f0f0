#ifndef PASTED_H
#define PASTED_H

#include <stdbool.h>

/*
 * The name of a character at the start of `text` that looks like none, or like another than it is: "a no-break space
 * (U+00A0)"; NULL = it is no such character.
 */
const char *deceptive_character(const char *text);
/* The first typographic quote, or NULL. */
const char *find_typographic_quote(const char *text);
/* `['a', 'b']`: meant as JSON, and wrong. A test of the shell, `[ "a" = "b" ]`, is not meant so. */
bool looks_like_json(const char *text);

#endif
