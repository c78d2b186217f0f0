/* Text for people: sizes, times, wrapped paragraphs, widths on a terminal. */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include <stdint.h>

#include "base/str.h"

/* "0B", "512B", "2.1kB", "14.9MB": powers of 1000, as docker prints them. */
void format_size(struct str *out, uint64_t bytes);
/* "0.0s", "12.3s", "4m05s", "2h03m". */
void format_elapsed(struct str *out, uint64_t nanoseconds);
/* How long ago: "3 seconds ago", "2 hours ago", "5 weeks ago". */
void format_age(struct str *out, int64_t seconds);

/*
 * Appends `text` with line breaks at blanks so that no line is wider than `width`. The first line
 * continues the line that is being written at column `column`, the next ones are indented by
 * `indent` columns. An empty line in the text stays one. Ends with a newline.
 */
void format_wrapped(struct str *out, const char *text, unsigned column, unsigned indent,
		    unsigned width);

/* Columns that UTF-8 text takes on a terminal; broken bytes count one. */
unsigned format_width(struct span text);
/*
 * The longest beginning that fits into `width` columns, with "..." at its end where something was
 * cut. Control characters are left out: what a program prints must not move our cursor.
 */
void format_fitted(struct str *out, struct span text, unsigned width);
/* The same uncut, on one line: a line break or a tab is a blank. */
void format_line(struct str *out, const char *text);

#endif
