/*
 * Any bytes as a Dockerfile. What parses without an error is written down again from its logical lines, and must give the
 * same tree; what the checks and the rendering of the problems do with it must end.
 */
#include <string.h>

#include "base/limits.h"
#include "dockerfile/lint.h"
#include "fuzz.h"

/*
 * The end of a file cuts a continuation off, and behind it another one may stand: "a \ \" gives the line "a \ ". A
 * carriage return at the end would be part of the line's end.
 */
static bool continues(const char *line, char escape)
{
	size_t len = strlen(line);

	len -= len && line[len - 1] == '\r';
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	return len && line[len - 1] == escape;
}

/* False when the logical lines alone do not tell the same: one is empty, continues, or is too long for a physical line. */
static bool write_down(const struct syntax_tree *tree, struct str *out)
{
	str_addf(out, "# escape=%c\n", tree->escape);
	VEC_FOREACH(node, &tree->nodes) {
		if (!*node->name.text || strlen(node->original) > LIMIT_DOCKERFILE_LINE ||
		    continues(node->original, tree->escape))
			return false;
		str_addf(out, "%s\n", node->original);
		VEC_FOREACH(heredoc, &node->heredocs) {
			str_addn(out, heredoc->content, heredoc->content_len);
			str_addf(out, "%s\n", heredoc->name);
		}
	}
	return true;
}

static void check_round_trip(const struct syntax_tree *tree)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(str_release) struct str dump = STR_INIT;
	AUTO(str_release) struct str dump_again = STR_INIT;
	AUTO(diags_release) struct diags diags = { .file = NULL };
	AUTO(syntax_tree_release) struct syntax_tree again = SYNTAX_TREE_INIT;

	if (!write_down(tree, &text))
		return;
	diags_init(&diags, "Dockerfile", str_span(&text));
	FUZZ_CHECK(syntax_tree_parse(str_span(&text), &again, &diags) == 0);
	syntax_tree_dump(tree, &dump);
	syntax_tree_dump(&again, &dump_again);
	FUZZ_CHECK(strcmp(dump.ptr, dump_again.ptr) == 0);
	FUZZ_CHECK(tree->nodes.len == again.nodes.len);
	for (size_t i = 0; i < again.nodes.len; i++) {
		const struct heredocs *a = &tree->nodes.items[i].heredocs;
		const struct heredocs *b = &again.nodes.items[i].heredocs;

		FUZZ_CHECK(a->len == b->len);
		for (size_t j = 0; j < a->len; j++)
			FUZZ_CHECK(strcmp(a->items[j].content, b->items[j].content) == 0);
	}
}

static void check_tree(struct span text)
{
	AUTO(diags_release) struct diags diags = { .file = NULL };
	AUTO(syntax_tree_release) struct syntax_tree tree = SYNTAX_TREE_INIT;

	diags_init(&diags, "Dockerfile", text);
	if (syntax_tree_parse(text, &tree, &diags) == 0)
		check_round_trip(&tree);
	json_decref(syntax_tree_to_json(&tree));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { .ptr = (const char *)data, .len = size };
	struct lint_request request = { .scope = { .build_platform = "linux/amd64",
						   .target_platform = "linux/arm/v7" },
					.all_stages = true };
	AUTO(dockerfile_release) struct dockerfile file = DOCKERFILE_INIT;
	AUTO(diags_release) struct diags diags = { .file = NULL };
	AUTO(str_release) struct str rendered = STR_INIT;
	int result = 0;

	if (!size)
		return 0;
	check_tree(text);
	diags_init(&diags, "Dockerfile", text);
	result = dockerfile_parse(text, &file, &diags);
	FUZZ_CHECK((result < 0) == (diags.errors > 0));
	lint_run(&file, &request, &diags);
	diags_sort(&diags);
	diags_render(&diags, true, &rendered);
	FUZZ_CHECK(diags.len == 0 || rendered.len > 0);
	return 0;
}
