#include "base/attributes.h"

#include <ctype.h>

#include "base/alloc.h"
#include "base/str.h"

#define CASE_COUNTS "annotation" /* what is behind it names somebody's annotation */

static int misplaced_quote(const char *text, struct err *err)
{
	(void)err_set(err, ERR_USAGE, "'%s': a quote within a field", text);
	return err_hint(err, "quote key and value together: '\"name=a,b\"'");
}

/* The field at *rest, without its quotes; *rest moves behind its comma. *ret_last: there was none. */
static int read_field(const char *text, const char **rest, struct str *ret, bool *ret_last,
		      struct err *err)
{
	const char *c = *rest;

	if (*c == '"') {
		for (c++; *c && (*c != '"' || c[1] == '"'); c++) {
			c += *c == '"';
			str_addc(ret, *c);
		}
		if (!*c)
			return err_set(err, ERR_USAGE, "'%s': a quote is not closed", text);
		c++;
		if (*c && *c != ',')
			return misplaced_quote(text, err);
	}
	for (; *c && *c != ','; c++) {
		if (*c == '"')
			return misplaced_quote(text, err);
		str_addc(ret, *c);
	}
	*ret_last = !*c;
	*rest = c + !*ret_last;
	return 0;
}

static int add_field(const char *text, struct span field, struct strmap *ret, struct err *err)
{
	struct span rest = span_trim(field), key;
	bool has_value = span_cut(&rest, '=', &key);
	AUTO(freep) char *name = span_dup(span_trim(key)), *value = span_dup(rest);

	if (!*name)
		return err_set(err, ERR_USAGE, "'%s': a field without a key", text);
	if (!str_has_prefix(name, CASE_COUNTS)) {
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	}
	strmap_set(ret, name, has_value ? value : NULL);
	return 0;
}

int attributes_parse(const char *text, struct strmap *ret, struct err *err)
{
	const char *rest = text;
	bool is_last = false;

	while (!is_last) {
		AUTO(str_release) struct str field = STR_INIT;

		if (read_field(text, &rest, &field, &is_last, err) < 0 ||
		    add_field(text, str_span(&field), ret, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++) {
		if (str_eq(value, *words))
			return true;
	}
	return false;
}

int attributes_get_bool(const struct strmap *attributes, const char *key, bool otherwise, bool *ret,
			struct err *err)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True", NULL };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False", NULL };
	const char *value = strmap_get(attributes, key);

	if (!value) {
		*ret = strmap_has(attributes, key) || otherwise;
		return 0;
	}
	if (!is_one_of(value, yes) && !is_one_of(value, no))
		return err_set(err, ERR_USAGE, "'%s=%s' is neither true nor false", key, value);
	*ret = is_one_of(value, yes);
	return 0;
}
