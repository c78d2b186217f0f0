#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/vec.h"

#define TAB_WIDTH    8
#define WINDOW_WIDTH 120 /* columns shown of a line */
#define WINDOW_LEAD  60  /* bytes shown before a place that is far to the right */
#define REPLACEMENT  0xfffd

static void diag_release(struct diag *diag)
{
	free(diag->message);
	free(diag->hint);
	free(diag->rule);
	*diag = (struct diag){ .message = NULL };
}

void diags_init(struct diags *diags, const char *file, struct span source)
{
	*diags = (struct diags){ .file = xstrdup(file), .source = source };
}

void diags_release(struct diags *diags)
{
	VEC_FOREACH(diag, diags)
		diag_release(diag);
	free(diags->items);
	diag_release(&diags->spare);
	free(diags->file);
	*diags = (struct diags){ .items = NULL };
}

struct diag *diags_add(struct diags *diags, enum diag_level level, unsigned line, unsigned column,
		       unsigned length, const char *fmt, ...)
{
	struct str message = STR_INIT;
	struct diag *diag = NULL;
	va_list ap;

	if (level == DIAG_ERROR && ++diags->errors > LIMIT_DIAGS) {
		diags->dropped++;
		diag = &diags->spare;
		diag_release(diag);
	} else {
		diag = VEC_ADD(diags);
	}
	va_start(ap, fmt);
	str_addv(&message, fmt, ap);
	va_end(ap);
	*diag = (struct diag){ .level = level,
			       .line = line,
			       .column = column,
			       .length = length,
			       .message = str_detach(&message) };
	return diag;
}

void diags_truncate(struct diags *diags, size_t len)
{
	while (diags->len > len)
		diag_release(&diags->items[--diags->len]);
	diags->errors = diags->dropped = 0;
	VEC_FOREACH(diag, diags)
		diags->errors += diag->level == DIAG_ERROR;
}

static int compare(unsigned a, unsigned b)
{
	return (a > b) - (a < b);
}

/* Message last, so that the order does not depend on the sort. */
static int compare_diags(const void *a_ptr, const void *b_ptr)
{
	const struct diag *a = a_ptr, *b = b_ptr;
	int order = compare(a->line, b->line);

	if (!order)
		order = compare(a->column, b->column);
	if (!order)
		order = compare(a->level, b->level);
	return order ? order : strcmp(a->message, b->message);
}

void diags_sort(struct diags *diags)
{
	if (diags->len > 1)
		qsort(diags->items, diags->len, sizeof(*diags->items), compare_diags);
}

/*
 * Cuts one character off and appends what a terminal may be sent for it: a tab as blanks, control
 * characters and what is not UTF-8 as U+FFFD, so that no file can drive the terminal. Gives its
 * width in columns.
 */
static unsigned add_glyph(struct str *out, struct span *rest, unsigned column)
{
	utf8proc_int32_t codepoint = -1;
	utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)rest->ptr,
						(utf8proc_ssize_t)rest->len, &codepoint);
	utf8proc_category_t category = UTF8PROC_CATEGORY_CN;

	rest->ptr += len < 1 ? 1 : len;
	rest->len -= len < 1 ? 1 : (size_t)len;
	if (codepoint == '\t') {
		unsigned width = TAB_WIDTH - column % TAB_WIDTH;

		str_addn(out, "        ", width);
		return width;
	}
	category = utf8proc_category(codepoint);
	/* CF holds the marks that turn the direction of writing round. */
	if (codepoint < 0 || category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF) {
		str_add_codepoint(out, REPLACEMENT);
		return 1;
	}
	str_add_codepoint(out, (unsigned)codepoint);
	return (unsigned)utf8proc_charwidth(codepoint);
}

static void add_text(struct str *out, const char *text)
{
	struct span rest = span_of(text);
	unsigned column = 0;

	while (rest.len)
		column += add_glyph(out, &rest, column);
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Where in the line to begin, so that the place is in view. */
static size_t window_start(struct span line, size_t place)
{
	size_t start = place < WINDOW_WIDTH - 20 ? 0 : place - WINDOW_LEAD;

	if (place > line.len)
		start = 0;
	while (start > 0 && is_continuation(line.ptr[start]))
		start--;
	return start;
}

/* One line as shown, and where the underline goes. */
struct excerpt {
	struct str text;
	unsigned column; /* blanks before the caret */
	unsigned width;  /* of the underline, at least 1 */
};

static void excerpt_make(struct excerpt *excerpt, struct span line, const struct diag *diag)
{
	size_t place = diag->column ? diag->column - 1 : 0;
	size_t place_end = place + diag->length;
	size_t start = window_start(line, place);
	struct span rest = { .ptr = line.ptr + start, .len = line.len - start };
	unsigned column = 0;
	unsigned begin = 0, end = 0;

	if (start > 0) {
		str_add(&excerpt->text, "...");
		column = 3;
	}
	begin = end = column;
	while (rest.len && column < WINDOW_WIDTH) {
		size_t offset = (size_t)(rest.ptr - line.ptr);
		unsigned width = add_glyph(&excerpt->text, &rest, column);

		column += width;
		if (offset < place)
			begin = column;
		if (offset < place_end || offset < place)
			end = column;
	}
	if (rest.len)
		str_add(&excerpt->text, "...");
	excerpt->column = begin;
	excerpt->width = end > begin ? end - begin : 1;
}

/* Remembers where the last line asked for began: sorted problems read the text once. */
struct line_cursor {
	struct span rest;
	unsigned line;
};

static bool find_line(const struct diags *diags, struct line_cursor *cursor, unsigned wanted,
		      struct span *ret_line)
{
	struct span rest = { 0 };

	if (!wanted || !diags->source.len)
		return false;
	if (!cursor->line || wanted < cursor->line)
		*cursor = (struct line_cursor){ .rest = diags->source, .line = 1 };
	for (; cursor->line < wanted; cursor->line++)
		if (!span_cut(&cursor->rest, '\n', ret_line))
			return false;
	rest = cursor->rest;
	span_cut(&rest, '\n', ret_line);
	if (ret_line->len && ret_line->ptr[ret_line->len - 1] == '\r')
		ret_line->len--;
	return true;
}

static const char *paint(bool colour, const char *sequence)
{
	return colour ? sequence : "";
}

#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

static const char *level_colour(enum diag_level level)
{
	return level == DIAG_ERROR ? "\033[1;31m" : "\033[1;33m";
}

static void render_excerpt(const struct diag *diag, struct span line, bool colour, struct str *out)
{
	AUTO(str_release) struct str number = STR_INIT;
	struct excerpt excerpt = { .text = STR_INIT };

	excerpt_make(&excerpt, line, diag);
	str_addf(&number, "%u", diag->line);
	str_addf(out, "  %s | %s\n", number.ptr, excerpt.text.ptr);
	str_addf(out, "  %*s | %*s%s^", (int)number.len, "", (int)excerpt.column, "",
		 paint(colour, level_colour(diag->level)));
	for (unsigned i = 1; i < excerpt.width; i++)
		str_addc(out, '~');
	str_add(out, paint(colour, PLAIN));
	if (diag->hint) {
		str_addc(out, ' ');
		add_text(out, diag->hint);
	}
	str_addc(out, '\n');
	str_release(&excerpt.text);
}

static void render_diag(const struct diags *diags, const struct diag *diag,
			struct line_cursor *cursor, bool colour, struct str *out)
{
	struct span line = { 0 };

	str_add(out, paint(colour, BOLD));
	add_text(out, diags->file);
	if (diag->line)
		str_addf(out, ":%u", diag->line);
	if (diag->line && diag->column)
		str_addf(out, ":%u", diag->column);
	str_addf(out, ":%s %s%s:%s ", paint(colour, PLAIN),
		 paint(colour, level_colour(diag->level)),
		 diag->level == DIAG_ERROR ? "error" : "warning", paint(colour, PLAIN));
	add_text(out, diag->message);
	if (diag->rule)
		str_addf(out, " [%s]", diag->rule);
	str_addc(out, '\n');
	if (find_line(diags, cursor, diag->line, &line)) {
		render_excerpt(diag, line, colour, out);
	} else if (diag->hint) {
		str_add(out, "  hint: ");
		add_text(out, diag->hint);
		str_addc(out, '\n');
	}
}

static void render(const struct diags *diags, bool only_errors, bool colour, struct str *out)
{
	struct line_cursor cursor = { .line = 0 };

	VEC_FOREACH(diag, diags)
		if (!only_errors || diag->level == DIAG_ERROR)
			render_diag(diags, diag, &cursor, colour, out);
	if (!diags->dropped)
		return;
	add_text(out, diags->file);
	str_addf(out, ": %zu more error%s not shown\n", diags->dropped,
		 diags->dropped == 1 ? "" : "s");
}

void diags_render(const struct diags *diags, bool colour, struct str *out)
{
	render(diags, false, colour, out);
}

int diags_check(struct diags *diags, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!diags->errors)
		return 0;
	diags_sort(diags);
	render(diags, true, false, &text);
	return err_set(err, ERR_INPUT, "%.*s", (int)text.len - 1, text.ptr);
}
