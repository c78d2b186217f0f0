#include "dockerfile/parser.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "directive.h"
#include "node.h"
#include "rune.h"

void syntax_tree_release(struct syntax_tree *tree)
{
	arena_free(tree->arena);
	*tree = (struct syntax_tree)SYNTAX_TREE_INIT;
}

/*
 * A NUL cannot stand in a C string: it is kept as the two bytes C0 80, which are no UTF-8, and printed as what it was.
 * No command, name or path can hold it, so the user is told.
 */
static struct span replace_nuls(struct arena *arena, struct span text, struct diags *diags)
{
	AUTO(str_release) struct str copy = STR_INIT;
	unsigned line = 1;

	if (!text.len || !memchr(text.ptr, '\0', text.len))
		return text;
	for (size_t i = 0; i < text.len; i++) {
		line += text.ptr[i] == '\n';
		if (text.ptr[i] != '\0') {
			str_addc(&copy, text.ptr[i]);
			continue;
		}
		if (copy.len == i)
			diags_add(diags, DIAG_WARNING, line, 0, 0, "the file holds NUL bytes")
				->hint = xstrdup("is it a text file in UTF-8?");
		str_addn(&copy, NUL_BYTES, 2);
	}
	return (struct span){ .ptr = arena_strndup(arena, copy.ptr, copy.len), .len = copy.len };
}

/* What some editors and shells of Windows write. */
static bool is_utf16(struct span text)
{
	return span_has_prefix(text, "\xff\xfe") || span_has_prefix(text, "\xfe\xff");
}

int syntax_tree_parse(struct span text, struct syntax_tree *ret, struct diags *diags)
{
	size_t errors_before = diags->errors;

	*ret = (struct syntax_tree)SYNTAX_TREE_INIT;
	ret->arena = arena_new();
	if (text.len > LIMIT_DOCKERFILE) {
		diags_add(diags, DIAG_ERROR, 0, 0, 0,
			  "the file has %zu bytes, more than the allowed %zu", text.len,
			  LIMIT_DOCKERFILE);
		return -1;
	}
	if (is_utf16(text)) {
		diags_add(diags, DIAG_ERROR, 0, 0, 0, "the file is in UTF-16, not in UTF-8")->hint =
			xstrdup("save it again as UTF-8, or: iconv -f UTF-16 -t UTF-8");
		return -1;
	}
	text = replace_nuls(ret->arena, drop_bom(text), diags);
	nodes_read(ret, text, directives_read(text, ret, diags), diags);
	if (!ret->nodes.len && diags->errors == errors_before) {
		struct diag *diag =
			diags_add(diags, DIAG_ERROR, 0, 0, 0, "the file holds no instruction");

		diag->hint = xstrdup("begin it with FROM and the image to build on");
	}
	return diags->errors > errors_before ? -1 : 0;
}
