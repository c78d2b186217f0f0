/* A terminal in memory, as far as render_tty.c uses one: text of one column a character, no reflow. */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define SCREEN_MAX 200

struct screen {
	unsigned rows, columns;
	unsigned row, column; /* of the cursor, from 0 */
	char cells[SCREEN_MAX][SCREEN_MAX + 1];
	unsigned scrolled; /* lines that left at the top */
	bool cursor_hidden;
};

static inline void screen_init(struct screen *screen, unsigned rows, unsigned columns)
{
	*screen = (struct screen){ .rows = rows, .columns = columns };
	for (unsigned i = 0; i < SCREEN_MAX; i++)
		memset(screen->cells[i], ' ', SCREEN_MAX);
}

static inline void screen_newline(struct screen *screen)
{
	screen->column = 0;
	if (++screen->row < screen->rows)
		return;
	screen->row--;
	screen->scrolled++;
	for (unsigned i = 0; i + 1 < screen->rows; i++)
		memcpy(screen->cells[i], screen->cells[i + 1], SCREEN_MAX);
	memset(screen->cells[screen->rows - 1], ' ', SCREEN_MAX);
}

static inline void screen_erase_line(struct screen *screen, unsigned row, unsigned from)
{
	memset(screen->cells[row] + from, ' ', SCREEN_MAX - from);
}

/* Returns the character behind the sequence. */
static inline const char *screen_escape(struct screen *screen, const char *text)
{
	char *end = NULL;
	bool is_private = *text == '?';
	unsigned long number = strtoul(text + is_private, &end, 10);

	switch (*end) {
	case 'A': screen->row -= number < screen->row ? (unsigned)number : screen->row; break;
	case 'K': screen_erase_line(screen, screen->row, screen->column); break;
	case 'J':
		screen_erase_line(screen, screen->row, screen->column);
		for (unsigned i = screen->row + 1; i < screen->rows; i++)
			screen_erase_line(screen, i, 0);
		break;
	case 'h': screen->cursor_hidden = false; break;
	case 'l': screen->cursor_hidden = true; break;
	case 'm': break;
	default: fail_msg("unknown escape sequence '%s'", text);
	}
	return end + 1;
}

static inline void screen_write(struct screen *screen, const char *text)
{
	while (*text) {
		if (text[0] == '\033' && text[1] == '[') {
			text = screen_escape(screen, text + 2);
			continue;
		}
		if (*text == '\n')
			screen_newline(screen);
		else if (*text == '\r')
			screen->column = 0;
		else if (screen->column >= screen->columns)
			fail_msg("text runs over the right margin");
		else
			screen->cells[screen->row][screen->column++] = *text;
		text++;
	}
}

/* All lines without blanks at their ends, up to the last that is not empty. */
static inline char *screen_text(struct screen *screen)
{
	struct str text = STR_INIT;
	size_t last = 0;

	for (unsigned i = 0; i < screen->rows; i++) {
		size_t len = SCREEN_MAX;

		while (len > 0 && screen->cells[i][len - 1] == ' ')
			len--;
		str_addn(&text, screen->cells[i], len);
		str_addc(&text, '\n');
		if (len > 0)
			last = text.len;
	}
	str_truncate(&text, last);
	return str_detach(&text);
}

#endif
