#include "words.h"

#include "base/str.h"

struct splitter {
	struct str word;
	bool has_word; /* also an empty one, in quotes */
	bool escaped;
	char quote;        /* ' or " that is open */
	bool in_backquote; /* within ` `: quotes are taken out there, too */
	bool in_command;   /* within $( ) */
	struct strvec *out;
};

static void end_word(struct splitter *s)
{
	if (s->has_word)
		strvec_add(s->out, s->word.ptr);
	str_clear(&s->word);
	s->has_word = false;
}

static void add_char(struct splitter *s, char c)
{
	str_addc(&s->word, c);
	s->has_word = true;
}

static bool is_literal(const struct splitter *s)
{
	return s->quote || s->in_backquote || s->in_command;
}

static void take_quote(struct splitter *s, char c)
{
	if (s->quote && s->quote != c) {
		add_char(s, c);
		return;
	}
	s->quote = s->quote ? '\0' : c;
	s->has_word = true;
}

/* Stays in the word. */
static void take_backquote(struct splitter *s)
{
	if (!s->quote && !s->in_command)
		s->in_backquote = !s->in_backquote;
	add_char(s, '`');
}

/* False when a parenthesis stands where a shell would want one less or one more. */
static bool take_parenthesis(struct splitter *s, char c)
{
	bool after_dollar = s->word.len && s->word.ptr[s->word.len - 1] == '$';

	if (!s->quote && !s->in_backquote) {
		if (c == '(' ? s->in_command || !after_dollar : !s->in_command)
			return false;
		s->in_command = c == '(';
	}
	add_char(s, c);
	return true;
}

/* "2>file": the number belongs to what is left out. */
static void drop_descriptor(struct splitter *s)
{
	if (s->word.len && s->word.ptr[0] >= '0' && s->word.ptr[0] <= '9') {
		str_clear(&s->word);
		s->has_word = false;
	}
}

static bool ends_command(const struct splitter *s, char c)
{
	return !is_literal(s) && strchr(";&|<>", c);
}

static bool take_char(struct splitter *s, char c)
{
	if (s->escaped) {
		s->escaped = false;
		add_char(s, c);
		return true;
	}
	switch (c) {
	case '\\':
		if (s->quote == '\'')
			add_char(s, c);
		else
			s->escaped = true;
		return true;
	case '`': take_backquote(s); return true;
	case '\'':
	case '"':
		if (s->in_command)
			add_char(s, c);
		else
			take_quote(s, c);
		return true;
	case '(':
	case ')': return take_parenthesis(s, c);
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		if (is_literal(s))
			add_char(s, c);
		else
			end_word(s);
		return true;
	default: add_char(s, c); return true;
	}
}

static void splitter_end(struct splitter *s)
{
	str_release(&s->word);
}

int words_split(const char *line, struct strvec *out, bool *ret_cut, struct err *err)
{
	AUTO(splitter_end) struct splitter s = { .word = STR_INIT, .out = out };

	*ret_cut = false;
	for (const char *at = line; *at; at++) {
		if (!s.escaped && ends_command(&s, *at)) {
			if (*at == '>')
				drop_descriptor(&s);
			*ret_cut = true;
			break;
		}
		if (!take_char(&s, *at))
			return err_set(err, ERR_INPUT, "unbalanced '%c' in the command '%s'", *at,
				       line);
	}
	if (s.escaped)
		return err_set(err, ERR_INPUT, "nothing follows the last '\\' of the command '%s'",
			       line);
	if (s.quote || s.in_backquote)
		return err_set(err, ERR_INPUT, "a quote %c is not closed in the command '%s'",
			       s.quote ?: '`', line);
	if (s.in_command)
		return err_set(err, ERR_INPUT, "'$(' is not closed in the command '%s'", line);
	end_word(&s);
	return 0;
}
