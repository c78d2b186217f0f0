#include "templates/rendering.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/vec.h"

#define OPENING "{{"
#define CLOSING "}}"

/* An {{#if}} that is open. */
struct block {
	size_t at;      /* of its tag */
	bool is_active; /* the branch that is being read comes out */
	bool was_taken; /* one of the branches did */
	bool has_else;
};

struct renderer {
	struct span text;
	size_t done; /* all before it has been dealt with */
	const struct strmap *values;
	struct diags *diags;
	struct {
		struct block *items;
		size_t len, cap;
	} blocks;
	struct str *out;
	/* where line `line` begins: places ask for it in ascending order, mostly */
	size_t line_start;
	unsigned line;
};

/* A tag, from its braces to its braces. */
struct tag {
	size_t start, end;
	struct span words;
	/* It is alone on its line, which is then no line of the result: from `line_start` to `line_end`. */
	bool is_alone;
	size_t line_start, line_end;
};

static bool is_active(const struct renderer *r)
{
	return r->blocks.len == 0 || r->blocks.items[r->blocks.len - 1].is_active;
}

static void emit_to(struct renderer *r, size_t end)
{
	if (is_active(r) && end > r->done)
		str_addn(r->out, r->text.ptr + r->done, end - r->done);
	r->done = end;
}

static struct diag *problem(struct renderer *r, size_t at, size_t len, const char *message)
{
	if (at < r->line_start) {
		r->line_start = 0;
		r->line = 1;
	}
	for (size_t i = r->line_start; i < at; i++) {
		if (r->text.ptr[i] == '\n') {
			r->line_start = i + 1;
			r->line++;
		}
	}
	return diags_add(r->diags, DIAG_ERROR, r->line, (unsigned)(at - r->line_start + 1),
			 (unsigned)len, "%s", message);
}

static void report(struct renderer *r, const struct tag *tag, const struct err *err)
{
	struct diag *diag = problem(r, tag->start, tag->end - tag->start, err->message);

	diag->hint = xstrdup_or_null(err->hint);
}

/* --- blocks --- */

static bool holds(struct renderer *r, const struct tag *tag, struct span condition)
{
	AUTO(err_release) struct err err = ERR_INIT;
	bool result = false;

	if (condition_holds(condition, r->values, &result, &err) < 0)
		report(r, tag, &err);
	return result;
}

static void open_block(struct renderer *r, const struct tag *tag, struct span condition)
{
	bool outer = is_active(r);
	bool inner = holds(r, tag, condition);

	*VEC_ADD(&r->blocks) = (struct block){ .at = tag->start,
					       .is_active = outer && inner,
					       .was_taken = !outer || inner };
}

/* `condition` without a text is that of a plain {{else}}. */
static void next_branch(struct renderer *r, const struct tag *tag, struct span condition)
{
	struct block *block = NULL;
	bool inner = true;

	if (condition.ptr)
		inner = holds(r, tag, condition);
	if (r->blocks.len == 0) {
		(void)problem(r, tag->start, tag->end - tag->start,
			      "there is no {{#if}} before it");
		return;
	}
	block = &r->blocks.items[r->blocks.len - 1];
	if (block->has_else)
		(void)problem(r, tag->start, tag->end - tag->start,
			      "the {{else}} of this {{#if}} was there already");
	block->has_else = !condition.ptr;
	block->is_active = inner && !block->was_taken;
	block->was_taken = block->was_taken || inner;
}

static void close_block(struct renderer *r, const struct tag *tag)
{
	if (r->blocks.len > 0)
		r->blocks.len--;
	else
		(void)problem(r, tag->start, tag->end - tag->start,
			      "there is no {{#if}} before it");
}

/* --- tags --- */

/* "else if x" by "else if" is "x". */
static bool take_word(struct span words, const char *word, struct span *ret_rest)
{
	size_t len = strlen(word);

	if (!span_has_prefix(words, word) || (words.len > len && !strchr(" \t(!", words.ptr[len])))
		return false;
	*ret_rest = span_trim((struct span){ .ptr = words.ptr + len, .len = words.len - len });
	return true;
}

static bool is_control(struct span words)
{
	struct span rest;

	return words.len > 0 && (strchr("#/!", *words.ptr) || take_word(words, "else", &rest));
}

static void control(struct renderer *r, const struct tag *tag)
{
	struct span rest = { .len = 0 };

	if (*tag->words.ptr == '!')
		return;
	if (take_word(tag->words, "#if", &rest))
		open_block(r, tag, rest);
	else if (take_word(tag->words, "else", &rest) && rest.len == 0)
		next_branch(r, tag, (struct span){ .ptr = NULL });
	else if (take_word(rest, "if", &rest))
		next_branch(r, tag, rest);
	else if (span_eq(tag->words, "/if"))
		close_block(r, tag);
	else
		problem(r, tag->start, tag->end - tag->start, "this is no tag of templates")->hint =
			xstrdup("there are {{NAME}}, {{#if CONDITION}}, {{else if CONDITION}}, "
				"{{else}}, {{/if}} and {{! COMMENT}}");
}

/* The lines of a value that stands alone are all indented as its tag is. */
static void emit_value(struct renderer *r, const struct tag *tag, const char *value)
{
	struct span indent = { .ptr = r->text.ptr + tag->line_start,
			       .len = tag->start - tag->line_start };

	for (; *value; value++) {
		str_addc(r->out, *value);
		if (*value == '\n' && tag->is_alone && value[1] && value[1] != '\n')
			str_addn(r->out, indent.ptr, indent.len);
	}
}

static void substitute(struct renderer *r, const struct tag *tag)
{
	AUTO(err_release) struct err err = ERR_INIT;
	const char *value = NULL;

	if (rendering_value(tag->words, r->values, &value, &err) < 0)
		report(r, tag, &err);
	if (value && !*value && tag->is_alone) {
		emit_to(r, tag->line_start);
		r->done = tag->line_end;
		return;
	}
	emit_to(r, tag->start);
	if (value && is_active(r))
		emit_value(r, tag, value);
	r->done = tag->end;
}

static bool is_blank(struct span span)
{
	return span_trim(span).len == 0;
}

static void find_line(const struct renderer *r, struct tag *tag)
{
	const char *text = r->text.ptr;
	size_t start = tag->start, end = tag->end;

	while (start > r->done && text[start - 1] != '\n')
		start--;
	while (end < r->text.len && text[end] != '\n')
		end++;
	tag->is_alone = (start == 0 || text[start - 1] == '\n') &&
			is_blank((struct span){ text + start, tag->start - start }) &&
			is_blank((struct span){ text + tag->end, end - tag->end });
	tag->line_start = start;
	tag->line_end = end < r->text.len ? end + 1 : end;
}

/* From the opening braces at `start`; false when they are not closed on their line. */
static bool find_tag(const struct renderer *r, size_t start, struct tag *ret)
{
	struct span rest = { .ptr = r->text.ptr + start, .len = r->text.len - start };
	struct span line;
	const char *end;

	(void)span_cut(&rest, '\n', &line);
	end = memmem(line.ptr + strlen(OPENING), line.len - strlen(OPENING), CLOSING,
		     strlen(CLOSING));
	if (!end)
		return false;
	*ret = (struct tag){ .start = start, .end = (size_t)(end - r->text.ptr) + strlen(CLOSING) };
	ret->words = span_trim((struct span){ line.ptr + strlen(OPENING),
					      (size_t)(end - line.ptr) - strlen(OPENING) });
	find_line(r, ret);
	return true;
}

static void run_tag(struct renderer *r, const struct tag *tag)
{
	if (!is_control(tag->words)) {
		substitute(r, tag);
		return;
	}
	emit_to(r, tag->is_alone ? tag->line_start : tag->start);
	control(r, tag);
	r->done = tag->is_alone ? tag->line_end : tag->end;
}

/* The braces themselves, where a backslash precedes them. */
static bool skip_escaped(struct renderer *r, size_t start)
{
	if (start == r->done || r->text.ptr[start - 1] != '\\')
		return false;
	emit_to(r, start - 1);
	r->done = start;
	emit_to(r, start + strlen(OPENING));
	return true;
}

static void render(struct renderer *r)
{
	for (;;) {
		const char *next = memmem(r->text.ptr + r->done, r->text.len - r->done, OPENING,
					  strlen(OPENING));
		size_t start = next ? (size_t)(next - r->text.ptr) : 0;
		struct tag tag;

		if (!next)
			break;
		if (skip_escaped(r, start))
			continue;
		if (find_tag(r, start, &tag)) {
			run_tag(r, &tag);
			continue;
		}
		problem(r, start, strlen(OPENING), "these braces are not closed on their line")
			->hint = xstrdup("write \\{{ for the braces themselves");
		emit_to(r, start + strlen(OPENING));
	}
	emit_to(r, r->text.len);
	VEC_FOREACH(block, &r->blocks)
		(void)problem(r, block->at, strlen(OPENING), "this {{#if}} has no {{/if}}");
}

int rendering_expand(struct span text, const char *file, const struct strmap *values,
		     struct str *ret, struct err *err)
{
	AUTO(diags_release) struct diags diags = { .items = NULL };
	AUTO(str_release) struct str out = STR_INIT;
	struct renderer r = {
		.text = text, .values = values, .diags = &diags, .out = &out, .line = 1
	};

	str_init(&out, LIMIT_TEMPLATE_FILE);
	diags_init(&diags, file, text);
	render(&r);
	free(r.blocks.items);
	if (diags_check(&diags, err) < 0)
		return -1;
	if (out.overflow)
		return err_set(err, ERR_LIMIT, "'%s' becomes larger than %zu bytes", file,
			       LIMIT_TEMPLATE_FILE);
	str_addn(ret, out.ptr, out.len);
	return 0;
}
