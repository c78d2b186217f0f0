/* shell-expansion: words, lists of words, heredoc bodies and text for people. */
#include "base/alloc.h"
#include "base/json.h"
#include "dockerfile/expand.h"
#include "suite.h"

static int expand(const char *mode, const struct expander *expander, const char *input,
		  json_t **ret, struct expand_names *names, struct err *err)
{
	AUTO(freep) char *text = NULL;
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	int result = 0;

	if (str_eq(mode, "words")) {
		if (expand_words(expander, input, &words, names, err) < 0)
			return -1;
		*ret = json_from_strvec(&words);
		return 0;
	}
	if (str_eq(mode, "heredoc"))
		result = expand_heredoc(expander, input, &text, names, err);
	else if (str_eq(mode, "display"))
		text = expand_display(expander, input, names);
	else
		result = expand_word(expander, input, &text, names, err);
	if (result == 0)
		*ret = json_string(text);
	return result;
}

/* Are these the same names, in any order? Data without the list does not tell. */
static bool same_names(const json_t *want, const struct strmap *have, bool compared)
{
	if (!compared)
		return true;
	if (json_array_size(want) != have->len)
		return false;
	for (size_t i = 0; i < json_array_size(want); i++)
		if (!strmap_has(have, json_string_value(json_array_get(want, i))))
			return false;
	return true;
}

static void check_case(struct suite *suite, const json_t *test)
{
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	struct expander expander = { .lookup = expand_lookup_strmap,
				     .lookup_arg = &env,
				     .escape = json_get_string(test, "escape")[0] };
	const char *mode = json_get_string(test, "mode");
	const char *input = json_get_string(test, "input");
	const json_t *want = json_object_get(test, "expected");
	bool compared = !str_eq(mode, "words");
	json_t *have = NULL;
	json_t *pair = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(test, "env"), i, pair)
		strmap_set_pair(&env, json_string_value(pair));
	if (expand(mode, &expander, input, &have, &names, &err) < 0) {
		suite_case(suite, !want && err.message, json_get_string(test, "id"), "%s: error %s",
			   input, err.message);
		return;
	}
	suite_case(suite, want && json_equal(want, have), json_get_string(test, "id"),
		   "%s: want '%s', have '%s'", input, want ? json_string_value(want) : "an error",
		   json_string_value(have));
	suite_case(
		suite,
		same_names(json_object_get(test, "matched"), &names.matched, compared) &&
			same_names(json_object_get(test, "unmatched"), &names.unmatched, compared),
		json_get_string(test, "id"), "%s: other names were looked up", input);
	json_decref(have);
}

int main(void)
{
	static const char *const files[] = { "shell-expansion/env-var.json",
					     "shell-expansion/words.json",
					     "shell-expansion/modifiers.json",
					     "shell-expansion/computed.json" };
	struct suite suite = { .name = "shell-expansion" };

	for (size_t file = 0; file < ARRAY_SIZE(files); file++) {
		json_t *data = suite_load(files[file]);
		json_t *test = NULL;
		size_t i = 0;

		json_array_foreach(json_object_get(data, "cases"), i, test)
			check_case(&suite, test);
		json_decref(data);
	}
	return suite_end(&suite);
}
