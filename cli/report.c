#include "report.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "terminal.h"

#define EXCERPT_MARGIN 2 /* lines before and behind */

void report_add_clean(struct str *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		str_addc(out, (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? '?' : *text);
	}
}

static void add_labelled(struct str *out, const char *label, const char *sequence, bool colour,
			 const char *text)
{
	str_addf(out, "%s%s:%s ", colour ? sequence : "", label, colour ? TERMINAL_RESET : "");
	report_add_clean(out, text);
	str_addc(out, '\n');
}

/* Rendered by base/diag: "Dockerfile:7:1: error: ..." and its excerpt. */
static bool is_rendered(const struct err *err)
{
	const char *line_end = strchr(err->message, '\n');
	const char *mark = strstr(err->message, ": error: ");

	return err->kind == ERR_INPUT && mark && (!line_end || mark < line_end);
}

void report_format(const struct err *err, bool colour, struct str *out)
{
	if (is_rendered(err)) {
		report_add_clean(out, err->message);
		str_addc(out, '\n');
	} else {
		add_labelled(out, "error", TERMINAL_RED_BOLD, colour, err->message);
	}
	if (err->hint)
		add_labelled(out, "hint", TERMINAL_CYAN, colour, err->hint);
}

void report_format_warning(const char *text, const struct source_span *span, bool colour,
			   struct str *out)
{
	AUTO(str_release) struct str placed = STR_INIT;

	if (span && span->file)
		str_add(&placed, span->file);
	if (span && span->file && span->line)
		str_addf(&placed, ":%u", span->line);
	if (placed.len > 0)
		str_add(&placed, ": ");
	str_add(&placed, text);
	add_labelled(out, "warning", TERMINAL_YELLOW, colour, placed.ptr);
}

static void write_talk(const struct str *text)
{
	/* Nobody to tell when stderr is gone. */
	(void)!fd_write_all(STDERR_FILENO, text->ptr, text->len, "stderr", NULL);
}

void report_error(const struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	report_format(err, terminal_has_colour(STDERR_FILENO), &text);
	write_talk(&text);
}

void report_line(const char *text)
{
	AUTO(str_release) struct str line = STR_INIT;

	str_addf(&line, "%s\n", text);
	write_talk(&line);
}

/* --- excerpts --- */

static void add_excerpt(const struct source_span *span, struct span text, struct str *out)
{
	unsigned first = span->line > EXCERPT_MARGIN ? span->line - EXCERPT_MARGIN : 1;
	unsigned last = span->last_line > span->line ? span->last_line : span->line;
	struct span line;

	str_addf(out, "%s:%u\n--------------------\n", span->file, span->line);
	for (unsigned number = 1; text.len > 0 && number <= last + EXCERPT_MARGIN; number++) {
		AUTO(freep) char *copy = NULL;

		(void)span_cut(&text, '\n', &line);
		if (number < first)
			continue;
		copy = span_dup(line);
		str_addf(out, "%4u | %s ", number,
			 number >= span->line && number <= last ? ">>>" : "   ");
		report_add_clean(out, copy);
		str_addc(out, '\n');
	}
	str_add(out, "--------------------\n");
}

void report_format_excerpt(const struct err *err, struct str *out)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!err->span.file || !err->span.line || is_rendered(err))
		return;
	if (fs_read_file(AT_FDCWD, err->span.file, LIMIT_DOCKERFILE, &text, NULL) < 0)
		return;
	add_excerpt(&err->span, str_span(&text), out);
}
