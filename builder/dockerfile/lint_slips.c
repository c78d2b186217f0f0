/*
 * Slips: what builds, or fails much later, but is hardly ever meant. Warnings without a rule, which no peer has; check=skip=all
 * turns them off.
 */
#include <strings.h>

#include "base/alloc.h"
#include "kind.h"
#include "linting.h"
#include "pasted.h"
#include "rune.h"

static void slip(struct linting *linting, struct word place, char *owned_hint, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static void slip(struct linting *linting, struct word place, char *owned_hint, const char *fmt, ...)
{
	AUTO(str_release) struct str message = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&message, fmt, ap);
	va_end(ap);
	lint_add_slip(linting, place, owned_hint, message.ptr);
}

/* Their text is the shell's, which knows such comments. */
static bool is_for_shell(const struct instruction *instruction)
{
	return instruction->kind == INSTRUCTION_CMD ||
	       instruction->kind == INSTRUCTION_ENTRYPOINT ||
	       instruction->kind == INSTRUCTION_HEALTHCHECK ||
	       instruction->kind == INSTRUCTION_ONBUILD || instruction->kind == INSTRUCTION_RUN;
}

/* `USER app # who runs it`; FROM and EXPOSE refuse it. */
static void check_comment(struct linting *linting, const struct instruction *instruction)
{
	if (is_for_shell(instruction) || instruction->node->json ||
	    instruction->kind == INSTRUCTION_FROM || instruction->kind == INSTRUCTION_EXPOSE)
		return;
	VEC_FOREACH(arg, &instruction->node->args) {
		const char *mark = strstr(arg->text, " # ");
		struct word place = *arg;

		if (mark && strpbrk(arg->text, "\"'"))
			mark = NULL;
		if (!mark && !str_eq(arg->text, "#"))
			continue;
		if (mark && place.length == strlen(arg->text)) {
			place.column += (unsigned)(mark - arg->text) + 1;
			place.length = 1;
		}
		slip(linting, place, xstrdup("put the comment on a line of its own"),
		     "'#' begins no comment here, it is part of what %s is given",
		     instruction->name.text);
		return;
	}
}

static void check_value_quote(struct linting *linting, struct word value)
{
	const char *quote = value.text ? find_typographic_quote(value.text) : NULL;

	if (quote && quote == value.text)
		slip(linting, value, xstrdup("write \" instead"),
		     "the typographic quotes become part of the value");
}

/* Copied from a web page or a word processor. */
static void check_quotes(struct linting *linting, const struct instruction *instruction)
{
	if (instruction->kind == INSTRUCTION_ENV || instruction->kind == INSTRUCTION_LABEL)
		VEC_FOREACH(pair, &instruction->pairs)
			check_value_quote(linting, pair->value);
	if (instruction->kind == INSTRUCTION_ARG)
		VEC_FOREACH(arg, &instruction->args)
			check_value_quote(linting, arg->value);
}

/* CMD and ENTRYPOINT have a rule for this, SHELL refuses it, RUN was told of it when it was read. */
static void check_array(struct linting *linting, const struct instruction *instruction)
{
	const struct words *args = &instruction->node->args;
	struct word place = args->len ? args->items[0] : instruction->name;
	struct span rest = span_of(instruction->node->original);
	const char *bracket = memchr(rest.ptr, '[', rest.len);

	if (instruction->node->json || !args->len || args->items[0].text[0] != '[' || !bracket ||
	    !looks_like_json(bracket))
		return;
	if (instruction->kind != INSTRUCTION_COPY && instruction->kind != INSTRUCTION_ADD &&
	    instruction->kind != INSTRUCTION_VOLUME)
		return;
	slip(linting, place,
	     xstrdup("JSON wants double quotes, commas between, and none behind the last"),
	     "this is no JSON array: brackets and quotes are taken as they stand");
}

static void check_later_stage(struct linting *linting, const struct stage *stage)
{
	const struct stages *stages = &linting->file->stages;
	const struct word *image = &stage->from.from.image;

	if (dockerfile_find_stage(linting->file, image->text, stage->index, false))
		return;
	for (size_t i = stage->index + 1; i < stages->len; i++) {
		const struct stage *later = &stages->items[i];

		if (!later->name || !str_eq(later->name, image->text))
			continue;
		slip(linting, *image,
		     xasprintf("move the stage of line %u before it", later->from.start),
		     "stage '%s' is defined later, so the name means an image here", later->name);
		return;
	}
}

/* --- lines --- */

/* Goes through the file's lines in order, beside its instructions. */
struct line_walk {
	struct span rest;
	unsigned next; /* number of the line that `rest` begins with */
};

static bool line_at(struct line_walk *walk, unsigned number, struct span *ret)
{
	while (walk->next <= number && walk->rest.len) {
		(void)span_cut(&walk->rest, '\n', ret);
		walk->next++;
	}
	return walk->next == number + 1;
}

/* The instruction that the line begins with, in upper case and at its very start, and with something behind it. */
static size_t leading_instruction(struct span line, enum instruction_kind *ret)
{
	size_t len = 0;

	while (len < line.len && line.ptr[len] >= 'A' && line.ptr[len] <= 'Z')
		len++;
	if (len == line.len || !is_separator(line.ptr[len]) ||
	    !kind_find((struct span){ .ptr = line.ptr, .len = len }, ret))
		return 0;
	return len;
}

/* A heredoc that never ends has no line. */
static unsigned last_text_line(const struct node *node)
{
	unsigned last = node->end;

	VEC_FOREACH(heredoc, &node->heredocs)
		if (heredoc->line > 0 && heredoc->line <= last)
			last = heredoc->line - 1;
	return last;
}

/* The backslash behind the last line of a RUN swallows the next instruction. */
static void check_swallowed(struct linting *linting, const struct instruction *instruction,
			    struct line_walk *walk)
{
	unsigned before = instruction->start, last = last_text_line(instruction->node);

	for (unsigned number = instruction->start + 1; number <= last; number++) {
		enum instruction_kind kind = INSTRUCTION_ADD;
		struct span line = { 0 };
		size_t len = 0;

		if (!line_at(walk, number, &line) || !span_trim(line).len)
			continue;
		len = leading_instruction(line, &kind);
		if (len &&
		    !(instruction->kind == INSTRUCTION_HEALTHCHECK && kind == INSTRUCTION_CMD))
			slip(linting,
			     (struct word){ .line = number, .column = 1, .length = (unsigned)len },
			     xasprintf("remove the '%c' at the end of line %u",
				       linting->file->tree.escape, before),
			     "this continues the %s of line %u", instruction->name.text,
			     instruction->start);
		if (span_trim(line).ptr[0] != '#')
			before = number;
	}
}

/* Of the comments before the first instruction, those that would have been directives further up. */
static void check_directives(struct linting *linting)
{
	static const char *const names[] = { "escape", "syntax" };
	const struct syntax_tree *tree = &linting->file->tree;
	const struct directive *found[] = { &tree->escape_directive, &tree->syntax };
	unsigned first = tree->nodes.len ? tree->nodes.items[0].start : 1;
	struct line_walk walk = { .rest = linting->diags->source, .next = 1 };

	for (unsigned number = 1; number < first; number++) {
		struct span line = { 0 }, key = { 0 };
		struct span rest;

		if (!line_at(&walk, number, &line))
			return;
		rest = span_trim(line);
		if (!span_has_prefix(rest, "#"))
			continue;
		rest = (struct span){ .ptr = rest.ptr + 1, .len = rest.len - 1 };
		if (!span_cut(&rest, '=', &key))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (span_eq_nocase(span_trim(key), names[i]) && !found[i]->value)
				slip(linting,
				     (struct word){ .line = number,
						    .column = 1,
						    .length = (unsigned)line.len },
				     xstrdup("move it to the first line"),
				     "'%s' is an ordinary comment here: directives stand before "
				     "all comments and empty lines",
				     names[i]);
	}
}

void lint_slips(struct linting *linting)
{
	struct line_walk walk = { .rest = linting->diags->source, .next = 1 };

	check_directives(linting);
	VEC_FOREACH(instruction, &linting->file->all) {
		check_comment(linting, instruction);
		check_quotes(linting, instruction);
		check_array(linting, instruction);
		if (instruction->kind != INSTRUCTION_ONBUILD)
			check_swallowed(linting, instruction, &walk);
	}
	VEC_FOREACH(stage, &linting->file->stages)
		check_later_stage(linting, stage);
}
