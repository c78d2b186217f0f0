#include "dockerfile/expand.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "lex.h"

void expand_names_release(struct expand_names *names)
{
	strmap_release(&names->matched);
	strmap_release(&names->unmatched);
}

const char *expand_lookup_strmap(const void *map, const char *name)
{
	return strmap_get(map, name);
}

int expand_word(const struct expander *expander, const char *word, char **ret,
		struct expand_names *names, struct err *err)
{
	AUTO(str_release) struct str out = STR_INIT;

	if (lex(expander, (struct lex_mode){ 0 }, span_of(word), &out, NULL, names, err) < 0)
		return -1;
	*ret = str_detach(&out);
	return 0;
}

int expand_words(const struct expander *expander, const char *word, struct strvec *ret,
		 struct expand_names *names, struct err *err)
{
	return lex(expander, (struct lex_mode){ 0 }, span_of(word), NULL, ret, names, err);
}

int expand_heredoc(const struct expander *expander, const char *body, char **ret,
		   struct expand_names *names, struct err *err)
{
	AUTO(str_release) struct str out = STR_INIT;
	struct expander with_backslash = *expander;

	with_backslash.escape = '\\';
	if (lex(&with_backslash,
		(struct lex_mode){ .ignore_quotes = true, .limit = LIMIT_DOCKERFILE },
		span_of(body), &out, NULL, names, err) < 0)
		return -1;
	*ret = str_detach(&out);
	return 0;
}

char *expand_display(const struct expander *expander, const char *text, struct expand_names *names)
{
	AUTO(str_release) struct str out = STR_INIT;

	if (lex(expander, (struct lex_mode){ .keep_quotes = true, .keep_unset = true },
		span_of(text), &out, NULL, names, NULL) < 0)
		return xstrdup(text);
	return str_detach(&out);
}
