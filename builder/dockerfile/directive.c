#include "directive.h"

#include <ctype.h>

#include "base/alloc.h"
#include "base/json.h"
#include "line.h"
#include "rune.h"

struct span drop_bom(struct span text)
{
	if (span_has_prefix(text, "\xef\xbb\xbf"))
		return (struct span){ .ptr = text.ptr + 3, .len = text.len - 3 };
	return text;
}

static struct span skip_blanks(struct span text)
{
	while (text.len && isspace((unsigned char)text.ptr[0]))
		text = (struct span){ .ptr = text.ptr + 1, .len = text.len - 1 };
	return text;
}

/* Splits "name = value" behind the comment's mark. */
static bool split_directive(struct span text, struct span *ret_name, struct span *ret_value)
{
	struct span name = rune_trim_left(text);
	struct span rest = { 0 };
	size_t len = 0;

	while (len < name.len && isalnum((unsigned char)name.ptr[len]))
		len++;
	rest = skip_blanks((struct span){ .ptr = name.ptr + len, .len = name.len - len });
	name.len = len;
	if (!len || !isalpha((unsigned char)name.ptr[0]) || !rest.len || rest.ptr[0] != '=')
		return false;
	*ret_name = name;
	*ret_value = span_trim((struct span){ .ptr = rest.ptr + 1, .len = rest.len - 1 });
	return ret_value->len > 0;
}

/* Where a known directive is kept; NULL for every other name, which ends the directives. */
static struct directive *slot(struct syntax_tree *tree, struct span name)
{
	if (span_eq_nocase(name, "syntax"))
		return &tree->syntax;
	if (span_eq_nocase(name, "check"))
		return &tree->check;
	return span_eq_nocase(name, "escape") ? &tree->escape_directive : NULL;
}

static void set_escape(struct syntax_tree *tree, const struct directive *directive,
		       struct diags *diags)
{
	struct diag *diag = NULL;

	if (str_eq(directive->value, "\\") || str_eq(directive->value, "`")) {
		tree->escape = directive->value[0];
		return;
	}
	diag = diags_add(diags, DIAG_ERROR, directive->line, directive->column, directive->length,
			 "'%s' cannot be the escape character", directive->value);
	diag->hint = xstrdup("only \\ and ` can");
}

static void store(struct syntax_tree *tree, struct directive *into, struct directive found,
		  struct span name, struct diags *diags)
{
	if (into->value) {
		struct diag *diag =
			diags_add(diags, DIAG_ERROR, found.line, found.column, found.length,
				  "a second '%.*s' directive", SPAN_FMT(name));

		diag->hint = xasprintf("line %u has the first one; remove one of them", into->line);
		return;
	}
	*into = found;
	if (into == &tree->escape_directive)
		set_escape(tree, into, diags);
}

/* What begins a comment. */
struct mark {
	const char *text;
	bool may_be_indented;
};

/* All that stands at the top behind `mark`, up to the first line that is no known directive; the number of lines. */
static unsigned read_all(struct span text, const struct mark *mark, unsigned lines_before,
			 struct syntax_tree *tree, struct diags *diags)
{
	struct line_reader reader = { .rest = text, .number = lines_before, .diags = diags };
	struct span line = { 0 }, name = { 0 }, value = { 0 };
	unsigned count = 0;

	while (line_reader_next(&reader, &line, NULL)) {
		struct span comment = mark->may_be_indented ? rune_trim_left(line) : line;
		struct directive *into = NULL;

		if (!span_has_prefix(comment, mark->text))
			break;
		comment.ptr += strlen(mark->text);
		comment.len -= strlen(mark->text);
		if (!split_directive(comment, &name, &value))
			break;
		into = slot(tree, name);
		if (!into)
			break;
		store(tree, into,
		      (struct directive){ .value = arena_strndup(tree->arena, value.ptr, value.len),
					  .line = reader.number,
					  .column = (unsigned)(value.ptr - line.ptr) + 1,
					  .length = (unsigned)value.len },
		      name, diags);
		count++;
	}
	return count;
}

unsigned directives_read(struct span text, struct syntax_tree *tree, struct diags *diags)
{
	const struct mark hash = { .text = "#", .may_be_indented = true };
	unsigned count = read_all(text, &hash, 0, tree, diags);

	if (!tree->check.value)
		(void)directive_detect(tree->arena, text, "check", false, &tree->check);
	if (!tree->syntax.value)
		(void)directive_detect(tree->arena, text, "syntax", false, &tree->syntax);
	return count;
}

static bool detect_json(struct arena *arena, struct span text, unsigned lines_before,
			const char *name, struct directive *ret)
{
	json_t *json = json_loadb(text.ptr, text.len, 0, NULL);
	const char *value = json_get_string(json, name);

	if (value)
		*ret = (struct directive){ .value = arena_strdup(arena, value),
					   .line = lines_before };
	json_decref(json);
	return value != NULL;
}

static bool detect_with(struct arena *arena, struct span text, const char *mark,
			unsigned lines_before, const char *name, struct directive *ret)
{
	struct syntax_tree scratch = { .arena = arena };
	struct directive *found = slot(&scratch, span_of(name));
	struct diags ignored = { 0 };

	diags_init(&ignored, "", text);
	(void)read_all(text, &(const struct mark){ .text = mark }, lines_before, &scratch,
		       &ignored);
	diags_release(&ignored);
	if (!found || !found->value)
		return false;
	*ret = *found;
	return true;
}

bool directive_detect(struct arena *arena, struct span text, const char *name,
		      bool any_comment_style, struct directive *ret)
{
	struct span line = { 0 };
	unsigned skipped = 0;

	text = drop_bom(text);
	if (span_has_prefix(text, "#!")) {
		span_cut(&text, '\n', &line);
		skipped = 1;
	}
	if (detect_with(arena, text, "#", skipped, name, ret))
		return true;
	if (!any_comment_style)
		return false;
	return detect_with(arena, text, "//", skipped, name, ret) ||
	       detect_json(arena, text, skipped, name, ret);
}
