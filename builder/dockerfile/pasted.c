/* Characters pasted from web pages and word processors. */
#include "pasted.h"

#include "base/alloc.h"
#include "base/str.h"

static const struct {
	const char *bytes, *name;
} deceptive[] = {
	{ "\xc2\xa0", "a no-break space (U+00A0)" },
	{ "\xe2\x80\x8b", "an invisible character (U+200B)" },
	{ "\xe2\x80\xaf", "a narrow space (U+202F)" },
	{ "\xe3\x80\x80", "a wide space (U+3000)" },
	{ "\xef\xbb\xbf", "an invisible character (U+FEFF)" },
};

static const char *const typographic_quotes[] = {
	"\xe2\x80\x98",
	"\xe2\x80\x99",
	"\xe2\x80\x9c",
	"\xe2\x80\x9d",
};

const char *deceptive_character(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(deceptive); i++)
		if (str_has_prefix(text, deceptive[i].bytes))
			return deceptive[i].name;
	return NULL;
}

const char *find_typographic_quote(const char *text)
{
	for (; *text; text++)
		for (size_t i = 0; i < ARRAY_SIZE(typographic_quotes); i++)
			if (str_has_prefix(text, typographic_quotes[i]))
				return text;
	return NULL;
}

bool looks_like_json(const char *text)
{
	struct span rest = span_trim(span_of(text));
	AUTO(freep) char *inside = NULL;
	bool has_blank = false;

	if (rest.len < 3 || rest.ptr[0] != '[' || rest.ptr[rest.len - 1] != ']')
		return false;
	has_blank = rest.ptr[1] == ' ' || rest.ptr[1] == '\t';
	inside = span_dup(span_trim((struct span){ .ptr = rest.ptr + 1, .len = rest.len - 2 }));
	if (has_blank && !strchr(inside, ','))
		return false;
	return *inside == '\'' || *inside == '"' || find_typographic_quote(inside) == inside;
}
