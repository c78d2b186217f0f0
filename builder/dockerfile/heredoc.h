#ifndef HEREDOC_H
#define HEREDOC_H

#include <stdbool.h>

#include "dockerfile/parser.h"
#include "line.h"

/* The marks in a logical line, in order; none in a line whose quotes do not match. */
void heredocs_find(struct arena *arena, struct span line, struct heredocs *ret);
/* Reads up to and with the line that ends it; false at the end of the text. */
bool heredoc_read_body(struct arena *arena, struct line_reader *reader, struct heredoc *heredoc);

#endif
