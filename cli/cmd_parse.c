#include "app.h"
#include "check_output.h"
#include "command.h"
#include "exit_code.h"
#include "input.h"

#include "base/json.h"
#include "base/limits.h"
#include "dockerfile/dockerfile.h"

struct parse_args {
	struct strvec files;
	const char *directive;
	bool json;
};

/* The one that builders look for in any kind of comment, because it names who reads the file. */
static bool has_any_comment_style(const char *directive)
{
	return str_eq(directive, "syntax");
}

static int print_directive(const struct parse_args *args, struct span text, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(str_release) struct str out = STR_INIT;
	struct directive found = { .value = NULL };

	if (!directive_detect(arena, text, args->directive, has_any_comment_style(args->directive),
			      &found))
		return EXIT_CODE_FAILED;
	str_addf(&out, "%u\t%s\n", found.line, found.value);
	return app_print(&out, err);
}

/* What the second pass says: flags, numbers of arguments, names of stages. */
static void add_verdict(struct span text, const char *name, json_t *object)
{
	AUTO(dockerfile_release) struct dockerfile file = DOCKERFILE_INIT;
	AUTO(diags_release) struct diags diags = { .items = NULL };
	bool is_good = false;

	diags_init(&diags, name, text);
	is_good = dockerfile_parse(text, &file, &diags) == 0;
	diags_sort(&diags);
	json_set_string(object, "instructions", is_good ? "ok" : "error");
	if (is_good)
		json_object_set_new(object, "stages", json_integer((json_int_t)file.stages.len));
	json_object_set_new(object, "errors", check_output_errors(&diags));
}

static int print_json(const struct syntax_tree *tree, struct diags *diags, struct span text,
		      struct err *err)
{
	AUTO(str_release) struct str out = STR_INIT;
	json_t *object = json_object();
	bool is_parsed = diags->errors == 0;

	json_set_string(object, "parse", is_parsed ? "ok" : "error");
	if (is_parsed) {
		json_t *members = syntax_tree_to_json(tree);

		json_object_update(object, members);
		json_decref(members);
		add_verdict(text, diags->file, object);
	} else {
		diags_sort(diags);
		json_object_set_new(object, "errors", check_output_errors(diags));
	}
	json_write_pretty(object, &out);
	json_decref(object);
	if (app_print(&out, err) < 0)
		return -1;
	return is_parsed ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int print_tree(const struct parse_args *args, struct span text, const char *name,
		      struct err *err)
{
	AUTO(syntax_tree_release) struct syntax_tree tree = SYNTAX_TREE_INIT;
	AUTO(diags_release) struct diags diags = { .items = NULL };
	AUTO(str_release) struct str out = STR_INIT;

	diags_init(&diags, name, text);
	/* Its result is whether there are errors. */
	(void)!syntax_tree_parse(text, &tree, &diags);
	if (args->json)
		return print_json(&tree, &diags, text, err);
	if (diags_check(&diags, err) < 0)
		return -1;
	syntax_tree_dump(&tree, &out);
	return app_print(&out, err);
}

static int parse_run(struct app *app, const void *args_data, struct err *err)
{
	const struct parse_args *args = args_data;
	const char *file = args->files.len > 0 ? args->files.items[0] : NULL;
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	if (input_read(file, LIMIT_DOCKERFILE, &text, err) < 0)
		return -1;
	if (args->directive)
		return print_directive(args, str_span(&text), err);
	return print_tree(args, str_span(&text), input_name(file), err);
}

static const struct cli_option parse_options[] = {
	OPTION_OPERANDS(struct parse_args, files, "FILE", VALUE_FILE, 0, 1),
	OPTION_FLAG(struct parse_args, json, 0, "json", "Print the whole tree as JSON"),
	OPTION_STRING(struct parse_args, directive, 0, "directive", "NAME", VALUE_TEXT,
		      "Print line and value of this parser directive"),
	OPTION_END,
};

const struct cli_command cmd_parse = {
	.name = "__parse",
	.hidden = true,
	.summary = "Print the instructions of a Dockerfile as the parser sees them",
	.details = "See docs/language-commands.md.",
	.options = parse_options,
	.args_size = sizeof(struct parse_args),
	.run = parse_run,
};
