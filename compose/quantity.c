#include "compose/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define MICROSECOND ((int64_t)1000)
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND      (1000 * MILLISECOND)
#define MINUTE      ((int64_t)60 * SECOND)
#define HOUR        ((int64_t)60 * MINUTE)

static const struct {
	const char *name;
	int64_t ns;
} time_units[] = {
	{ "ns", 1 },
	{ "us", MICROSECOND },
	{ "\u00b5s", MICROSECOND }, /* micro sign */
	{ "\u03bcs", MICROSECOND }, /* small mu */
	{ "ms", MILLISECOND },
	{ "s", SECOND },
	{ "m", MINUTE },
	{ "h", HOUR },
	{ "d", 24 * HOUR },
	{ "w", 7 * (24 * HOUR) },
};

static int bad_duration(const char *text, const char *why, struct err *err)
{
	err_set(err, ERR_INPUT, "'%s' is not a duration: %s", text, why);
	return err_hint(err, "write it like '1h30m', '90s' or '500ms'");
}

static bool cut_unit(const char **at, int64_t *ret_ns)
{
	size_t len = strcspn(*at, ".0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(time_units); i++) {
		if (strlen(time_units[i].name) != len || strncmp(*at, time_units[i].name, len) != 0)
			continue;
		*at += len;
		*ret_ns = time_units[i].ns;
		return true;
	}
	return false;
}

/* Digits with an optional fraction. */
static bool cut_number(const char **at, int64_t *ret_whole, double *ret_fraction)
{
	const char *start = *at;
	double scale = 1;

	*ret_whole = 0;
	*ret_fraction = 0;
	for (; isdigit((unsigned char)**at); (*at)++)
		if (__builtin_mul_overflow(*ret_whole, 10, ret_whole) ||
		    __builtin_add_overflow(*ret_whole, **at - '0', ret_whole))
			return false;
	if (**at != '.')
		return *at > start;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++) {
		scale /= 10;
		*ret_fraction += (**at - '0') * scale;
	}
	return *at - start > 1;
}

int compose_parse_duration(const char *text, int64_t *ret_ns, struct err *err)
{
	bool minus = *text == '-';
	const char *at = text + (*text == '-' || *text == '+');
	int64_t total = 0;

	if (!*at)
		return bad_duration(text, "no number in it", err);
	/* Of all numbers this one needs no unit. */
	if (!strcmp(at, "0"))
		at++;
	while (*at) {
		int64_t whole = 0, unit = 0;
		double fraction = 0;

		if (!cut_number(&at, &whole, &fraction))
			return bad_duration(text, "a number is wrong or too large", err);
		if (!*at)
			return bad_duration(text, "the last number has no unit", err);
		if (!cut_unit(&at, &unit))
			return bad_duration(text, "a unit must be one of ns, us, ms, s, m, h, d, w",
					    err);
		if (__builtin_mul_overflow(whole, unit, &whole) ||
		    __builtin_add_overflow(whole, (int64_t)(fraction * (double)unit + 0.5),
					   &whole) ||
		    __builtin_add_overflow(total, whole, &total))
			return bad_duration(text, "more than 292 years", err);
	}
	*ret_ns = minus ? -total : total;
	return 0;
}

/* `value` counts units of 1/scale; prints it with the fraction that it has. */
static void add_decimal(struct str *out, uint64_t value, uint64_t scale)
{
	uint64_t fraction = value % scale;

	str_addf(out, "%llu", (unsigned long long)(value / scale));
	if (!fraction)
		return;
	str_addc(out, '.');
	for (scale /= 10; fraction; scale /= 10) {
		str_addc(out, (char)('0' + fraction / scale));
		fraction %= scale;
	}
}

static void add_below_second(struct str *out, uint64_t ns)
{
	if (ns < (uint64_t)MICROSECOND) {
		str_addf(out, "%lluns", (unsigned long long)ns);
	} else if (ns < (uint64_t)MILLISECOND) {
		add_decimal(out, ns, (uint64_t)MICROSECOND);
		str_add(out, "\u00b5s");
	} else {
		add_decimal(out, ns, (uint64_t)MILLISECOND);
		str_add(out, "ms");
	}
}

void compose_format_duration(int64_t ns, struct str *out)
{
	uint64_t rest = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	if (ns < 0)
		str_addc(out, '-');
	if (rest && rest < (uint64_t)SECOND) {
		add_below_second(out, rest);
		return;
	}
	if (rest >= (uint64_t)HOUR)
		str_addf(out, "%lluh", (unsigned long long)(rest / (uint64_t)HOUR));
	if (rest >= (uint64_t)MINUTE)
		str_addf(out, "%llum",
			 (unsigned long long)(rest % (uint64_t)HOUR / (uint64_t)MINUTE));
	add_decimal(out, rest % (uint64_t)MINUTE, (uint64_t)SECOND);
	str_addc(out, 's');
}

static int bad_bytes(const char *text, struct err *err)
{
	err_set(err, ERR_INPUT, "'%s' is not a number of bytes", text);
	return err_hint(err, "write it like '512m' or '1.5gb': the units are b, k, m, g, t and p");
}

/* "", b, k, kb, kib ...; false when it is none. */
static bool size_unit(const char *suffix, double *ret_factor)
{
	static const char units[] = "kmgtp";
	const char *unit = NULL;

	*ret_factor = 1;
	if (!*suffix || !strcasecmp(suffix, "b"))
		return true;
	unit = strchr(units, tolower((unsigned char)*suffix));
	for (const char *step = units; unit && step <= unit; step++)
		*ret_factor *= 1024;
	suffix++;
	return unit && (!*suffix || !strcasecmp(suffix, "b") || !strcasecmp(suffix, "ib"));
}

int compose_parse_bytes(const char *text, int64_t *ret_bytes, struct err *err)
{
	size_t digits = strspn(text, "0123456789.");
	const char *suffix = text + digits;
	char *end = NULL;
	double number = 0, factor = 1;

	if (!strcmp(text, "-1")) {
		*ret_bytes = -1;
		return 0;
	}
	errno = 0;
	number = strtod(text, &end);
	if (!digits || end != suffix)
		return bad_bytes(text, err);
	suffix += *suffix == ' ';
	if (!size_unit(suffix, &factor))
		return bad_bytes(text, err);
	/* Whole bytes exactly: a double has only 53 bits. */
	if (factor == 1 && !memchr(text, '.', digits))
		*ret_bytes = strtoll(text, NULL, 10);
	else if (number * factor < 9.2e18)
		*ret_bytes = (int64_t)(number * factor);
	else
		errno = ERANGE;
	return errno ? bad_bytes(text, err) : 0;
}
