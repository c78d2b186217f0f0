/* Characters of UTF-8 text, classed as Go's unicode package does, on which the language's definition rests. */
#ifndef RUNE_H
#define RUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define RUNE_NONE (-1) /* end of the text */

/* A byte that is not UTF-8 counts as one character, distinct from every code point. */
#define RUNE_BYTE(byte) (0x110000 + (int32_t)(byte))

/* What stands for a NUL in all texts of a tree. */
#define NUL_BYTES "\xc0\x80"

/* The character at `ptr` < `end`, and its length in bytes; RUNE_NONE and 0 at the end. */
int32_t rune_decode(const char *ptr, const char *end, size_t *ret_len);

bool rune_is_space(int32_t rune);
bool rune_is_letter(int32_t rune);
bool rune_is_digit(int32_t rune);

/* Length of the white space that the text begins with, in bytes. */
size_t rune_leading_space(struct span text);
/* Without the white space on both ends; span_trim() knows only ASCII. */
struct span rune_trim(struct span text);
struct span rune_trim_left(struct span text);

/* The blanks between an instruction and its words: [\t\v\f\r ]. */
static inline bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

#endif
