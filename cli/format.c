#include "format.h"

#include <inttypes.h>
#include <utf8proc.h>

#define NS_PER_SECOND UINT64_C(1000000000)

void format_size(struct str *out, uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 1000) {
		str_addf(out, "%" PRIu64 "B", bytes);
		return;
	}
	/* 999.5 would be printed as 1000, and 99.95 as 100.0. */
	for (value /= 1000; value >= 999.5 && unit < sizeof(units) / sizeof(units[0]) - 1; unit++)
		value /= 1000;
	str_addf(out, value < 99.95 ? "%.1f%s" : "%.0f%s", value, units[unit]);
}

void format_elapsed(struct str *out, uint64_t nanoseconds)
{
	uint64_t seconds = nanoseconds / NS_PER_SECOND;

	if (seconds < 100)
		str_addf(out, "%.1fs", (double)nanoseconds / (double)NS_PER_SECOND);
	else if (seconds < 3600)
		str_addf(out, "%" PRIu64 "m%02" PRIu64 "s", seconds / 60, seconds % 60);
	else
		str_addf(out, "%" PRIu64 "h%02" PRIu64 "m", seconds / 3600, seconds / 60 % 60);
}

void format_age(struct str *out, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {
		{ 365 * 86400, "year" }, { 30 * 86400, "month" }, { 7 * 86400, "week" },
		{ 86400, "day" },        { 3600, "hour" },        { 60, "minute" },
		{ 1, "second" },
	};

	/* Twice the unit at least: "36 hours ago" says more than "1 day ago". */
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < 2 * units[i].seconds)
			continue;
		str_addf(out, "%" PRId64 " %ss ago", seconds / units[i].seconds, units[i].name);
		return;
	}
	str_add(out, "just now");
}

/* --- paragraphs --- */

static void break_line(struct str *out, unsigned indent, unsigned *column)
{
	str_addf(out, "\n%*s", (int)indent, "");
	*column = indent;
}

static void wrap_line(struct str *out, struct span line, unsigned *column, unsigned indent,
		      unsigned width)
{
	bool is_first = true;

	while (line.len > 0) {
		struct span word;
		unsigned word_width = 0;

		(void)span_cut(&line, ' ', &word);
		word_width = format_width(word);
		if (!is_first && *column + 1 + word_width > width) {
			break_line(out, indent, column);
		} else if (!is_first) {
			str_addc(out, ' ');
			++*column;
		}
		str_addn(out, word.ptr, word.len);
		*column += word_width;
		is_first = false;
	}
}

void format_wrapped(struct str *out, const char *text, unsigned column, unsigned indent,
		    unsigned width)
{
	struct span rest = span_of(text);
	struct span line;

	while (rest.len > 0) {
		bool more = span_cut(&rest, '\n', &line);

		wrap_line(out, line, &column, indent, width);
		if (!more || rest.len == 0)
			break;
		/* No blanks at the end of an empty line. */
		if (rest.ptr[0] == '\n') {
			str_addc(out, '\n');
			rest = (struct span){ .ptr = rest.ptr + 1, .len = rest.len - 1 };
		}
		break_line(out, indent, &column);
	}
	str_addc(out, '\n');
}

/* --- terminals --- */

/* Cuts one character off; its width is 0 for what must not reach a terminal. */
static unsigned next_character(struct span *rest, struct span *ret_bytes)
{
	utf8proc_int32_t codepoint = -1;
	utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)rest->ptr,
						(utf8proc_ssize_t)rest->len, &codepoint);
	unsigned width = 1;

	*ret_bytes = (struct span){ .ptr = rest->ptr, .len = len > 0 ? (size_t)len : 1 };
	if (len < 1)
		*ret_bytes = (struct span){ .ptr = "?", .len = 1 };
	rest->ptr += len > 0 ? len : 1;
	rest->len -= len > 0 ? (size_t)len : 1;
	if (len < 1)
		return 1;
	if (utf8proc_category(codepoint) == UTF8PROC_CATEGORY_CC ||
	    utf8proc_category(codepoint) == UTF8PROC_CATEGORY_CF) {
		ret_bytes->len = 0;
		return 0;
	}
	width = (unsigned)utf8proc_charwidth(codepoint);
	return width;
}

unsigned format_width(struct span text)
{
	unsigned width = 0;
	struct span bytes;

	while (text.len > 0)
		width += next_character(&text, &bytes);
	return width;
}

void format_fitted(struct str *out, struct span text, unsigned width)
{
	bool fits = format_width(text) <= width;
	unsigned room = fits ? width : width - (width < 3 ? width : 3);
	unsigned used = 0;

	while (text.len > 0) {
		struct span bytes;
		unsigned more = next_character(&text, &bytes);

		if (used + more > room)
			break;
		str_addn(out, bytes.ptr, bytes.len);
		used += more;
	}
	if (!fits)
		str_addn(out, "...", width < 3 ? width : 3);
}

void format_line(struct str *out, const char *text)
{
	struct span rest = span_of(text);

	while (rest.len > 0) {
		bool is_blank = *rest.ptr == '\n' || *rest.ptr == '\t';
		struct span bytes;

		(void)next_character(&rest, &bytes);
		if (is_blank)
			str_addc(out, ' ');
		else
			str_addn(out, bytes.ptr, bytes.len);
	}
}
