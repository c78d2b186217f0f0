#include "node.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "heredoc.h"
#include "kind.h"
#include "pasted.h"
#include "rune.h"
#include "split.h"

/* ONBUILD within ONBUILD is wrong anyway; this bounds how deep the reader follows it. */
#define ONBUILD_DEPTH 4

struct reading {
	struct syntax_tree *tree;
	struct splitting splitting;
	struct diags *diags;
	unsigned depth; /* of ONBUILD */
};

static int read_line_text(struct reading *reading, struct span text, struct node *node);

static struct diag *fail(struct reading *reading, struct word place, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static struct diag *fail(struct reading *reading, struct word place, const char *fmt, ...)
{
	AUTO(str_release) struct str message = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&message, fmt, ap);
	va_end(ap);
	return diags_add(reading->diags, DIAG_ERROR, place.line, place.column, place.length, "%s",
			 message.ptr);
}

static void add_word(struct reading *reading, struct words *words, struct word word)
{
	*ARENA_ADD(reading->tree->arena, words) = word;
}

static int read_text(struct reading *reading, struct span text, struct node *node)
{
	if (text.len)
		add_word(reading, &node->args, split_word(&reading->splitting, text));
	return 0;
}

static int read_blanks(struct reading *reading, struct span text, struct node *node)
{
	split_blanks(&reading->splitting, text, &node->args);
	return 0;
}

/* The places of the elements, which the array's reader gives as offsets. */
static void place_elements(struct reading *reading, struct span text, struct words *words)
{
	VEC_FOREACH(word, words) {
		const char *value = word->text;
		struct span source = { .ptr = text.ptr + word->column - 1, .len = word->length };

		*word = logical_line_place(reading->splitting.line, source);
		word->text = value;
	}
}

/* 1 when it is an array, 0 when it is text for the shell. */
static int try_json(struct reading *reading, struct span text, struct node *node)
{
	switch (json_array_parse(reading->tree->arena, text, &node->args)) {
	case JSON_ARRAY_STRINGS:
		place_elements(reading, text, &node->args);
		node->json = true;
		return 1;
	case JSON_ARRAY_NOT_STRINGS: {
		struct diag *diag = fail(reading, split_word(&reading->splitting, text),
					 "a JSON array here must consist of strings only");

		diag->hint = xstrdup("put every element in double quotes");
		return -1;
	}
	case JSON_ARRAY_INVALID: break;
	}
	return 0;
}

static int read_json_or_text(struct reading *reading, struct span text, struct node *node)
{
	int result = text.len ? try_json(reading, text, node) : 0;

	if (result == 0)
		return read_text(reading, text, node);
	return result < 0 ? -1 : 0;
}

static int read_json_or_blanks(struct reading *reading, struct span text, struct node *node)
{
	int result = try_json(reading, text, node);

	if (result == 0)
		return read_blanks(reading, text, node);
	return result < 0 ? -1 : 0;
}

static int read_names(struct reading *reading, struct span text, struct node *node)
{
	split_quoted(&reading->splitting, text, &node->args);
	return 0;
}

/* A part of a word of the line, from `offset` on. */
static struct word sub_word(struct reading *reading, struct word whole, size_t offset, size_t len)
{
	whole.text = arena_strndup(reading->tree->arena, whole.text + offset, len);
	whole.column += (unsigned)offset;
	whole.length = offset >= whole.length        ? 0
		       : len < whole.length - offset ? (unsigned)len
						     : whole.length - (unsigned)offset;
	return whole;
}

static void add_pair(struct reading *reading, struct node *node, struct word name,
		     struct word value, const char *separator)
{
	add_word(reading, &node->args, name);
	add_word(reading, &node->args, value);
	add_word(reading, &node->args, (struct word){ .text = separator });
}

static char *hint_without_equals(struct span line, const char *word)
{
	AUTO(freep) char *all = span_dup(line);

	if (*word == '#')
		return xstrdup("a comment needs a line of its own");
	if (strchr(word, '}') && strstr(all, "${"))
		return xstrdup("blanks within ${...} part the words: put the value in quotes");
	if (find_typographic_quote(all))
		return xstrdup("typographic quotes keep nothing together: write \" instead");
	return xstrdup("write name=value; a value with blanks in it needs quotes");
}

/* `KEY the rest of the line` */
static int read_legacy_pair(struct reading *reading, struct span text, struct node *node)
{
	struct span name = text;
	struct span value = { 0 };

	for (name.len = 0; name.len < text.len && !is_separator(text.ptr[name.len]);)
		name.len++;
	value = (struct span){ .ptr = text.ptr + name.len, .len = text.len - name.len };
	while (value.len && is_separator(value.ptr[0]))
		value = (struct span){ .ptr = value.ptr + 1, .len = value.len - 1 };
	if (!value.len) {
		struct diag *diag = fail(reading, split_word(&reading->splitting, name),
					 "%s needs a name and a value", node->name.text);

		diag->hint = xasprintf("write %.*s=value", SPAN_FMT(name));
		return -1;
	}
	add_pair(reading, node, split_word(&reading->splitting, name),
		 split_word(&reading->splitting, value), "");
	return 0;
}

static int read_pairs(struct reading *reading, struct span text, struct node *node)
{
	struct words words = { .items = NULL };

	split_quoted(&reading->splitting, text, &words);
	if (!words.len)
		return 0;
	if (!strchr(words.items[0].text, '='))
		return read_legacy_pair(reading, text, node);
	VEC_FOREACH(word, &words) {
		const char *equals = strchr(word->text, '=');
		size_t len = 0;

		if (!equals) {
			fail(reading, *word, "'%s' has no '='", word->text)->hint =
				hint_without_equals(text, word->text);
			return -1;
		}
		len = (size_t)(equals - word->text);
		add_pair(reading, node, sub_word(reading, *word, 0, len),
			 sub_word(reading, *word, len + 1, strlen(equals + 1)), "=");
	}
	return 0;
}

/* The type, then its command. */
static int read_healthcheck(struct reading *reading, struct span text, struct node *node)
{
	struct words type = { .items = NULL };
	struct span first = text, rest = text;
	struct words command = { .items = NULL };

	for (first.len = 0; first.len < text.len && !is_separator(text.ptr[first.len]);)
		first.len++;
	if (!first.len)
		return 0;
	rest.ptr += first.len;
	rest.len -= first.len;
	add_word(reading, &type, split_word(&reading->splitting, first));
	if (read_json_or_text(reading, rune_trim_left(rest), node) < 0)
		return -1;
	command = node->args;
	node->args = type;
	VEC_FOREACH(word, &command)
		add_word(reading, &node->args, *word);
	return 0;
}

static int read_onbuild(struct reading *reading, struct span text, struct node *node)
{
	if (!text.len)
		return 0;
	if (++reading->depth > ONBUILD_DEPTH) {
		fail(reading, node->name, "ONBUILD within ONBUILD")->hint =
			xstrdup("write the instruction itself behind ONBUILD");
		return -1;
	}
	node->sub = arena_alloc(reading->tree->arena, sizeof(*node->sub));
	node->sub_original = arena_strndup(reading->tree->arena, text.ptr, text.len);
	return read_line_text(reading, text, node->sub);
}

static int read_arguments(struct reading *reading, struct span text, struct node *node)
{
	enum instruction_kind kind = INSTRUCTION_ADD;

	if (!kind_find(span_of(node->name.text), &kind)) {
		add_word(reading, &node->args, (struct word){ .text = "" });
		return 0;
	}
	switch (kind) {
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY:
	case INSTRUCTION_VOLUME: return read_json_or_blanks(reading, text, node);
	case INSTRUCTION_CMD:
	case INSTRUCTION_ENTRYPOINT:
	case INSTRUCTION_RUN:
	case INSTRUCTION_SHELL: return read_json_or_text(reading, text, node);
	case INSTRUCTION_EXPOSE:
	case INSTRUCTION_FROM: return read_blanks(reading, text, node);
	case INSTRUCTION_ENV:
	case INSTRUCTION_LABEL: return read_pairs(reading, text, node);
	case INSTRUCTION_ARG: return read_names(reading, text, node);
	case INSTRUCTION_HEALTHCHECK: return read_healthcheck(reading, text, node);
	case INSTRUCTION_ONBUILD: return read_onbuild(reading, text, node);
	case INSTRUCTION_MAINTAINER:
	case INSTRUCTION_STOPSIGNAL:
	case INSTRUCTION_USER:
	case INSTRUCTION_WORKDIR: return read_text(reading, text, node);
	}
	return 0;
}

/* The instruction's word, its flags, and the rest by the instruction's own rule. */
static int read_line_text(struct reading *reading, struct span text, struct node *node)
{
	struct span name = rune_trim(text);
	struct span rest = name;

	for (name.len = 0; name.len < rest.len && !is_separator(rest.ptr[name.len]);)
		name.len++;
	rest.ptr += name.len;
	rest.len -= name.len;
	node->name = split_word(&reading->splitting, name);
	node->original = arena_strndup(reading->tree->arena, text.ptr, text.len);
	split_flags(&reading->splitting, &rest, &node->flags);
	return read_arguments(reading, rune_trim(rest), node);
}

int node_read(struct syntax_tree *tree, const struct logical_line *line, struct node *ret,
	      struct diags *diags)
{
	struct reading reading = {
		.tree = tree,
		.splitting = { .arena = tree->arena, .line = line, .escape = tree->escape },
		.diags = diags,
	};

	ret->start = line->start;
	ret->end = line->end;
	return read_line_text(&reading, str_span(&line->text), ret);
}

bool node_may_hold_heredocs(const struct node *node)
{
	enum instruction_kind kind = INSTRUCTION_ADD;

	if (node->sub)
		node = node->sub;
	if (node->json || !kind_find(span_of(node->name.text), &kind))
		return false;
	return kind == INSTRUCTION_ADD || kind == INSTRUCTION_COPY || kind == INSTRUCTION_RUN;
}

/* What is carried from line to line. */
struct file_reading {
	struct syntax_tree *tree;
	struct line_reader reader;
	struct logical_line line;
	struct words comments; /* directly above */
	struct diags *diags;
};

static void read_comment(struct file_reading *file, struct span line)
{
	struct span hash = rune_trim_left(line);
	struct span text = rune_trim((struct span){ .ptr = hash.ptr + 1, .len = hash.len - 1 });

	/* An empty one parts what stands above it from the instruction. */
	if (!text.len) {
		file->comments = (struct words){ .items = NULL };
		return;
	}
	*ARENA_ADD(file->tree->arena, &file->comments) = (struct word){
		.text = arena_strndup(file->tree->arena, text.ptr, text.len),
		.line = file->reader.number,
		.column = (unsigned)(text.ptr - line.ptr) + 1,
		.length = (unsigned)text.len,
	};
}

/* A line that is the name but for blanks around it: what the end was meant to be. 0 = none. */
static unsigned find_near_end(struct file_reading *file, struct line_reader reader,
			      const char *name)
{
	struct diags ignored = { .file = NULL };
	struct span line = { 0 };

	reader.diags = &ignored;
	diags_init(&ignored, "", file->reader.rest);
	while (line_reader_next(&reader, &line, NULL)) {
		if (!span_eq(rune_trim(line), name))
			continue;
		diags_release(&ignored);
		return reader.number;
	}
	diags_release(&ignored);
	return 0;
}

static void fail_heredoc(struct file_reading *file, const struct node *node,
			 const struct heredoc *heredoc, struct line_reader body)
{
	unsigned near = find_near_end(file, body, heredoc->name);
	struct diag *diag =
		diags_add(file->diags, DIAG_ERROR, node->name.line, node->name.column,
			  node->name.length, "the heredoc '%s' never ends", heredoc->name);

	if (near)
		diag->hint = xasprintf("line %u must hold '%s' and nothing else, no blanks either",
				       near, heredoc->name);
	else
		diag->hint = xasprintf("end it by a line that holds '%s' and nothing else",
				       heredoc->name);
}

static void read_heredocs(struct file_reading *file, struct node *node)
{
	struct arena *arena = file->tree->arena;

	heredocs_find(arena, str_span(&file->line.text), &node->heredocs);
	VEC_FOREACH(heredoc, &node->heredocs) {
		struct line_reader body = file->reader;

		if (!heredoc_read_body(arena, &file->reader, heredoc)) {
			fail_heredoc(file, node, heredoc, body);
			return;
		}
		node->end = file->reader.number;
	}
}

/* `first` is the first physical line without its leading blanks; `column` is where it begins. */
static void read_instruction(struct file_reading *file, struct span first, unsigned column,
			     bool continues)
{
	struct node node = { .comments = file->comments };
	struct logical_line *line = &file->line;

	logical_line_clear(line);
	line->start = line->end = file->reader.number;
	logical_line_add(line, first, file->reader.number, column);
	if (continues)
		logical_line_continue(line, &file->reader, file->tree->escape);
	if (line->has_empty_continuation)
		*ARENA_ADD(file->tree->arena, &file->tree->empty_continuations) = (struct word){
			.text = arena_strndup(file->tree->arena, line->text.ptr, line->text.len),
			.line = line->end,
		};
	file->comments = (struct words){ .items = NULL };
	if (node_read(file->tree, line, &node, file->diags) < 0)
		return;
	if (node_may_hold_heredocs(&node))
		read_heredocs(file, &node);
	*ARENA_ADD(file->tree->arena, &file->tree->nodes) = node;
}

static void fail_too_many(struct file_reading *file)
{
	diags_add(file->diags, DIAG_ERROR, file->reader.number, 0, 0,
		  "the file has more than %d instructions", LIMIT_INSTRUCTIONS)
		->hint = xstrdup("is it a Dockerfile?");
}

void nodes_read(struct syntax_tree *tree, struct span text, unsigned directives,
		struct diags *diags)
{
	struct file_reading file = { .tree = tree,
				     .reader = { .rest = text, .diags = diags },
				     .line = LOGICAL_LINE_INIT,
				     .diags = diags };
	struct span line = { 0 };

	while (line_reader_next(&file.reader, &line, NULL)) {
		struct span trimmed = rune_trim_left(line);
		unsigned column = (unsigned)(trimmed.ptr - line.ptr) + 1;
		bool continues = false;

		if (line_is_comment(trimmed)) {
			if (file.reader.number > directives)
				read_comment(&file, line);
			continue;
		}
		continues = line_cut_continuation(&trimmed, tree->escape);
		if (!trimmed.len && !continues)
			continue;
		if (tree->nodes.len == LIMIT_INSTRUCTIONS) {
			fail_too_many(&file);
			break;
		}
		read_instruction(&file, trimmed, column, continues);
	}
	logical_line_release(&file.line);
}
