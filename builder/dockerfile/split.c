#include "split.h"

#include <ctype.h>

#include "rune.h"

struct word split_word(const struct splitting *splitting, struct span part)
{
	struct word word = logical_line_place(splitting->line, part);

	word.text = arena_strndup(splitting->arena, part.ptr, part.len);
	return word;
}

static bool is_blank(char c)
{
	return isspace((unsigned char)c);
}

/* One flag without its quotes and escapes; returns its length in the text. */
static size_t read_flag(struct span text, char escape, struct str *out)
{
	size_t i = 0;
	char quote = '\0';

	for (; i < text.len; i++) {
		char c = text.ptr[i];

		if (!quote && is_blank(c))
			break;
		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? '\0' : c;
			continue;
		}
		if (c == escape) {
			if (i + 1 == text.len)
				continue;
			c = text.ptr[++i];
		}
		str_addc(out, c);
	}
	return i;
}

void split_flags(const struct splitting *splitting, struct span *rest, struct words *ret)
{
	AUTO(str_release) struct str flag = STR_INIT;

	while (true) {
		struct word word = { 0 };
		size_t len = 0;

		while (rest->len && is_blank(rest->ptr[0]))
			*rest = (struct span){ .ptr = rest->ptr + 1, .len = rest->len - 1 };
		if (!span_has_prefix(*rest, "--"))
			return;
		str_clear(&flag);
		len = read_flag(*rest, splitting->escape, &flag);
		word = logical_line_place(splitting->line,
					  (struct span){ .ptr = rest->ptr, .len = len });
		word.text = arena_strndup(splitting->arena, flag.ptr, flag.len);
		rest->ptr += len;
		rest->len -= len;
		if (str_eq(word.text, "--"))
			return;
		*ARENA_ADD(splitting->arena, ret) = word;
	}
}

void split_blanks(const struct splitting *splitting, struct span text, struct words *ret)
{
	while (text.len) {
		size_t len = 0, skip = 0;

		while (len < text.len && !is_separator(text.ptr[len]))
			len++;
		*ARENA_ADD(splitting->arena, ret) =
			split_word(splitting, (struct span){ .ptr = text.ptr, .len = len });
		for (skip = len; skip < text.len && is_separator(text.ptr[skip]);)
			skip++;
		text.ptr += skip;
		text.len -= skip;
	}
}

/* Length of the word that the text begins with; an escape character that ends the text counts to *ret_dropped. */
static size_t quoted_len(struct span text, char escape, size_t *ret_dropped)
{
	const char *end = text.ptr + text.len;
	int32_t quote = 0;
	size_t i = 0, len = 0;

	*ret_dropped = 0;
	for (; i < text.len; i += len) {
		int32_t rune = rune_decode(text.ptr + i, end, &len);

		if (!quote && rune_is_space(rune))
			break;
		if (!quote && (rune == '"' || rune == '\''))
			quote = rune;
		else if (rune == quote)
			quote = 0;
		if (rune != escape || quote == '\'')
			continue;
		i += len;
		if (i == text.len) {
			*ret_dropped = len;
			break;
		}
		(void)rune_decode(text.ptr + i, end, &len);
	}
	return i;
}

void split_quoted(const struct splitting *splitting, struct span text, struct words *ret)
{
	for (text = rune_trim_left(text); text.len; text = rune_trim_left(text)) {
		size_t dropped = 0;
		size_t len = quoted_len(text, splitting->escape, &dropped);

		if (len > dropped)
			*ARENA_ADD(splitting->arena, ret) = split_word(
				splitting, (struct span){ .ptr = text.ptr, .len = len - dropped });
		text.ptr += len;
		text.len -= len;
	}
}
