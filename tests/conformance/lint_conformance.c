/* lint: the build checks, as an ordinary build and as --check report them. */
#include "base/alloc.h"
#include "base/json.h"
#include "context/ignore.h"
#include "dockerfile/lint.h"
#include "suite.h"

static bool is_ignored(const void *arg, const char *path)
{
	return ignore_covers_source(arg, path);
}

/* Of each the rule, the message and, where the data tells it, the line. */
static bool same_warnings(const json_t *want, const json_t *have)
{
	size_t count = json_array_size(want);
	bool matched[200] = { false };

	if (count != json_array_size(have) || count > ARRAY_SIZE(matched))
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *wanted = json_array_get(want, i);
		bool found = false;

		for (size_t j = 0; j < count && !found; j++) {
			const json_t *had = json_array_get(have, j);

			found = !matched[j] &&
				json_equal(json_object_get(wanted, "rule"),
					   json_object_get(had, "rule")) &&
				json_equal(json_object_get(wanted, "message"),
					   json_object_get(had, "message")) &&
				(!json_object_get(wanted, "line") ||
				 json_equal(json_object_get(wanted, "line"),
					    json_object_get(had, "line")));
			matched[j] |= found;
		}
		if (!found)
			return false;
	}
	return true;
}

static char *show(const json_t *json)
{
	AUTO(str_release) struct str text = STR_INIT;

	json_write(json, &text);
	return str_detach(&text);
}

static void check(struct suite *suite, const json_t *test, struct lint_request *request,
		  const char *member)
{
	struct span text = span_of(json_get_string(test, "dockerfile"));
	AUTO(dockerfile_release) struct dockerfile file = DOCKERFILE_INIT;
	AUTO(diags_release) struct diags diags = { 0 };
	AUTO(str_release) struct str problems = STR_INIT;
	AUTO(freep) char *want = show(json_object_get(test, member));
	AUTO(freep) char *have = NULL;
	json_t *warnings = NULL;
	bool parsed = false;

	diags_init(&diags, "Dockerfile", text);
	parsed = dockerfile_parse(text, &file, &diags) == 0;
	lint_run(&file, request, &diags);
	warnings = lint_to_json(&file, &diags);
	have = show(warnings);
	suite_case(suite, same_warnings(json_object_get(test, member), warnings),
		   json_get_string(test, "id"), "%s\n  want %s\n  have %s", member, want, have);
	diags_render(&diags, false, &problems);
	suite_case(suite, (diags.errors > 0) == (json_get_string(test, "build_error") != NULL),
		   json_get_string(test, "id"), "error: want '%s', parsed %d, have\n%s",
		   json_get_string(test, "build_error"), parsed, problems.ptr);
	json_decref(warnings);
}

static void check_case(struct suite *suite, const json_t *test)
{
	AUTO(strmap_release) struct strmap build_args = STRMAP_INIT;
	AUTO(ignore_freep) struct ignore *ignore = NULL;
	const char *ignore_text = json_get_string(test, "dockerignore");
	struct lint_request request = {
		.scope = { .build_args = &build_args,
			   .build_platform = "linux/amd64",
			   .target_platform = "linux/amd64" },
		.is_ignored = is_ignored,
	};
	const char *name = NULL;
	json_t *value = NULL;

	json_object_foreach(json_object_get(test, "build_args"), name, value)
		strmap_set(&build_args, name, json_string_value(value));
	if (ignore_text && ignore_parse(span_of(ignore_text), ".dockerignore", &ignore, NULL) < 0) {
		suite_case(suite, false, json_get_string(test, "id"), "the ignore file is wrong");
		return;
	}
	request.is_ignored_arg = ignore;
	check(suite, test, &request, "build_warnings");
	request.all_stages = true;
	check(suite, test, &request, "check_warnings");
}

int main(void)
{
	struct suite suite = { .name = "lint" };
	json_t *data = suite_load("lint/lint.json");
	json_t *test = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "cases"), i, test) check_case(&suite, test);
	json_decref(data);
	return suite_end(&suite);
}
