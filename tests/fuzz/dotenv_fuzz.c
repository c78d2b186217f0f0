/* Env files: what was read, written with everything quoted, is read as the same; raw ones do no harm. */
#include "fuzz.h"

#include <string.h>

#include "base/vec.h"
#include "compose/dotenv.h"

static const char *lookup(void *arg, const char *name)
{
	(void)arg;
	return strlen(name) % 2 ? "outer" : NULL;
}

static const char *lookup_nothing(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static void print(const struct strmap *map, struct str *out)
{
	VEC_FOREACH(item, map) {
		str_addf(out, "export %s=\"", item->key);
		for (const char *at = item->value; *at; at++) {
			if (*at == '\r')
				str_add(out, "\\r");
			else
				str_addf(out, "%s%c", strchr("\\\"$", *at) ? "\\" : "", *at);
		}
		str_add(out, "\"\n");
	}
}

static void parse_again(const struct strmap *first)
{
	const struct template_scope scope = { .lookup = lookup_nothing };
	struct strmap second = STRMAP_INIT;
	struct str text = STR_INIT;

	print(first, &text);
	FUZZ_CHECK(dotenv_parse(str_span(&text), "again", &scope, &second, NULL) == 0);
	FUZZ_CHECK(first->len == second.len);
	VEC_FOREACH(item, first)
		FUZZ_CHECK(str_eq(item->value, strmap_get(&second, item->key)));
	str_release(&text);
	strmap_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct template_scope scope = { .lookup = lookup };
	const struct span text = { .ptr = (const char *)data, .len = size };
	struct strmap first = STRMAP_INIT, raw = STRMAP_INIT;

	if (dotenv_parse(text, "env", &scope, &first, NULL) == 0)
		parse_again(&first);
	if (dotenv_parse_raw(text, "env", &scope, &raw, NULL) < 0)
		FUZZ_CHECK(size > 0);
	strmap_release(&first);
	strmap_release(&raw);
	return 0;
}
