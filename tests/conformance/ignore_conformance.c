/* ignore: patterns against paths, directly and by a walk that carries the parents' results down. */
#include "../ignore_walk.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/path.h"
#include "context/ignore.h"
#include "suite.h"

/* As the builder walks a context, with whole directories left out where nothing below can come back. */
static bool match_by_walk(const struct ignore *ignore, const char *path)
{
	AUTO(freep) char *clean = path_clean(path);

	return !str_eq(clean, ".") && ignore_walk_match(ignore, clean);
}

static void check_path(struct suite *suite, const char *id, const struct ignore *ignore,
		       const char *path, bool want)
{
	suite_case(suite, ignore_match(ignore, path) == want, id, "'%s': want %s", path,
		   want ? "ignored" : "kept");
	if (path[0] != '/' && strncmp(path, "..", 2) != 0)
		suite_case(suite, match_by_walk(ignore, path) == want, id,
			   "'%s' by a walk: want %s", path, want ? "ignored" : "kept");
}

static void check_table(struct suite *suite)
{
	json_t *data = suite_load("ignore/patternmatcher.json");
	json_t *test = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "cases"), i, test)
	{
		AUTO(strvec_release) struct strvec patterns = STRVEC_INIT;
		AUTO(ignore_freep) struct ignore *ignore = NULL;
		AUTO(err_release) struct err err = ERR_INIT;
		const char *id = json_get_string(test, "id");
		bool want_error = json_object_get(test, "error") &&
				  !json_is_false(json_object_get(test, "error"));

		json_to_strvec(json_object_get(test, "patterns"), &patterns);
		if (ignore_new(&patterns, &ignore, &err) < 0)
			suite_case(suite, want_error, id, "error: %s", err.message);
		else if (want_error)
			suite_case(suite, false, id, "want an error");
		else
			check_path(suite, id, ignore, json_get_string(test, "path"),
				   json_is_true(json_object_get(test, "expected")));
	}
	json_decref(data);
}

static void check_patterns(struct suite *suite, const json_t *test, struct span text)
{
	AUTO(strvec_release) struct strvec patterns = STRVEC_INIT;
	AUTO(freep) char *joined = NULL;
	const json_t *want = json_object_get(test, "patterns");
	json_t *have = NULL;

	if (!want)
		return;
	ignore_read_patterns(text, &patterns);
	joined = strvec_join(&patterns, "|");
	have = json_from_strvec(&patterns);
	suite_case(suite, json_equal(want, have), json_get_string(test, "id"), "patterns: have %s",
		   joined);
	json_decref(have);
}

static void check_files(struct suite *suite, const char *name)
{
	json_t *data = suite_load(name);
	json_t *test = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "cases"), i, test)
	{
		AUTO(ignore_freep) struct ignore *ignore = NULL;
		AUTO(err_release) struct err err = ERR_INIT;
		const char *id = json_get_string(test, "id");
		struct span text = span_of(json_get_string(test, "ignorefile"));
		json_t *matched = json_object_get(test, "matched");
		const char *path = NULL;
		json_t *want = NULL;

		check_patterns(suite, test, text);
		if (!matched)
			continue;
		if (ignore_parse(text, ".dockerignore", &ignore, &err) < 0) {
			suite_case(suite, false, id, "error: %s", err.message);
			continue;
		}
		json_object_foreach(matched, path, want)
			check_path(suite, id, ignore, path, json_is_true(want));
	}
	json_decref(data);
}

int main(void)
{
	struct suite suite = { .name = "ignore" };

	check_table(&suite);
	check_files(&suite, "ignore/ignorefile-computed.json");
	check_files(&suite, "ignore/readall.json");
	return suite_end(&suite);
}
