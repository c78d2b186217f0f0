/* dockerfile-parser: dump and tree of whole files, JSON arrays, directives. */
#include "base/alloc.h"
#include "base/diag.h"
#include "base/json.h"
#include "dockerfile/dockerfile.h"
#include "suite.h"

static char *show(const json_t *json)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (json)
		json_write(json, &text);
	return str_detach(&text);
}

/* Members of the expected tree that ours has as well. */
static const char *const compared[] = { "escape", "warnings", "nodes" };

static void check_tree(struct suite *suite, const char *id, const json_t *ast,
		       const struct syntax_tree *tree)
{
	json_t *actual = syntax_tree_to_json(tree);

	for (size_t i = 0; i < ARRAY_SIZE(compared); i++) {
		const json_t *want = json_object_get(ast, compared[i]);
		const json_t *have = json_object_get(actual, compared[i]);
		AUTO(freep) char *want_text = show(want);
		AUTO(freep) char *have_text = show(have);

		suite_case(suite, (!want && !have) || json_equal(want, have), id,
			   "%s\n  want %s\n  have %s", compared[i], want_text, have_text);
	}
	json_decref(actual);
}

static void check_verdict(struct suite *suite, const char *id, const json_t *ast,
			  const struct dockerfile *file, const struct diags *diags)
{
	const char *want = json_get_string(ast, "instructions");
	AUTO(str_release) struct str problems = STR_INIT;

	if (!want)
		return;
	diags_render(diags, false, &problems);
	suite_case(suite, (diags->errors == 0) == str_eq(want, "ok"), id,
		   "instructions: want %s (%s), have %zu errors\n%s", want,
		   json_get_string(ast, "instructions_error"), diags->errors, problems.ptr);
	if (json_object_get(ast, "stages") && diags->errors == 0)
		suite_case(suite, json_get_int(ast, "stages", -1) == (long long)file->stages.len,
			   id, "stages: want %lld, have %zu", json_get_int(ast, "stages", -1),
			   file->stages.len);
}

static void check_file(struct suite *suite, const char *id, struct span text, const char *result,
		       const json_t *ast)
{
	AUTO(dockerfile_release) struct dockerfile file = DOCKERFILE_INIT;
	AUTO(syntax_tree_release) struct syntax_tree tree = SYNTAX_TREE_INIT;
	AUTO(diags_release) struct diags parse_diags = { 0 };
	AUTO(diags_release) struct diags diags = { 0 };
	AUTO(str_release) struct str dump = STR_INIT;
	bool parsed = false;

	diags_init(&parse_diags, "Dockerfile", text);
	diags_init(&diags, "Dockerfile", text);
	parsed = syntax_tree_parse(text, &tree, &parse_diags) == 0;
	suite_case(suite, parsed == str_eq(json_get_string(ast, "parse"), "ok"), id,
		   "parse: want %s, have %s", json_get_string(ast, "parse"),
		   parsed ? "ok" : "error");
	if (!parsed)
		return;
	syntax_tree_dump(&tree, &dump);
	if (result)
		suite_case(suite, str_eq(dump.ptr, result), id, "result\n--- want\n%s--- have\n%s",
			   result, dump.ptr);
	check_tree(suite, id, ast, &tree);
	parsed = dockerfile_parse(text, &file, &diags) == 0;
	suite_case(suite, parsed == !diags.errors, id,
		   "the result does not say whether there were errors");
	check_verdict(suite, id, ast, &file, &diags);
}

static void check_computed(struct suite *suite)
{
	json_t *data = suite_load("dockerfile-parser/computed.json");
	json_t *test = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "cases"), i, test)
	{
		const json_t *text = json_object_get(test, "dockerfile");

		check_file(suite, json_get_string(test, "name"),
			   (struct span){ .ptr = json_string_value(text),
					  .len = json_string_length(text) },
			   json_get_string(test, "result"), json_object_get(test, "ast"));
	}
	json_decref(data);
}

static void check_folder(struct suite *suite, const char *folder)
{
	json_t *names = suite_list(folder);
	json_t *name = NULL;
	size_t i = 0;

	json_array_foreach(names, i, name)
	{
		AUTO(freep) char *dir = xasprintf("%s/%s", folder, json_string_value(name));
		AUTO(freep) char *dockerfile = xasprintf("%s/Dockerfile", dir);
		AUTO(freep) char *result_name = xasprintf("%s/result", dir);
		AUTO(freep) char *ast_name = xasprintf("%s/ast.json", dir);
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(str_release) struct str result = STR_INIT;
		json_t *ast = suite_load(ast_name);
		bool has_result = suite_read(result_name, &result);

		if (suite_read(dockerfile, &text))
			check_file(suite, dir, str_span(&text), has_result ? result.ptr : NULL,
				   ast);
		json_decref(ast);
	}
	json_decref(names);
}

static bool same_words(const json_t *want, const struct words *have)
{
	if (json_array_size(want) != have->len)
		return false;
	for (size_t i = 0; i < have->len; i++)
		if (!str_eq(json_string_value(json_array_get(want, i)), have->items[i].text))
			return false;
	return true;
}

static void check_arrays(struct suite *suite)
{
	json_t *data = suite_load("dockerfile-parser/json-arrays.json");
	json_t *test = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "cases"), i, test)
	{
		AUTO(arena_freep) struct arena *arena = arena_new();
		struct words words = { .items = NULL };
		const json_t *want = json_object_get(test, "expected");
		enum json_array_result result =
			json_array_parse(arena, span_of(json_get_string(test, "input")), &words);

		/* An error that leaves no way to the shell form says so. */
		bool hard = json_get_string(test, "error") &&
			    strstr(json_get_string(test, "error"), "hard error");

		suite_case(suite,
			   want ? result == JSON_ARRAY_STRINGS && same_words(want, &words)
				: (result == JSON_ARRAY_NOT_STRINGS) == hard &&
					   result != JSON_ARRAY_STRINGS,
			   json_get_string(test, "id"), "%s", json_get_string(test, "input"));
	}
	json_decref(data);
}

static void check_directives(struct suite *suite)
{
	json_t *data = suite_load("dockerfile-parser/directives.json");
	json_t *test = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "cases"), i, test)
	{
		AUTO(arena_freep) struct arena *arena = arena_new();
		struct directive found = { .value = NULL };

		(void)directive_detect(arena, span_of(json_get_string(test, "input")),
				       json_get_string(test, "directive"),
				       json_is_true(json_object_get(test, "any_comment_style")),
				       &found);
		suite_case(suite,
			   str_eq(found.value, json_get_string(test, "full")) &&
				   found.line == json_get_int(test, "line", 0),
			   json_get_string(test, "id"),
			   "want '%s' in line %lld, have '%s' in line %u",
			   json_get_string(test, "full"), json_get_int(test, "line", 0),
			   found.value, found.line);
	}
	json_decref(data);
}

int main(void)
{
	struct suite suite = { .name = "dockerfile-parser" };

	check_folder(&suite, "dockerfile-parser/testfiles");
	check_folder(&suite, "dockerfile-parser/testfiles-negative");
	check_computed(&suite);
	check_arrays(&suite);
	check_directives(&suite);
	return suite_end(&suite);
}
