/*
 * The first line is what to expand, each further one a NAME=value. The first byte chooses the way and the escape
 * character. Twice the same gives twice the same; a text without special characters stays as it is.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "dockerfile/expand.h"
#include "fuzz.h"

#define RESULT_MAX ((size_t)17 * 1024 * 1024)

/* The result, or the error's message. The caller frees. */
static char *expand(unsigned mode, const struct expander *expander, const char *text,
		    bool *ret_good)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	char *result = NULL;
	int status = 0;

	switch (mode % 4) {
	case 0: status = expand_word(expander, text, &result, &names, &err); break;
	case 1:
		status = expand_words(expander, text, &words, &names, &err);
		if (status == 0)
			result = strvec_join(&words, "\n");
		break;
	case 2: status = expand_heredoc(expander, text, &result, &names, &err); break;
	default: result = expand_display(expander, text, &names); break;
	}
	*ret_good = status == 0;
	if (status == 0)
		return result;
	FUZZ_CHECK(err.message && err.span.column <= strlen(text) + 1);
	return xstrdup(err.message);
}

static bool is_plain(const char *text, char escape)
{
	return !strpbrk(text, "$'\"\\") && !strchr(text, escape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	struct span rest = { .ptr = (const char *)data, .len = size }, line = { 0 };
	struct expander expander = { .lookup = expand_lookup_strmap, .lookup_arg = &env };
	AUTO(freep) char *text = NULL;
	AUTO(freep) char *first = NULL;
	AUTO(freep) char *second = NULL;
	bool good = false, good_again = false;
	unsigned mode = 0;

	if (!size || memchr(data, '\0', size))
		return 0;
	mode = data[0];
	expander.escape = mode & 4 ? '`' : '\\';
	rest = (struct span){ .ptr = rest.ptr + 1, .len = rest.len - 1 };
	span_cut(&rest, '\n', &line);
	text = span_dup(line);
	while (rest.len) {
		AUTO(freep) char *pair = NULL;

		span_cut(&rest, '\n', &line);
		pair = span_dup(line);
		strmap_set_pair(&env, pair);
	}
	first = expand(mode, &expander, text, &good);
	second = expand(mode, &expander, text, &good_again);
	FUZZ_CHECK(good == good_again && strcmp(first, second) == 0);
	FUZZ_CHECK(strlen(first) < RESULT_MAX);
	if (mode % 4 != 1 && is_plain(text, expander.escape))
		FUZZ_CHECK(good && strcmp(first, text) == 0);
	return 0;
}
