#include "line.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/vec.h"
#include "rune.h"

static void skip_too_long(struct line_reader *reader, struct span *line, struct span *whole)
{
	struct diag *diag = diags_add(reader->diags, DIAG_ERROR, reader->number, 1, 0,
				      "this line has %zu bytes, more than the allowed %d",
				      line->len, LIMIT_DOCKERFILE_LINE);

	diag->hint = xstrdup("break it up by continuations, or COPY a file in its place");
	line->len = whole->len = 0;
}

bool line_reader_next(struct line_reader *reader, struct span *ret, struct span *ret_whole)
{
	struct span whole = reader->rest;
	struct span line = whole;
	const char *feed = whole.len ? memchr(whole.ptr, '\n', whole.len) : NULL;

	if (!whole.len)
		return false;
	if (feed) {
		line.len = (size_t)(feed - line.ptr);
		whole.len = line.len + 1;
	}
	reader->number++;
	reader->rest.ptr += whole.len;
	reader->rest.len -= whole.len;
	if (line.len > LIMIT_DOCKERFILE_LINE)
		skip_too_long(reader, &line, &whole);
	while (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	*ret = line;
	if (ret_whole)
		*ret_whole = whole;
	return true;
}

bool line_is_comment(struct span line)
{
	line = rune_trim_left(line);
	return line.len && line.ptr[0] == '#';
}

/* A doubled escape character does not continue, and neither does a tripled one. */
bool line_cut_continuation(struct span *line, char escape)
{
	size_t len = line->len;

	while (len && (line->ptr[len - 1] == ' ' || line->ptr[len - 1] == '\t'))
		len--;
	if (!len || line->ptr[len - 1] != escape || (len > 1 && line->ptr[len - 2] == escape))
		return false;
	line->len = len - 1;
	return true;
}

void logical_line_release(struct logical_line *line)
{
	str_release(&line->text);
	free(line->pieces.items);
}

void logical_line_clear(struct logical_line *line)
{
	str_clear(&line->text);
	line->pieces.len = 0;
	line->start = line->end = 0;
	line->has_empty_continuation = false;
}

void logical_line_add(struct logical_line *line, struct span text, unsigned number, unsigned column)
{
	*VEC_ADD(&line->pieces) =
		(struct line_piece){ .offset = line->text.len, .line = number, .column = column };
	str_addn(&line->text, text.ptr, text.len);
}

void logical_line_continue(struct logical_line *line, struct line_reader *reader, char escape)
{
	struct span next = { 0 };
	bool more = true;

	while (more && line_reader_next(reader, &next, NULL)) {
		line->end = reader->number;
		if (line_is_comment(next))
			continue;
		if (rune_leading_space(next) == next.len) {
			line->has_empty_continuation = true;
			continue;
		}
		more = line_cut_continuation(&next, escape);
		logical_line_add(line, next, reader->number, 1);
	}
}

struct word logical_line_place(const struct logical_line *line, struct span part)
{
	size_t offset = (size_t)(part.ptr - line->text.ptr);
	size_t low = 0, high = line->pieces.len;
	const struct line_piece *piece = NULL;
	size_t left = 0;

	if (!line->pieces.len)
		return (struct word){ .line = line->start };
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (line->pieces.items[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	piece = &line->pieces.items[low];
	left = (high < line->pieces.len ? line->pieces.items[high].offset : line->text.len) -
	       offset;
	return (struct word){ .line = piece->line,
			      .column = piece->column + (unsigned)(offset - piece->offset),
			      .length = (unsigned)(part.len < left ? part.len : left) };
}
