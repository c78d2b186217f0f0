#include "dockerfile/parser.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "directive.h"
#include "node.h"

void syntax_tree_release(struct syntax_tree *tree)
{
	arena_free(tree->arena);
	*tree = (struct syntax_tree)SYNTAX_TREE_INIT;
}

static unsigned line_of(struct span text, const char *place)
{
	unsigned line = 1;

	for (const char *c = text.ptr; c < place; c++)
		line += *c == '\n';
	return line;
}

/* What cannot be a Dockerfile at all. */
static bool check_text(struct span text, struct diags *diags)
{
	const char *nul = text.len ? memchr(text.ptr, '\0', text.len) : NULL;

	if (text.len > LIMIT_DOCKERFILE) {
		diags_add(diags, DIAG_ERROR, 0, 0, 0,
			  "the file has %zu bytes, more than the allowed %zu", text.len,
			  LIMIT_DOCKERFILE);
		return false;
	}
	if (nul) {
		struct diag *diag = diags_add(diags, DIAG_ERROR, line_of(text, nul), 0, 0,
					      "the file holds a NUL byte: it is not a text file");

		diag->hint = xstrdup("name a Dockerfile with -f, in UTF-8");
		return false;
	}
	return true;
}

int syntax_tree_parse(struct span text, struct syntax_tree *ret, struct diags *diags)
{
	size_t errors_before = diags->errors;

	*ret = (struct syntax_tree)SYNTAX_TREE_INIT;
	ret->arena = arena_new();
	if (!check_text(text, diags))
		return -1;
	directives_read(drop_bom(text), ret, diags);
	nodes_read(ret, drop_bom(text), diags);
	if (!ret->nodes.len && diags->errors == errors_before) {
		struct diag *diag =
			diags_add(diags, DIAG_ERROR, 0, 0, 0, "the file holds no instruction");

		diag->hint = xstrdup("begin it with FROM and the image to build on");
	}
	return diags->errors > errors_before ? -1 : 0;
}
