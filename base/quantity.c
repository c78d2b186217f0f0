#include "base/quantity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define SIZE_MAX_BYTES  9e18
#define DURATION_MAX_NS 9e18
#define NS_PER_SECOND   1e9

/* Digits with at most one point; strtod alone would take more. *rest is what is behind. */
static bool read_number(const char *text, double *ret, const char **rest)
{
	size_t len = strspn(text, "0123456789.");
	char *end = NULL;

	if (len == 0 || len > 18 || !isdigit((unsigned char)text[0]))
		return false;
	*ret = strtod(text, &end);
	*rest = text + len;
	return end == *rest;
}

static int bad_size(const char *text, struct err *err)
{
	(void)err_set(err, ERR_USAGE, "'%s' is not a size", text);
	return err_hint(err, "write it like 512MB, 20GB or 1.5TB");
}

int quantity_parse_size(const char *text, uint64_t *ret, struct err *err)
{
	static const char units[] = "kmgtp";
	const char *rest = NULL, *unit;
	double value = 0;

	if (!read_number(text, &value, &rest))
		return bad_size(text, err);
	unit = *rest ? strchr(units, tolower((unsigned char)*rest)) : NULL;
	if (unit) {
		for (const char *step = units; step <= unit; step++)
			value *= 1024;
		rest++;
		if (*rest && tolower((unsigned char)rest[0]) == 'i' &&
		    tolower((unsigned char)rest[1]) == 'b')
			rest++;
	}
	if ((*rest && strcasecmp(rest, "b") != 0) || value > SIZE_MAX_BYTES)
		return bad_size(text, err);
	*ret = (uint64_t)value;
	return 0;
}

static int bad_duration(const char *text, struct err *err)
{
	(void)err_set(err, ERR_USAGE, "'%s' is not a duration", text);
	return err_hint(err, "write it like 30m, 24h or 7d");
}

int quantity_parse_duration(const char *text, uint64_t *ret, struct err *err)
{
	static const struct {
		char unit;
		double seconds;
	} units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 24 * 3600 }, { 'w', 7 * 24 * 3600 }
	};
	double total = 0, value = 0;
	const char *rest = text;

	do {
		double seconds = 0;

		if (!read_number(rest, &value, &rest))
			return bad_duration(text, err);
		for (size_t i = 0; i < ARRAY_SIZE(units); i++)
			seconds = *rest == units[i].unit ? units[i].seconds : seconds;
		total += value * seconds * NS_PER_SECOND;
		if (seconds == 0 || total > DURATION_MAX_NS)
			return bad_duration(text, err);
		rest++;
	} while (*rest);
	*ret = (uint64_t)total;
	return 0;
}
