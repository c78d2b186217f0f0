/* Physical lines of a file, and the logical lines that continuations join, which remember where each part came from. */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/str.h"
#include "dockerfile/parser.h"

struct line_reader {
	struct span rest;
	unsigned number;     /* of the last line read */
	struct diags *diags; /* receives lines that are too long, which are skipped */
};

/* `ret` without its line end, `ret_whole` (may be NULL) with it. False at the end of the text. */
bool line_reader_next(struct line_reader *reader, struct span *ret, struct span *ret_whole);

bool line_is_comment(struct span line);
/* Cuts the escape character that continues the line, and the blanks behind it. */
bool line_cut_continuation(struct span *line, char escape);

struct line_piece {
	size_t offset;         /* in the text of the logical line */
	unsigned line, column; /* in the file */
};

struct logical_line {
	struct str text;
	struct line_pieces {
		struct line_piece *items;
		size_t len, cap;
	} pieces;
	unsigned start, end;
	bool has_empty_continuation;
};

#define LOGICAL_LINE_INIT        \
	{                        \
		.text = STR_INIT \
	}

void logical_line_release(struct logical_line *line);
void logical_line_clear(struct logical_line *line);
void logical_line_add(struct logical_line *line, struct span text, unsigned number,
		      unsigned column);
/* Reads on behind a first line that continues. */
void logical_line_continue(struct logical_line *line, struct line_reader *reader, char escape);

/* The place of `part`, which lies in the line's text. */
struct word logical_line_place(const struct logical_line *line, struct span part);

#endif
