/* Plain scalars to values and back: YAML 1.2 core schema, with the octals and '_' of 1.1. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/yaml.h"

#define DIGITS_MAX       64 /* longer ones are text */
#define PLAIN_DIGITS_MAX 21 /* what JSON writers print without an exponent */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

	return is_one_of(text, words);
}

static bool is_bool(const char *text, bool *ret)
{
	static const char *const yes[] = { "true", "True", "TRUE", NULL };
	static const char *const no[] = { "false", "False", "FALSE", NULL };

	*ret = is_one_of(text, yes);
	return *ret || is_one_of(text, no);
}

static bool is_special_float(const char *text, double *ret)
{
	static const char *const inf[] = { ".inf", ".Inf", ".INF", NULL };
	static const char *const nan_words[] = { ".nan", ".NaN", ".NAN", NULL };
	bool minus = *text == '-';

	if (is_one_of(text, nan_words)) {
		*ret = (double)NAN;
		return true;
	}
	if (*text == '-' || *text == '+')
		text++;
	*ret = minus ? -(double)INFINITY : (double)INFINITY;
	return is_one_of(text, inf);
}

/* The text without '_'; false when it is too long to be a number. */
static bool drop_underscores(const char *text, char out[DIGITS_MAX])
{
	size_t len = 0;

	for (; *text; text++) {
		if (*text == '_')
			continue;
		if (len == DIGITS_MAX - 1)
			return false;
		out[len++] = *text;
	}
	out[len] = '\0';
	return true;
}

/* The base that a prefix tells; moves *digits behind it. */
static int number_base(const char **digits)
{
	static const struct {
		const char *prefix;
		int base;
	} prefixes[] = { { "0x", 16 }, { "0X", 16 }, { "0o", 8 }, { "0O", 8 },
			 { "0b", 2 },  { "0B", 2 },  { "0", 8 } };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i].prefix);

		if (strncmp(*digits, prefixes[i].prefix, len) != 0 || !(*digits)[len])
			continue;
		*digits += len;
		return prefixes[i].base;
	}
	return 10;
}

static bool all_digits(const char *text, int base)
{
	static const char digits[] = "0123456789abcdef";

	if (!*text)
		return false;
	for (; *text; text++) {
		const char *digit = memchr(digits, tolower((unsigned char)*text), (size_t)base);

		if (!digit)
			return false;
	}
	return true;
}

enum fit { FITS, FITS_UNSIGNED, FITS_NOT };

/* An integer, and what it fits in: int64_t, uint64_t (for which *ret is to be cast), or neither. */
static bool is_int(const char *text, int64_t *ret, enum fit *ret_fit)
{
	bool minus = *text == '-';
	const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
	int base = number_base(&digits);
	unsigned long long value = 0;

	if (!all_digits(digits, base))
		return false;
	errno = 0;
	value = strtoull(digits, NULL, base);
	*ret_fit = errno != ERANGE && value <= (unsigned long long)INT64_MAX + minus ? FITS
		   : errno != ERANGE && !minus                                       ? FITS_UNSIGNED
										     : FITS_NOT;
	*ret = minus ? (int64_t)-value : (int64_t)value;
	return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *text)
{
	static const char digits[] = "0123456789";
	size_t whole = 0, fraction = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, digits);
	text += whole;
	if (*text == '.') {
		text++;
		fraction = strspn(text, digits);
		text += fraction;
	}
	if (!whole && !fraction)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		if (!strspn(text, digits))
			return false;
		text += strspn(text, digits);
	}
	return !*text;
}

static struct yaml *new_float(struct arena *arena, double number)
{
	struct yaml *node = yaml_new(arena, YAML_FLOAT, NULL);

	node->real.number = number;
	node->real.digits = NULL;
	return node;
}

static struct yaml *new_unsigned(struct arena *arena, uint64_t number)
{
	struct yaml *node = new_float(arena, (double)number);

	node->real.digits = arena_printf(arena, "%" PRIu64, number);
	return node;
}

static struct yaml *resolve_number(struct arena *arena, const char *text)
{
	char plain[DIGITS_MAX] = "";
	enum fit fit = FITS;
	int64_t integer = 0;
	double number = 0;

	/* Only what begins like a number is one: not "_1". */
	if (!strchr("+-.0123456789", *text))
		return NULL;
	if (is_special_float(text, &number))
		return new_float(arena, number);
	if (!drop_underscores(text, plain))
		return NULL;
	if (is_int(plain, &integer, &fit)) {
		if (fit == FITS)
			return yaml_new_int(arena, integer, NULL);
		if (fit == FITS_UNSIGNED)
			return new_unsigned(arena, (uint64_t)integer);
	}
	if (is_float(plain))
		return new_float(arena, strtod(plain, NULL));
	return NULL;
}

struct yaml *yaml_resolve_scalar(struct arena *arena, const char *text, struct yaml_mark mark)
{
	struct yaml *node = NULL;
	bool boolean = false;

	if (is_null(text))
		node = yaml_new(arena, YAML_NULL, NULL);
	else if (is_bool(text, &boolean))
		node = yaml_new_bool(arena, boolean, NULL);
	else
		node = resolve_number(arena, text);
	if (!node)
		node = yaml_new_string(arena, text, NULL);
	node->mark = mark;
	return node;
}

/* The fewest significant digits that read back as the same number, as "[-]d.ddde[+-]dd". */
static void shortest(double number, char out[DIGITS_MAX])
{
	for (int precision = 0; precision < 17; precision++) {
		(void)snprintf(out, DIGITS_MAX, "%.*e", precision, number);
		if (strtod(out, NULL) == number)
			return;
	}
}

void yaml_format_float(double number, int digits_max, struct str *out)
{
	char text[DIGITS_MAX];
	const char *exponent = NULL;
	long power = 0;
	int precision = 0;

	if (isnan(number) || isinf(number)) {
		str_add(out, isnan(number) ? ".nan" : number > 0 ? ".inf" : "-.inf");
		return;
	}
	shortest(number, text);
	exponent = strchr(text, 'e');
	power = exponent ? strtol(exponent + 1, NULL, 10) : 0;
	if (power < -4 || power >= digits_max) {
		str_add(out, text);
		return;
	}
	/* Digits after the point: those of the mantissa, moved by the power. */
	precision = (strchr(text, '.') ? (int)(exponent - strchr(text, '.')) - 1 : 0) - (int)power;
	str_addf(out, "%.*f", precision > 0 ? precision : 0, number);
}

const char *yaml_scalar_text(struct arena *arena, const struct yaml *scalar)
{
	AUTO(str_release) struct str text = STR_INIT;

	switch (scalar->kind) {
	case YAML_NULL: return "";
	case YAML_BOOL: return scalar->boolean ? "true" : "false";
	case YAML_INT: return arena_printf(arena, "%lld", (long long)scalar->integer);
	case YAML_FLOAT:
		if (scalar->real.digits)
			return scalar->real.digits;
		yaml_format_float(scalar->real.number, PLAIN_DIGITS_MAX, &text);
		return arena_strdup(arena, text.ptr);
	case YAML_STRING: return scalar->text;
	case YAML_LIST:
	case YAML_MAP: return NULL;
	}
	return NULL;
}
