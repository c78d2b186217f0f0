#include "templates/rendering.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/vec.h"

int rendering_value(struct span name, const struct strmap *values, const char **ret,
		    struct err *err)
{
	AUTO(freep) char *key = span_dup(name);
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	*ret = strmap_get(values, key);
	if (*ret)
		return 0;
	VEC_FOREACH(item, values)
		strvec_add(&names, item->key);
	nearest = suggest(key, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_INPUT, "unknown variable '%s'", key);
	return nearest ? err_hint(err, "did you mean '%s'?", nearest) : -1;
}

/* --- words: names, "texts" and the signs between them --- */

struct parser {
	struct span rest;
	const struct strmap *values;
	unsigned depth;
	struct err *err;
};

static bool parse_or(struct parser *parser, bool *ret);

static void skip_blanks(struct parser *parser)
{
	while (parser->rest.len > 0 && strchr(" \t", *parser->rest.ptr)) {
		parser->rest.ptr++;
		parser->rest.len--;
	}
}

static bool take(struct parser *parser, const char *sign)
{
	size_t len = strlen(sign);

	skip_blanks(parser);
	if (!span_has_prefix(parser->rest, sign))
		return false;
	parser->rest.ptr += len;
	parser->rest.len -= len;
	return true;
}

static bool refuse(struct parser *parser, const char *wanted)
{
	skip_blanks(parser);
	if (parser->rest.len == 0)
		(void)err_set(parser->err, ERR_INPUT, "the condition ends where %s must stand",
			      wanted);
	else
		(void)err_set(parser->err, ERR_INPUT, "'%.*s': %s must stand here",
			      SPAN_FMT(parser->rest), wanted);
	return false;
}

static struct span take_name(struct parser *parser)
{
	struct span name = { .ptr = parser->rest.ptr };

	while (parser->rest.len > 0 &&
	       (isalnum((unsigned char)*parser->rest.ptr) || strchr("_.", *parser->rest.ptr))) {
		parser->rest.ptr++;
		parser->rest.len--;
		name.len++;
	}
	return name;
}

static bool take_text(struct parser *parser, struct span *ret)
{
	if (!take(parser, "\""))
		return refuse(parser, "a \"text\"");
	if (memchr(parser->rest.ptr, '"', parser->rest.len))
		return span_cut(&parser->rest, '"', ret);
	(void)err_set(parser->err, ERR_INPUT, "the text has no '\"' at its end");
	return false;
}

/* --- from the strongest binding to the weakest --- */

static bool parse_comparison(struct parser *parser, bool *ret)
{
	struct span name, text;
	const char *value = NULL;
	bool wants_equal;

	skip_blanks(parser);
	name = take_name(parser);
	if (name.len == 0)
		return refuse(parser, "a name");
	if (rendering_value(name, parser->values, &value, parser->err) < 0)
		return false;
	wants_equal = take(parser, "==");
	if (!wants_equal && !take(parser, "!=")) {
		*ret = *value && !str_eq(value, "false");
		return true;
	}
	if (!take_text(parser, &text))
		return false;
	*ret = span_eq(text, value) == wants_equal;
	return true;
}

static bool parse_group(struct parser *parser, bool *ret)
{
	bool done;

	if (++parser->depth > LIMIT_YAML_DEPTH) {
		(void)err_set(parser->err, ERR_LIMIT, "the condition is deeper than %d levels",
			      LIMIT_YAML_DEPTH);
		return false;
	}
	done = parse_or(parser, ret);
	parser->depth--;
	return done && (take(parser, ")") || refuse(parser, "')'"));
}

static bool parse_not(struct parser *parser, bool *ret)
{
	bool is_negated = false;

	while (take(parser, "!"))
		is_negated = !is_negated;
	if (take(parser, "(") ? !parse_group(parser, ret) : !parse_comparison(parser, ret))
		return false;
	*ret = *ret != is_negated;
	return true;
}

static bool parse_and(struct parser *parser, bool *ret)
{
	bool next;

	if (!parse_not(parser, ret))
		return false;
	while (take(parser, "&&")) {
		if (!parse_not(parser, &next))
			return false;
		*ret = *ret && next;
	}
	return true;
}

static bool parse_or(struct parser *parser, bool *ret)
{
	bool next;

	if (!parse_and(parser, ret))
		return false;
	while (take(parser, "||")) {
		if (!parse_and(parser, &next))
			return false;
		*ret = *ret || next;
	}
	return true;
}

int condition_holds(struct span condition, const struct strmap *values, bool *ret, struct err *err)
{
	struct parser parser = { .rest = condition, .values = values, .err = err };
	bool holds = false;

	if (!parse_or(&parser, &holds))
		return -1;
	skip_blanks(&parser);
	if (parser.rest.len > 0) {
		(void)refuse(&parser, "'==', '!=', '&&' or '||'");
		return -1;
	}
	*ret = holds;
	return 0;
}
