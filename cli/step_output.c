#include "step_output.h"

#include <stdlib.h>

#include "base/alloc.h"

#define TAB_WIDTH 8

void step_output_release(struct step_output *output)
{
	for (size_t i = 0; i < ARRAY_SIZE(output->readers); i++)
		str_release(&output->readers[i].line);
	for (size_t i = 0; i < ARRAY_SIZE(output->lines); i++)
		free(output->lines[i]);
}

static void keep_line(struct step_output *output, struct line_reader *reader,
		      step_output_fn *on_line, void *data)
{
	char **slot = &output->lines[output->count++ % STEP_OUTPUT_LINES];

	free(*slot);
	*slot = xstrndup(reader->line.ptr, reader->line.len);
	if (on_line)
		on_line(data, *slot);
	str_clear(&reader->line);
	reader->returned = false;
}

/*
 * ECMA-48: CSI sequences end with a byte from '@' to '~'; OSC, DCS and the like end with BEL or ESC
 * \.
 */
static enum escape_state next_escape(enum escape_state state, char c)
{
	switch (state) {
	case ESCAPE_NONE: return c == '\033' ? ESCAPE_START : ESCAPE_NONE;
	case ESCAPE_START:
		if (c == '[')
			return ESCAPE_CSI;
		if (c && strchr("]P_^X", c))
			return ESCAPE_STRING;
		/* Intermediate bytes: "ESC ( B" selects a character set. */
		return c >= 0x20 && c <= 0x2f ? ESCAPE_START : ESCAPE_NONE;
	case ESCAPE_CSI: return c >= '@' && c <= '~' ? ESCAPE_NONE : ESCAPE_CSI;
	case ESCAPE_STRING:
		if (c == '\a')
			return ESCAPE_NONE;
		return c == '\033' ? ESCAPE_STRING_END : ESCAPE_STRING;
	case ESCAPE_STRING_END: return c == '\\' ? ESCAPE_NONE : ESCAPE_STRING;
	}
	return ESCAPE_NONE;
}

static void add_character(struct line_reader *reader, char c)
{
	if (reader->returned) {
		str_clear(&reader->line);
		reader->returned = false;
	}
	if (c == '\t')
		str_addf(&reader->line, "%*s", (int)(TAB_WIDTH - reader->line.len % TAB_WIDTH), "");
	else if (c == '\b' && reader->line.len > 0)
		str_truncate(&reader->line, reader->line.len - 1);
	else if ((unsigned char)c >= 0x20 && c != 0x7f)
		str_addc(&reader->line, c);
}

void step_output_add(struct step_output *output, int stream, struct span text,
		     step_output_fn *on_line, void *data)
{
	struct line_reader *reader = &output->readers[stream == 2];

	if (!reader->line.limit)
		str_init(&reader->line, STEP_OUTPUT_LINE_MAX);
	for (size_t i = 0; i < text.len; i++) {
		enum escape_state before = reader->escape;
		char c = text.ptr[i];

		/* A newline ends a sequence that was cut off. */
		reader->escape = c == '\n' ? ESCAPE_NONE : next_escape(before, c);
		if (c == '\n')
			keep_line(output, reader, on_line, data);
		else if (before != ESCAPE_NONE || reader->escape != ESCAPE_NONE)
			continue;
		else if (c == '\r')
			reader->returned = true;
		else
			add_character(reader, c);
	}
}

void step_output_end(struct step_output *output, step_output_fn *on_line, void *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(output->readers); i++) {
		if (output->readers[i].line.limit && output->readers[i].line.len > 0)
			keep_line(output, &output->readers[i], on_line, data);
	}
}

size_t step_output_last(const struct step_output *output, size_t max, const char **ret_lines)
{
	const char *open[ARRAY_SIZE(output->readers)];
	size_t open_count = 0,
	       kept = output->count < STEP_OUTPUT_LINES ? output->count : STEP_OUTPUT_LINES;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(output->readers); i++) {
		if (output->readers[i].line.limit && output->readers[i].line.len > 0)
			open[open_count++] = output->readers[i].line.ptr;
	}
	if (open_count > max)
		open_count = max;
	if (kept > max - open_count)
		kept = max - open_count;
	for (size_t i = output->count - kept; i < output->count; i++)
		ret_lines[count++] = output->lines[i % STEP_OUTPUT_LINES];
	for (size_t i = 0; i < open_count; i++)
		ret_lines[count++] = open[i];
	return count;
}
