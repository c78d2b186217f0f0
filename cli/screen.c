#include "screen.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "format.h"
#include "terminal.h"

void screen_lines_clear(struct screen_lines *lines)
{
	screen_lines_release(lines);
	*lines = (struct screen_lines){ .items = NULL };
}

void screen_lines_release(struct screen_lines *lines)
{
	VEC_FOREACH(line, lines)
		str_release(&line->text);
	free(lines->items);
}

struct str *screen_lines_add(struct screen_lines *lines, const char *sequence)
{
	struct screen_line *line = VEC_ADD(lines);

	str_init(&line->text, 0);
	line->sequence = sequence;
	return &line->text;
}

void screen_add_sides(struct str *line, const char *left, const char *right, unsigned width)
{
	unsigned right_width = format_width(span_of(right));
	unsigned room = right_width > 0 ? width - right_width - 1 : width;
	size_t start = line->len;
	unsigned used = 0;

	format_fitted(line, span_of(left), room);
	used = format_width((struct span){ .ptr = line->ptr + start, .len = line->len - start });
	if (right_width > 0)
		str_addf(line, "%*s%s", (int)(room - used + 1), "", right);
}

void screen_release(struct screen *screen)
{
	free(screen->widths);
	*screen = (struct screen){ .widths = NULL };
}

/* Rows that the lines on the screen take now; terminals that do not reflow have one for each. */
static size_t rows_on_screen(const struct screen *screen, const struct screen_size *size)
{
	size_t rows = 0;

	for (size_t i = 0; i < screen->width_count; i++) {
		unsigned columns = size->columns ? size->columns : 1;

		rows += screen->widths[i] > columns ? (screen->widths[i] + columns - 1) / columns
						    : 1;
	}
	return rows < size->rows ? rows : size->rows - 1;
}

static void remember(struct screen *screen, const struct screen_lines *lines)
{
	screen->widths = xreallocarray(screen->widths, lines->len + 1, sizeof(*screen->widths));
	for (size_t i = 0; i < lines->len; i++)
		screen->widths[i] = format_width(str_span(&lines->items[i].text));
	screen->width_count = lines->len;
	screen->is_shown = true;
}

void screen_draw(struct screen *screen, const struct screen_size *size,
		 const struct screen_lines *lines, const char *above, struct str *out)
{
	size_t rows = rows_on_screen(screen, size);

	str_add(out, screen->is_shown ? "\r" : TERMINAL_HIDE_CURSOR "\r");
	if (rows > 0)
		str_addf(out, "\033[%zuA", rows);
	if (*above)
		str_addf(out, "%s%s", TERMINAL_ERASE_BELOW, above);
	VEC_FOREACH(line, lines) {
		const char *sequence = size->colour ? line->sequence : NULL;

		str_addf(out, "%s%s%s%s\n", sequence ? sequence : "", line->text.ptr,
			 sequence ? TERMINAL_RESET : "", TERMINAL_ERASE_LINE);
	}
	str_add(out, TERMINAL_ERASE_BELOW);
	remember(screen, lines);
}
