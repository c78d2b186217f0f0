#include "live_directives.h"

#include <strings.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "dockerfile/parser.h"

enum directive_kind { DEV_CMD_LIVE, DEV_RUN, DEV_COPY, DEV_ENV };

static const struct {
	const char *word, *instruction;
} kinds[] = {
	[DEV_CMD_LIVE] = { "dev-cmd-live", "CMD" },
	[DEV_RUN] = { "dev-run", "RUN" },
	[DEV_COPY] = { "dev-copy", "COPY" },
	[DEV_ENV] = { "dev-env", "ENV" },
};

struct application {
	struct syntax_tree tree;
	struct diags diags;
	struct str *out;
	bool keep_stages;
	size_t next;        /* node */
	unsigned line;      /* that is looked at */
	unsigned live_line; /* of the live command; 0 = not seen yet */
	bool is_over;       /* the stage with the live command is */
	bool is_cut;        /* and what comes is left out */
};

static bool read_directive(struct span line, enum directive_kind *ret_kind, struct span *ret_value)
{
	struct span rest = span_trim(line), word = { 0 };

	if (rest.len == 0 || rest.ptr[0] != '#')
		return false;
	while (rest.len > 0 && rest.ptr[0] == '#')
		rest = (struct span){ rest.ptr + 1, rest.len - 1 };
	if (!span_cut(&rest, '=', &word))
		return false;
	word = span_trim(word);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (span_eq_nocase(word, kinds[i].word)) {
			*ret_kind = (enum directive_kind)i;
			*ret_value = span_trim(rest);
			return ret_value->len > 0;
		}
	}
	return false;
}

static void apply_directive(struct application *application, enum directive_kind kind,
			    struct span value)
{
	const char *word = kinds[kind].word;
	struct diags *diags = &application->diags;

	if (value.ptr[value.len - 1] == application->tree.escape)
		diags_add(diags, DIAG_ERROR, application->line, 1, 0,
			  "%s would take the next line with it", word)
			->hint = xstrdup("a directive is a comment, which ends with its line");
	if (kind == DEV_CMD_LIVE && application->live_line > 0)
		diags_add(diags, DIAG_ERROR, application->line, 1, 0, "a second %s", word)->hint =
			xasprintf("line %u has the first one; a container runs one command",
				  application->live_line);
	if (kind == DEV_CMD_LIVE)
		application->live_line = application->line;
	str_addf(application->out, "%s %.*s", kinds[kind].instruction, SPAN_FMT(value));
}

/* The instruction that the line is part of; NULL = none. */
static const struct node *node_at(struct application *application)
{
	const struct nodes *nodes = &application->tree.nodes;

	while (application->next < nodes->len &&
	       nodes->items[application->next].end < application->line)
		application->next++;
	if (application->next == nodes->len ||
	    nodes->items[application->next].start > application->line)
		return NULL;
	return &nodes->items[application->next];
}

static bool is_named(const struct node *node, const char *name)
{
	return strcasecmp(node->name.text, name) == 0;
}

/* The live command stands for what the real image would do. */
static bool is_left_out(struct application *application, const struct node *node)
{
	if (application->live_line == 0)
		return false;
	if (is_named(node, "FROM")) {
		application->is_over = true;
		application->is_cut = !application->keep_stages;
	}
	return application->is_cut ||
	       (!application->is_over && (is_named(node, "RUN") || is_named(node, "CMD")));
}

static void apply_line(struct application *application, struct span line)
{
	const struct node *node = node_at(application);
	enum directive_kind kind = DEV_RUN;
	struct span value = { 0 };

	if (node ? is_left_out(application, node) : application->is_cut)
		return;
	if (!node && read_directive(line, &kind, &value))
		apply_directive(application, kind, value);
	else
		str_addn(application->out, line.ptr, line.len);
}

static void apply_all(struct application *application, struct span text)
{
	struct span line = { 0 };
	bool more = true;

	while (more) {
		more = span_cut(&text, '\n', &line);
		application->line++;
		apply_line(application, line);
		if (more)
			str_addc(application->out, '\n');
	}
}

int live_directives_apply(struct span text, const char *name, bool keep_stages, struct str *ret,
			  unsigned *ret_line, struct err *err)
{
	struct application application = { .out = ret, .keep_stages = keep_stages };
	struct diags ignored;
	int status = 0;

	/* What is wrong in the file itself is told by whoever reads the result. */
	diags_init(&ignored, name, text);
	status = syntax_tree_parse(text, &application.tree, &ignored);
	(void)status;
	diags_release(&ignored);
	diags_init(&application.diags, name, text);
	apply_all(&application, text);
	status = application.diags.errors > 0 ? diags_check(&application.diags, err) : 0;
	*ret_line = application.live_line;
	diags_release(&application.diags);
	syntax_tree_release(&application.tree);
	return status;
}
