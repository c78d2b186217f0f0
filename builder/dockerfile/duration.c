/* Durations as Go's time.ParseDuration reads them: a sign, then numbers with units, "1h15m30.918s". */
#include <ctype.h>

#include "base/alloc.h"
#include "dockerfile/dockerfile.h"

#define SECOND ((int64_t)1000 * 1000 * 1000)

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 }, /* the micro sign, and the Greek letter */
	{ "\xce\xbcs", 1000 },
	{ "ms", 1000 * 1000 },
	{ "s", SECOND },
	{ "m", 60 * SECOND },
	{ "h", 3600 * SECOND },
};

static bool read_unit(struct span *text, int64_t *ret_ns)
{
	size_t len = 0;

	while (len < text->len && text->ptr[len] != '.' && !isdigit((unsigned char)text->ptr[len]))
		len++;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!span_eq((struct span){ .ptr = text->ptr, .len = len }, units[i].name))
			continue;
		*text = (struct span){ .ptr = text->ptr + len, .len = text->len - len };
		*ret_ns = units[i].ns;
		return true;
	}
	return false;
}

/* The digits at the front; *ret_scale is ten to the power of their count. */
static bool read_digits(struct span *text, int64_t *ret, double *ret_scale)
{
	bool any = false;

	*ret = 0;
	*ret_scale = 1;
	for (; text->len && isdigit((unsigned char)text->ptr[0]); text->ptr++, text->len--) {
		if (__builtin_mul_overflow(*ret, 10, ret) ||
		    __builtin_add_overflow(*ret, text->ptr[0] - '0', ret))
			return false;
		*ret_scale *= 10;
		any = true;
	}
	return any;
}

/* One number with its unit. */
static bool read_part(struct span *text, int64_t *ret_ns)
{
	int64_t whole = 0, fraction = 0, unit = 0;
	double scale = 1;
	bool has_whole = read_digits(text, &whole, &scale);
	bool has_fraction = false;

	scale = 1;
	if (text->len && text->ptr[0] == '.') {
		*text = (struct span){ .ptr = text->ptr + 1, .len = text->len - 1 };
		has_fraction = read_digits(text, &fraction, &scale);
	}
	if ((!has_whole && !has_fraction) || !read_unit(text, &unit) ||
	    __builtin_mul_overflow(whole, unit, ret_ns))
		return false;
	return !__builtin_add_overflow(*ret_ns, (int64_t)((double)fraction / scale * (double)unit),
				       ret_ns);
}

int duration_parse(const char *text, int64_t *ret_ns, struct err *err)
{
	struct span rest = span_of(text);
	int64_t total = 0, part = 0;
	bool good = true;

	if (rest.len && (rest.ptr[0] == '+' || rest.ptr[0] == '-'))
		rest = (struct span){ .ptr = rest.ptr + 1, .len = rest.len - 1 };
	good = rest.len > 0;
	if (span_eq(rest, "0"))
		rest.len = 0;
	while (good && rest.len)
		good = read_part(&rest, &part) && !__builtin_add_overflow(total, part, &total);
	if (!good) {
		(void)err_set(err, ERR_INPUT, "'%s' is no duration", text);
		return err_hint(err, "write a number with its unit: 30s, 1m30s, 500ms");
	}
	if (text[0] == '-' && total)
		return err_set(err, ERR_INPUT, "the duration '%s' is negative", text);
	*ret_ns = total;
	return 0;
}
