#include <strings.h>

#include "base/alloc.h"
#include "kind.h"
#include "node.h"
#include "reading.h"

/* The text that the image keeps: the instruction with its heredocs. */
static const char *trigger_text(const struct instruction_reading *in)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, in->node->sub_original);
	VEC_FOREACH(heredoc, &in->node->heredocs) {
		str_addc(&text, '\n');
		str_addn(&text, heredoc->content, heredoc->content_len);
		str_add(&text, heredoc->name);
	}
	return arena_strndup(in->arena, text.ptr, text.len);
}

static bool is_forbidden(enum instruction_kind kind)
{
	return kind == INSTRUCTION_ONBUILD || kind == INSTRUCTION_FROM ||
	       kind == INSTRUCTION_MAINTAINER;
}

void read_onbuild(const struct instruction_reading *in, struct instruction *ret)
{
	const struct node *sub = in->node->sub;
	enum instruction_kind kind = INSTRUCTION_ADD;
	AUTO(diags_release) struct diags later = { 0 };

	if (!sub) {
		problem(in, in->node->name, xstrdup("write ONBUILD RUN command"),
			"ONBUILD has no instruction");
		return;
	}
	if (kind_find(span_of(sub->name.text), &kind) && is_forbidden(kind)) {
		problem(in, sub->name,
			xstrdup("it may trigger every instruction but ONBUILD, FROM and "
				"MAINTAINER"),
			"ONBUILD cannot trigger %s", instruction_name(kind));
		return;
	}
	ret->onbuild.text = trigger_text(in);
	/* What is wrong in it is an error only where it is triggered. */
	diags_init(&later, "", span_of(""));
	ret->onbuild.trigger = instruction_parse_trigger(in->file, ret->onbuild.text, &later);
	VEC_FOREACH(diag, &later) {
		struct diag *warning = diags_add(
			in->diags, DIAG_WARNING, sub->name.line, sub->name.column, sub->name.length,
			"this will fail when it is triggered: %s", diag->message);

		warning->hint = xstrdup_or_null(diag->hint);
	}
}

const struct instruction *instruction_parse_trigger(struct dockerfile *file, const char *text,
						    struct diags *diags)
{
	struct syntax_tree tree = { .arena = file->tree.arena, .escape = '\\' };
	struct instruction *instruction = arena_alloc(tree.arena, sizeof(*instruction));
	size_t errors_before = diags->errors;

	nodes_read(&tree, span_of(text), 0, diags);
	if (diags->errors > errors_before)
		return NULL;
	if (tree.nodes.len != 1) {
		diags_add(diags, DIAG_ERROR, 1, 1, 0, "a trigger must be one instruction, not %zu",
			  tree.nodes.len);
		return NULL;
	}
	if (!instruction_read(file, &tree.nodes.items[0], instruction, diags))
		return NULL;
	if (is_forbidden(instruction->kind)) {
		diags_add(diags, DIAG_ERROR, 1, 1, 0, "ONBUILD cannot trigger %s",
			  instruction_name(instruction->kind));
		return NULL;
	}
	return instruction;
}
