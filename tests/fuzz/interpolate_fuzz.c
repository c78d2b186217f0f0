/* Variables in text: with every '$' doubled, a text expands to itself; and no text does harm. */
#include "fuzz.h"

#include <string.h>

#include "compose/template.h"

static const char *lookup(void *arg, const char *name)
{
	(void)arg;
	/* Some are set, some empty, some neither. */
	return name[0] < 'I' ? name : name[0] < 'R' ? "" : NULL;
}

static const char *lookup_nothing(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	FUZZ_CHECK(!"nothing is looked up");
	return NULL;
}

static void visit(void *arg, const struct template_variable *variable)
{
	(void)arg;
	FUZZ_CHECK(variable->name && *variable->name);
	FUZZ_CHECK(!(variable->fallback && variable->presence));
}

static void expand_any(const char *text)
{
	const struct template_scope scope = { .lookup = lookup };
	struct str out = STR_INIT;
	struct err err = ERR_INIT;

	if (template_expand(text, &scope, &out, &err) < 0)
		FUZZ_CHECK(err.message && *err.message);
	template_variables(text, visit, NULL);
	err_release(&err);
	str_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct template_scope nothing = { .lookup = lookup_nothing };
	struct str text = STR_INIT, escaped = STR_INIT, out = STR_INIT;

	str_addn(&text, data, strnlen((const char *)data, size));
	for (const char *at = text.ptr; *at; at++) {
		str_addc(&escaped, *at);
		if (*at == '$')
			str_addc(&escaped, '$');
	}
	FUZZ_CHECK(template_expand(escaped.ptr, &nothing, &out, NULL) == 0);
	FUZZ_CHECK(strcmp(out.ptr, text.ptr) == 0);
	expand_any(text.ptr);
	str_release(&text);
	str_release(&escaped);
	str_release(&out);
	return 0;
}
