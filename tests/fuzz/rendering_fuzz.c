/* Project templates: a text whose braces are escaped is itself, one without braces stays as it is, and the same comes out twice. */
#include "templates/rendering.h"

#include "fuzz.h"

static void escape(struct span text, struct str *out)
{
	for (size_t i = 0; i < text.len; i++) {
		bool is_opening = text.ptr[i] == '{' && i + 1 < text.len && text.ptr[i + 1] == '{';

		str_add(out, is_opening ? "\\{{" : "");
		if (is_opening)
			i++;
		else
			str_addc(out, text.ptr[i]);
	}
}

static bool is_same(const struct str *a, struct span b)
{
	return a->len == b.len && memcmp(a->ptr, b.ptr, b.len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span text = { .ptr = (const char *)data, .len = size };
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str escaped = STR_INIT;
	AUTO(str_release) struct str plain = STR_INIT;
	AUTO(str_release) struct str once = STR_INIT;
	AUTO(str_release) struct str again = STR_INIT;
	int status;

	strmap_set(&values, "name", "demo");
	strmap_set(&values, "v", "a\n{{ name }}");
	strmap_set(&values, "e", "");
	escape(text, &escaped);
	FUZZ_CHECK(rendering_expand(str_span(&escaped), "f", &values, &plain, NULL) == 0);
	FUZZ_CHECK(is_same(&plain, text));
	status = rendering_expand(text, "f", &values, &once, NULL);
	FUZZ_CHECK(rendering_expand(text, "f", &values, &again, NULL) == status);
	FUZZ_CHECK(is_same(&again, str_span(&once)));
	if (!memmem(data, size, "{{", 2))
		FUZZ_CHECK(status == 0 && is_same(&once, text));
	return 0;
}
