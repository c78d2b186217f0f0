/*
 * Output of a step as lines. It comes in pieces of any size from programs that believe to talk to a
 * terminal: escape sequences are dropped, a carriage return starts the line anew (progress bars),
 * and the last lines are kept.
 */
#ifndef CLI_STEP_OUTPUT_H
#define CLI_STEP_OUTPUT_H

#include <stddef.h>

#include "base/str.h"

#define STEP_OUTPUT_LINES    20    /* kept for the report of a failure */
#define STEP_OUTPUT_LINE_MAX 16384 /* bytes of a line; the rest is dropped */

enum escape_state { ESCAPE_NONE, ESCAPE_START, ESCAPE_CSI, ESCAPE_STRING, ESCAPE_STRING_END };

/* One of the two streams. */
struct line_reader {
	struct str line; /* what came since the last newline */
	enum escape_state escape;
	bool returned; /* a carriage return was the last character */
};

struct step_output {
	struct line_reader readers[2];  /* stdout, stderr */
	char *lines[STEP_OUTPUT_LINES]; /* a ring of complete lines */
	size_t count;                   /* that there were in all */
};

typedef void step_output_fn(void *data, const char *line);

void step_output_release(struct step_output *output);
/* `stream` is 1 or 2. Calls on_line, if not NULL, for every line that became complete. */
void step_output_add(struct step_output *output, int stream, struct span text,
		     step_output_fn *on_line, void *data);
/* The stream has ended: what is left without a newline is a line, too. */
void step_output_end(struct step_output *output, step_output_fn *on_line, void *data);
/*
 * The last `max` lines, oldest first, a line that is not complete last; returns how many. Borrowed
 * until the next addition. `max` is at most STEP_OUTPUT_LINES.
 */
size_t step_output_last(const struct step_output *output, size_t max, const char **ret_lines);

#endif
