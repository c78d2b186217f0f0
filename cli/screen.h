/* The last lines of a terminal, drawn over again and again without flicker: what live views are made of. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>

#include "base/str.h"

/* Plain text, of one colour. */
struct screen_line {
	struct str text;
	const char *sequence; /* NULL = none */
};

struct screen_lines {
	struct screen_line *items;
	size_t len, cap;
};

void screen_lines_release(struct screen_lines *lines);
void screen_lines_clear(struct screen_lines *lines);
/* A new one at the end, to be written; valid until the next. */
struct str *screen_lines_add(struct screen_lines *lines, const char *sequence);
/* `left`, cut where it must be, and `right` at the end of the line, if there is any. */
void screen_add_sides(struct str *line, const char *left, const char *right, unsigned width);

/* Zeroed before the first view. */
struct screen {
	bool is_shown;
	/*
	 * Widths of the lines on the screen: after the terminal was made narrower, a line takes
	 * several rows.
	 */
	unsigned *widths;
	size_t width_count;
};

/* What the terminal is like now. */
struct screen_size {
	unsigned rows, columns;
	bool colour;
};

void screen_release(struct screen *screen);
/*
 * From wherever the last view ended, over it; `above` are whole lines that stay above. Lines are erased behind their
 * text only, so that nothing flickers. The cursor is hidden from the first view on.
 */
void screen_draw(struct screen *screen, const struct screen_size *size,
		 const struct screen_lines *lines, const char *above, struct str *out);

#endif
