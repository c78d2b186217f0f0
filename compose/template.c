#include "compose/template.h"

#include <stdlib.h>

#include "base/alloc.h"

#define NESTING_MAX 32

/* One "${...}" or "$NAME" of a text. */
struct reference {
	struct span name;
	char op;       /* '-', '?', '+'; '\0' = none */
	bool or_empty; /* ':' before it: an empty value counts as none */
	struct span word;
};

static bool is_name_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_name_char(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9');
}

static struct span cut_name(struct span *rest)
{
	struct span name = { .ptr = rest->ptr };

	if (rest->len && is_name_start(*rest->ptr))
		while (name.len < rest->len && is_name_char(rest->ptr[name.len]))
			name.len++;
	rest->ptr += name.len;
	rest->len -= name.len;
	return name;
}

/* What stands before the brace that closes; braces within have to balance. */
static bool cut_braced(struct span *rest, struct span *ret_inside)
{
	size_t depth = 1;

	for (size_t i = 0; i < rest->len; i++) {
		if (rest->ptr[i] == '{')
			depth++;
		else if (rest->ptr[i] == '}')
			depth--;
		if (depth)
			continue;
		*ret_inside = (struct span){ .ptr = rest->ptr, .len = i };
		rest->ptr += i + 1;
		rest->len -= i + 1;
		return true;
	}
	return false;
}

static bool parse_inside(struct span inside, struct reference *ret)
{
	*ret = (struct reference){ .name = cut_name(&inside) };
	if (!ret->name.len)
		return false;
	if (!inside.len)
		return true;
	ret->or_empty = *inside.ptr == ':';
	inside.ptr += ret->or_empty;
	inside.len -= ret->or_empty;
	if (!inside.len || !strchr("-?+", *inside.ptr))
		return false;
	ret->op = *inside.ptr;
	ret->word = (struct span){ .ptr = inside.ptr + 1, .len = inside.len - 1 };
	return true;
}

enum piece { PIECE_END, PIECE_TEXT, PIECE_REFERENCE, PIECE_MALFORMED };

/* Cuts one piece off: text in ret->word, or a reference. */
static enum piece cut_piece(struct span *rest, struct reference *ret)
{
	struct span inside = { 0 };
	const char *start = rest->ptr;
	const char *dollar = rest->len ? memchr(rest->ptr, '$', rest->len) : NULL;
	size_t before = dollar ? (size_t)(dollar - start) : rest->len;

	if (!rest->len)
		return PIECE_END;
	if (before) {
		ret->word = (struct span){ .ptr = start, .len = before };
		rest->ptr += before;
		rest->len -= before;
		return PIECE_TEXT;
	}
	rest->ptr++;
	rest->len--;
	if (rest->len && *rest->ptr == '{') {
		rest->ptr++;
		rest->len--;
		return cut_braced(rest, &inside) && parse_inside(inside, ret) ? PIECE_REFERENCE
									      : PIECE_MALFORMED;
	}
	*ret = (struct reference){ .name = cut_name(rest) };
	if (ret->name.len)
		return PIECE_REFERENCE;
	ret->word = (struct span){ .ptr = start, .len = 1 };
	if (rest->len && *rest->ptr == '$') {
		rest->ptr++;
		rest->len--;
	}
	return PIECE_TEXT;
}

static int expand(struct span text, const struct template_scope *scope, unsigned depth,
		  struct str *out, struct err *err);

static int required_missing(const struct reference *ref, const struct template_scope *scope,
			    unsigned depth, struct err *err)
{
	AUTO(str_release) struct str reason = STR_INIT;

	if (expand(ref->word, scope, depth, &reason, err) < 0)
		return -1;
	if (reason.len)
		return err_set(err, ERR_NOT_FOUND,
			       "required variable '%.*s' is missing a value: %s",
			       SPAN_FMT(ref->name), reason.ptr);
	return err_set(err, ERR_NOT_FOUND, "required variable '%.*s' is missing a value",
		       SPAN_FMT(ref->name));
}

static int expand_reference(const struct reference *ref, const struct template_scope *scope,
			    unsigned depth, struct str *out, struct err *err)
{
	AUTO(freep) char *name = span_dup(ref->name);
	const char *value = scope->lookup(scope->arg, name);
	bool is_there = value && !(ref->or_empty && !*value);

	if (ref->op == '+')
		return is_there ? expand(ref->word, scope, depth, out, err) : 0;
	if (is_there) {
		str_add(out, value);
		return 0;
	}
	if (ref->op == '?')
		return required_missing(ref, scope, depth, err);
	if (ref->op == '-')
		return expand(ref->word, scope, depth, out, err);
	if (scope->unset)
		scope->unset(scope->arg, name);
	return 0;
}

static int malformed(struct span text, struct err *err)
{
	err_set(err, ERR_INPUT, "malformed variable in '%.*s'", SPAN_FMT(text));
	return err_hint(err, "write '$$' for a '$' that begins no variable");
}

static int expand(struct span text, const struct template_scope *scope, unsigned depth,
		  struct str *out, struct err *err)
{
	struct span rest = text;
	struct reference ref = { 0 };

	if (depth == NESTING_MAX)
		return err_set(err, ERR_LIMIT, "variables nested deeper than %d levels",
			       NESTING_MAX);
	for (;;) {
		switch (cut_piece(&rest, &ref)) {
		case PIECE_END: return 0;
		case PIECE_TEXT: str_addn(out, ref.word.ptr, ref.word.len); break;
		case PIECE_MALFORMED: return malformed(text, err);
		case PIECE_REFERENCE:
			if (expand_reference(&ref, scope, depth + 1, out, err) < 0)
				return -1;
			break;
		}
	}
}

int template_expand(const char *text, const struct template_scope *scope, struct str *out,
		    struct err *err)
{
	return expand(span_of(text), scope, 0, out, err);
}

static void visit_reference(const struct reference *ref,
			    void (*visit)(void *arg, const struct template_variable *variable),
			    void *arg)
{
	AUTO(freep) char *name = span_dup(ref->name);
	AUTO(freep) char *word = span_dup(ref->word);
	struct template_variable variable = {
		.name = name,
		.fallback = ref->op == '-' ? word : NULL,
		.presence = ref->op == '+' ? word : NULL,
		.required = ref->op == '?',
	};

	visit(arg, &variable);
	if (ref->op)
		template_variables(word, visit, arg);
}

void template_variables(const char *text,
			void (*visit)(void *arg, const struct template_variable *variable),
			void *arg)
{
	struct span rest = span_of(text);
	struct reference ref = { 0 };

	for (;;) {
		switch (cut_piece(&rest, &ref)) {
		case PIECE_END: return;
		case PIECE_TEXT:
		case PIECE_MALFORMED: break;
		case PIECE_REFERENCE: visit_reference(&ref, visit, arg); break;
		}
	}
}
