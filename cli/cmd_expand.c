#include "app.h"
#include "command.h"
#include "input.h"

#include "base/json.h"
#include "base/limits.h"
#include "dockerfile/expand.h"

struct expand_args {
	struct strvec words, env;
	const char *escape;
	int mode;
	bool json;
};

enum expand_mode { MODE_WORD, MODE_WORDS, MODE_HEREDOC, MODE_DISPLAY };

static const char *const modes[] = { "word", "words", "heredoc", "display", NULL };

/* A list, of one but for MODE_WORDS. */
static int expand(const struct expander *expander, enum expand_mode mode, const char *text,
		  struct strvec *ret, struct expand_names *names, struct err *err)
{
	char *value = NULL;

	switch (mode) {
	case MODE_WORD:
		if (expand_word(expander, text, &value, names, err) < 0)
			return -1;
		break;
	case MODE_WORDS: return expand_words(expander, text, ret, names, err);
	case MODE_HEREDOC:
		if (expand_heredoc(expander, text, &value, names, err) < 0)
			return -1;
		break;
	case MODE_DISPLAY: value = expand_display(expander, text, names); break;
	}
	strvec_take(ret, value);
	return 0;
}

static json_t *names_to_json(const struct strmap *names)
{
	json_t *array = json_array();

	VEC_FOREACH(item, names)
		json_array_append_new(array, json_string(item->key));
	return array;
}

static void format_json(const struct strvec *values, bool is_list, const struct expand_names *names,
			struct str *out)
{
	json_t *object = json_object();

	if (is_list)
		json_object_set_new(object, "result", json_from_strvec(values));
	else
		json_set_string(object, "result", values->items[0]);
	json_object_set_new(object, "matched", names_to_json(&names->matched));
	json_object_set_new(object, "unmatched", names_to_json(&names->unmatched));
	json_write(object, out);
	json_decref(object);
	str_addc(out, '\n');
}

/* The column of the fault, for a text that is no file. */
static int fail(const char *text, struct err *err)
{
	if (err->span.column > 0 && err->span.column <= strlen(text) + 1)
		return err_wrap(err, "column %u", err->span.column);
	return -1;
}

static int expand_text(const struct expand_args *args, const char *text, struct err *err)
{
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(strvec_release) struct strvec values = STRVEC_INIT;
	AUTO(str_release) struct str out = STR_INIT;
	struct expander expander = { .lookup = expand_lookup_strmap,
				     .lookup_arg = &env,
				     .escape = args->escape[0] };

	VEC_FOREACH(pair, &args->env)
		strmap_set_pair(&env, *pair);
	if (expand(&expander, (enum expand_mode)args->mode, text, &values, &names, err) < 0)
		return fail(text, err);
	if (args->json)
		format_json(&values, args->mode == MODE_WORDS, &names, &out);
	for (size_t i = 0; i < values.len && !args->json; i++)
		str_addf(&out, "%s\n", values.items[i]);
	return app_print(&out, err);
}

static int expand_run(struct app *app, const void *args_data, struct err *err)
{
	const struct expand_args *args = args_data;
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	if (!str_eq(args->escape, "\\") && !str_eq(args->escape, "`"))
		return err_set(err, ERR_USAGE, "option '--escape': '%s' is neither \\ nor `",
			       args->escape);
	if (args->words.len > 0)
		return expand_text(args, args->words.items[0], err);
	if (input_read(NULL, LIMIT_DOCKERFILE, &text, err) < 0)
		return -1;
	return expand_text(args, text.ptr, err);
}

static const struct cli_option expand_options[] = {
	OPTION_OPERANDS(struct expand_args, words, "WORD", VALUE_TEXT, 0, 1),
	OPTION_CHOICE(struct expand_args, mode, 0, "mode", "MODE", modes, "What the text is",
		      .fallback = "word"),
	OPTION_STRING(struct expand_args, escape, 0, "escape", "CHARACTER", VALUE_TEXT,
		      "Escape character of the Dockerfile", .fallback = "\\"),
	OPTION_LIST(struct expand_args, env, 'e', "env", "NAME=VALUE", VALUE_TEXT,
		    "A variable; all others are unset"),
	OPTION_FLAG(struct expand_args, json, 0, "json",
		    "Print result and names that were looked up as JSON"),
	OPTION_END,
};

const struct cli_command cmd_expand = {
	.name = "__expand",
	.hidden = true,
	.summary = "Print a word of a Dockerfile with its variables expanded",
	.details = "See docs/language-commands.md.",
	.options = expand_options,
	.args_size = sizeof(struct expand_args),
	.run = expand_run,
};
