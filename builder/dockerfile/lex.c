#include "lex.h"

#include <string.h>

#include "base/alloc.h"
#include "pattern.h"
#include "rune.h"

/* The result split into words while it grows. */
struct splitter {
	struct strvec *words;
	struct str word;
	bool inside; /* a blank here ends the word */
};

struct lexer {
	const struct expander *expander;
	struct lex_mode mode;
	const char *start, *ptr, *end;
	struct expand_names *names;
	unsigned depth;
	struct err *err;
};

static int read_dollar(struct lexer *lexer, struct str *out);

static int32_t peek(const struct lexer *lexer)
{
	size_t len = 0;

	return rune_decode(lexer->ptr, lexer->end, &len);
}

/* The bytes of the next character, cut off. */
static struct span next(struct lexer *lexer)
{
	struct span rune = { .ptr = lexer->ptr };

	(void)rune_decode(lexer->ptr, lexer->end, &rune.len);
	lexer->ptr += rune.len;
	return rune;
}

static bool at_end(const struct lexer *lexer)
{
	return lexer->ptr >= lexer->end;
}

static void add(struct str *out, struct span text)
{
	str_addn(out, text.ptr, text.len);
}

static int fail_at(struct lexer *lexer, const char *place, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int fail_at(struct lexer *lexer, const char *place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(lexer->err, ERR_INPUT, fmt, ap);
	va_end(ap);
	return err_at(lexer->err, NULL, 0, (unsigned)(place - lexer->start) + 1,
		      (unsigned)(lexer->ptr - place));
}

static void split_raw(struct splitter *splitter, struct span text)
{
	if (!splitter)
		return;
	add(&splitter->word, text);
	splitter->inside = true;
}

static void split_end(struct splitter *splitter)
{
	if (!splitter->word.len)
		return;
	strvec_addn(splitter->words, splitter->word.ptr, splitter->word.len);
	str_clear(&splitter->word);
	splitter->inside = false;
}

static void split_text(struct splitter *splitter, struct span text)
{
	const char *end = text.ptr + text.len;
	struct span rune = { .ptr = text.ptr };

	for (; splitter && rune.ptr < end; rune.ptr += rune.len) {
		int32_t codepoint = rune_decode(rune.ptr, end, &rune.len);

		if (!rune_is_space(codepoint))
			split_raw(splitter, rune);
		else if (splitter->inside)
			split_end(splitter);
	}
}

/* NULL when the name is not set. */
static const char *look_up(struct lexer *lexer, const char *name)
{
	const char *value = lexer->expander->lookup(lexer->expander->lookup_arg, name);

	if (lexer->names)
		strmap_set(value ? &lexer->names->matched : &lexer->names->unmatched, name, NULL);
	return value;
}

static bool is_special_parameter(int32_t rune)
{
	return rune > 0 && rune < 0x80 && strchr("@*#?-$!0", rune) != NULL;
}

static bool is_name_rune(int32_t rune)
{
	return rune == '_' || rune_is_letter(rune) || rune_is_digit(rune);
}

/* A name, all digits of a positional parameter, or one special parameter; possibly nothing. */
static void read_name(struct lexer *lexer, struct str *name)
{
	int32_t first = peek(lexer);

	if (rune_is_digit(first)) {
		while (rune_is_digit(peek(lexer)))
			add(name, next(lexer));
	} else if (is_special_parameter(first)) {
		add(name, next(lexer));
	} else {
		while (is_name_rune(peek(lexer)))
			add(name, next(lexer));
	}
}

static int read_single_quoted(struct lexer *lexer, struct str *out)
{
	const char *open = lexer->ptr++;
	const char *close = memchr(lexer->ptr, '\'', (size_t)(lexer->end - lexer->ptr));
	size_t keep = lexer->mode.keep_quotes;

	if (!close) {
		lexer->ptr = open + 1;
		(void)fail_at(lexer, open, "the single quote has no closing one");
		return err_hint(lexer->err, "close it, or write \\' for the character itself");
	}
	str_addn(out, open + !keep, (size_t)(close - open) - 1 + 2 * keep);
	lexer->ptr = close + 1;
	return 0;
}

/* Within double quotes the escape character acts only before itself, `"` and `$`. */
static void read_quoted_escape(struct lexer *lexer, struct str *out)
{
	struct span rune = next(lexer);
	char c = at_end(lexer) ? '\0' : *lexer->ptr;

	if (lexer->mode.keep_escapes)
		add(out, rune);
	if (at_end(lexer))
		return;
	if (c == '"' || c == '$' || c == lexer->expander->escape)
		rune = next(lexer);
	add(out, rune);
}

static int read_double_quoted(struct lexer *lexer, struct str *out)
{
	const char *open = lexer->ptr;
	struct span quote = next(lexer);

	if (lexer->mode.keep_quotes)
		add(out, quote);
	while (!at_end(lexer)) {
		if (*lexer->ptr == '"') {
			quote = next(lexer);
			if (lexer->mode.keep_quotes)
				add(out, quote);
			return 0;
		}
		if (*lexer->ptr == '$') {
			if (read_dollar(lexer, out) < 0)
				return -1;
		} else if (*lexer->ptr == lexer->expander->escape) {
			read_quoted_escape(lexer, out);
		} else {
			add(out, next(lexer));
		}
	}
	lexer->ptr = open + 1;
	(void)fail_at(lexer, open, "the double quote has no closing one");
	return err_hint(lexer->err, "close it, or write \\\" for the character itself");
}

static void read_escape(struct lexer *lexer, struct str *out, struct splitter *splitter)
{
	struct span rune = next(lexer);

	if (lexer->mode.keep_escapes) {
		add(out, rune);
		split_raw(splitter, rune);
	}
	if (at_end(lexer))
		return;
	rune = next(lexer);
	add(out, rune);
	split_raw(splitter, rune);
}

/* One quoted part, one variable or one character. */
static int read_piece(struct lexer *lexer, struct str *out, struct splitter *splitter)
{
	size_t before = out->len;
	char c = *lexer->ptr;
	int result = 0;

	if (c == '$') {
		result = read_dollar(lexer, out);
		split_text(splitter,
			   (struct span){ .ptr = out->ptr + before, .len = out->len - before });
	} else if ((c == '\'' || c == '"') && !lexer->mode.ignore_quotes) {
		result = c == '"' ? read_double_quoted(lexer, out) : read_single_quoted(lexer, out);
		split_raw(splitter,
			  (struct span){ .ptr = out->ptr + before, .len = out->len - before });
	} else if (c == lexer->expander->escape) {
		read_escape(lexer, out, splitter);
	} else {
		struct span rune = next(lexer);

		add(out, rune);
		split_text(splitter, rune);
	}
	return result;
}

/* The word behind a modifier, up to `stop`, which is consumed; `open` is the `$` that all this belongs to. */
static int read_operand(struct lexer *lexer, const char *open, char stop, bool keep_escapes,
			struct str *out)
{
	bool kept_before = lexer->mode.keep_escapes;
	int result = 0;

	lexer->mode.keep_escapes = keep_escapes;
	while (!result && !at_end(lexer) && *lexer->ptr != stop)
		result = read_piece(lexer, out, NULL);
	lexer->mode.keep_escapes = kept_before;
	if (result < 0)
		return -1;
	if (!at_end(lexer)) {
		lexer->ptr++;
		return 0;
	}
	(void)fail_at(lexer, open, "missing '%c' in the substitution", stop);
	return err_hint(lexer->err,
			stop == '/' ? "write ${name/pattern/replacement}" : "add a '}'");
}

static int fail_required(struct lexer *lexer, const char *open, const char *name,
			 const char *message, const char *otherwise)
{
	(void)fail_at(lexer, open, "%s: %s", name, *message ? message : otherwise);
	return err_hint(lexer->err, "set '%s' before this line: by ENV, ARG or --build-arg", name);
}

/* -, +, ? with or without the colon that makes an empty value count as unset. */
static int apply_default(struct lexer *lexer, const char *open, char modifier, bool colon,
			 const char *name, const char *operand, struct str *out)
{
	const char *value = look_up(lexer, name);
	bool missing = !value || (colon && !*value);

	if (!value && lexer->mode.keep_unset) {
		str_addf(out, "${%s%s%c%s}", name, colon ? ":" : "", modifier, operand);
		return 0;
	}
	if (modifier == '?' && missing)
		return fail_required(lexer, open, name, operand,
				     value ? "is not allowed to be empty"
					   : "is not allowed to be unset");
	if (modifier == '+')
		str_add(out, missing ? "" : operand);
	else
		str_add(out, missing ? operand : value);
	return 0;
}

/* #, ##, %, %%: the operand still holds the doubled character. */
static int apply_trim(struct lexer *lexer, const char *open, char modifier, const char *name,
		      const struct str *operand, struct str *out)
{
	const char *value = look_up(lexer, name);
	bool longest = operand->ptr[0] == modifier;
	struct span pattern = { .ptr = operand->ptr + longest, .len = operand->len - longest };
	struct span text = span_of(value ? value : "");
	int result = 0;

	if (!value && lexer->mode.keep_unset) {
		str_addf(out, "${%s%c%s}", name, modifier, operand->ptr);
		return 0;
	}
	result = modifier == '#' ? pattern_trim_prefix(pattern, text, longest, out, lexer->err)
				 : pattern_trim_suffix(pattern, text, longest, out, lexer->err);
	return result < 0 ? err_at(lexer->err, NULL, 0, (unsigned)(open - lexer->start) + 1,
				   (unsigned)(lexer->ptr - open))
			  : 0;
}

static int apply_replace(struct lexer *lexer, const char *open, const char *name, struct str *out)
{
	AUTO(str_release) struct str pattern = STR_INIT;
	AUTO(str_release) struct str replacement = STR_INIT;
	bool all = !at_end(lexer) && *lexer->ptr == '/';
	const char *value = NULL;

	lexer->ptr += all;
	if (read_operand(lexer, open, '/', true, &pattern) < 0 ||
	    read_operand(lexer, open, '}', true, &replacement) < 0)
		return -1;
	value = look_up(lexer, name);
	if (!value && lexer->mode.keep_unset) {
		str_addf(out, "${%s/%s/%s}", name, pattern.ptr, replacement.ptr);
		return 0;
	}
	if (pattern_replace(str_span(&pattern), span_of(value ? value : ""), str_span(&replacement),
			    all, out, lexer->err) < 0)
		return err_at(lexer->err, NULL, 0, (unsigned)(open - lexer->start) + 1,
			      (unsigned)(lexer->ptr - open));
	return 0;
}

static int fail_missing_brace(struct lexer *lexer, const char *open, const char *name)
{
	(void)fail_at(lexer, open, "missing '}' in the substitution");
	return err_hint(lexer->err, "write ${%s}", name);
}

static int fail_modifier(struct lexer *lexer, const char *open, const char *modifier)
{
	while (!at_end(lexer) && *lexer->ptr != '}')
		lexer->ptr++;
	lexer->ptr += !at_end(lexer);
	(void)fail_at(lexer, open, "unsupported modifier '%s' in the substitution", modifier);
	return err_hint(lexer->err,
			"what may stand behind the name is :- - :+ + :? ? # ## %% %%%% / //");
}

static int apply_modifier(struct lexer *lexer, const char *open, const char *name, struct str *out)
{
	AUTO(str_release) struct str operand = STR_INIT;
	AUTO(str_release) struct str shown = STR_INIT;
	bool blank = rune_is_space(peek(lexer));
	struct span modifier = { .ptr = lexer->ptr };
	bool colon = *lexer->ptr == ':';
	char c = '\0';

	if (blank)
		return fail_missing_brace(lexer, open, name);
	modifier = next(lexer);
	add(&shown, modifier);
	if (colon) {
		modifier = next(lexer);
		add(&shown, modifier);
	}
	c = modifier.len ? *modifier.ptr : '\0';
	if (c == '/' && !colon)
		return apply_replace(lexer, open, name, out);
	if (!c || !strchr(colon ? "-+?" : "-+?#%", c)) {
		/* For BuildKit that the variable is unset comes first. */
		if (!colon || !lexer->mode.keep_unset || look_up(lexer, name))
			return fail_modifier(lexer, open, shown.ptr);
		if (read_operand(lexer, open, '}', c == '#' || c == '%', &operand) < 0)
			return -1;
		str_addf(out, "${%s%s%s}", name, shown.ptr, operand.ptr);
		return 0;
	}
	if (read_operand(lexer, open, '}', c == '#' || c == '%', &operand) < 0)
		return -1;
	if (c == '#' || c == '%')
		return apply_trim(lexer, open, c, name, &operand, out);
	return apply_default(lexer, open, c, colon, name, operand.ptr, out);
}

static int read_braces(struct lexer *lexer, const char *open, struct str *out)
{
	AUTO(str_release) struct str name = STR_INIT;
	const char *value = NULL;

	if (at_end(lexer) || strchr("{}:", *lexer->ptr)) {
		(void)fail_at(lexer, open, "bad substitution: a name is missing behind '${'");
		return err_hint(lexer->err, "write ${name}, or \\${ for the characters themselves");
	}
	read_name(lexer, &name);
	if (at_end(lexer))
		return fail_missing_brace(lexer, open, name.ptr);
	if (*lexer->ptr != '}')
		return apply_modifier(lexer, open, name.ptr, out);
	lexer->ptr++;
	value = look_up(lexer, name.ptr);
	if (!value && lexer->mode.keep_unset)
		str_addf(out, "${%s}", name.ptr);
	else
		str_add(out, value ? value : "");
	return 0;
}

static int read_plain(struct lexer *lexer, struct str *out)
{
	AUTO(str_release) struct str name = STR_INIT;
	const char *value = NULL;

	read_name(lexer, &name);
	if (!name.len) {
		str_addc(out, '$');
		return 0;
	}
	value = look_up(lexer, name.ptr);
	if (!value && lexer->mode.keep_unset)
		str_addf(out, "$%s", name.ptr);
	else
		str_add(out, value ? value : "");
	return 0;
}

static int read_dollar(struct lexer *lexer, struct str *out)
{
	const char *open = lexer->ptr++;
	int result = 0;

	if (out->len > lexer->mode.limit) {
		(void)fail_at(lexer, open, "the expanded text is longer than %zu bytes",
			      lexer->mode.limit);
		if (lexer->err)
			lexer->err->kind = ERR_LIMIT;
		return -1;
	}
	if (at_end(lexer) || *lexer->ptr != '{')
		return read_plain(lexer, out);
	lexer->ptr++;
	if (lexer->depth == LEX_DEPTH) {
		(void)fail_at(lexer, open, "substitutions nested deeper than %d", LEX_DEPTH);
		if (lexer->err)
			lexer->err->kind = ERR_LIMIT;
		return -1;
	}
	lexer->depth++;
	result = read_braces(lexer, open, out);
	lexer->depth--;
	return result;
}

int lex(const struct expander *expander, struct lex_mode mode, struct span text, struct str *out,
	struct strvec *words, struct expand_names *names, struct err *err)
{
	AUTO(str_release) struct str whole = STR_INIT;
	struct splitter splitter = { .words = words, .word = STR_INIT };
	struct lexer lexer = { .expander = expander,
			       .mode = mode,
			       .start = text.ptr,
			       .ptr = text.ptr,
			       .end = text.ptr + text.len,
			       .names = names,
			       .err = err };
	int result = 0;

	if (!lexer.mode.limit)
		lexer.mode.limit = LEX_LIMIT;
	while (!result && !at_end(&lexer))
		result = read_piece(&lexer, &whole, words ? &splitter : NULL);
	if (!result && whole.len > lexer.mode.limit + text.len)
		result = err_set(err, ERR_LIMIT, "the expanded text is longer than %zu bytes",
				 lexer.mode.limit);
	if (!result && words)
		split_end(&splitter);
	if (!result && out)
		add(out, str_span(&whole));
	str_release(&splitter.word);
	return result;
}
