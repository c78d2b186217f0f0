#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "heredoc.h"
#include "lex.h"
#include "rune.h"

static const char *nothing_set(const void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static const struct expander shell = { .lookup = nothing_set, .escape = '\\' };

/* Cuts `3<<-` off; the rest is the delimiter as quoted. */
static bool cut_mark(struct span *word, struct heredoc *heredoc)
{
	size_t digits = 0;
	unsigned long long fd = 0;

	while (digits < word->len && isdigit((unsigned char)word->ptr[digits]))
		digits++;
	if (word->len < digits + 2 || memcmp(word->ptr + digits, "<<", 2) != 0)
		return false;
	if (digits && !span_to_u64((struct span){ .ptr = word->ptr, .len = digits }, UINT_MAX, &fd))
		fd = UINT_MAX;
	heredoc->fd = (unsigned)fd;
	word->ptr += digits + 2;
	word->len -= digits + 2;
	heredoc->chomp = word->len && word->ptr[0] == '-';
	word->ptr += heredoc->chomp;
	word->len -= heredoc->chomp;
	while (word->len && isspace((unsigned char)word->ptr[0])) {
		word->ptr++;
		word->len--;
	}
	return word->len && !memchr(word->ptr, '<', word->len);
}

static size_t count_quotes(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\'' || *text == '"';
	return count;
}

bool heredoc_parse_word(struct arena *arena, struct span word, struct heredoc *ret)
{
	AUTO(strvec_release) struct strvec plain = STRVEC_INIT;
	AUTO(strvec_release) struct strvec quoted = STRVEC_INIT;
	struct heredoc heredoc = { .content = "" };

	if (!cut_mark(&word, &heredoc) ||
	    lex(&shell, (struct lex_mode){ .keep_unset = true }, word, NULL, &plain, NULL, NULL) <
		    0 ||
	    plain.len != 1 ||
	    lex(&shell, (struct lex_mode){ .keep_unset = true, .keep_quotes = true }, word, NULL,
		&quoted, NULL, NULL) < 0 ||
	    quoted.len != 1)
		return false;
	heredoc.name = arena_strdup(arena, plain.items[0]);
	heredoc.expand = count_quotes(plain.items[0]) == count_quotes(quoted.items[0]);
	*ret = heredoc;
	return true;
}

void heredocs_find(struct arena *arena, struct span line, struct heredocs *ret)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	struct heredoc heredoc = { 0 };

	if (!memmem(line.ptr, line.len, "<<", 2))
		return;
	if (lex(&shell,
		(struct lex_mode){ .keep_quotes = true,
				   .keep_escapes = true,
				   .keep_unset = true,
				   .limit = SIZE_MAX / 2 },
		line, NULL, &words, NULL, NULL) < 0)
		return;
	for (size_t i = 0; i < words.len; i++)
		if (heredoc_parse_word(arena, span_of(words.items[i]), &heredoc))
			*ARENA_ADD(arena, ret) = heredoc;
}

static bool ends(struct span line, const struct heredoc *heredoc)
{
	while (heredoc->chomp && line.len && line.ptr[0] == '\t') {
		line.ptr++;
		line.len--;
	}
	return span_eq(line, heredoc->name);
}

bool heredoc_read_body(struct arena *arena, struct line_reader *reader, struct heredoc *heredoc)
{
	const char *start = reader->rest.ptr;
	struct span line = { 0 }, whole = { 0 };

	heredoc->line = reader->number + 1;
	while (line_reader_next(reader, &line, &whole)) {
		if (!ends(line, heredoc))
			continue;
		heredoc->content_len = (size_t)(whole.ptr - start);
		heredoc->content = arena_strndup(arena, start, heredoc->content_len);
		return true;
	}
	return false;
}

char *heredoc_text(const struct heredoc *heredoc)
{
	AUTO(str_release) struct str out = STR_INIT;
	bool line_start = true;

	for (const char *c = heredoc->content; *c; c++) {
		if (line_start && *c == '\t' && heredoc->chomp)
			continue;
		line_start = *c == '\n';
		str_addc(&out, *c);
	}
	return str_detach(&out);
}
