#include "app.h"
#include "command.h"
#include "input.h"

#include "base/limits.h"
#include "context/ignore.h"

#define LIMIT_PATHS (256 * LIMIT_MIB)

struct ignore_args {
	struct strvec paths, patterns;
	const char *file;
	bool list;
};

/* The patterns of the words come behind those of the file. */
static int read_patterns(const struct ignore_args *args, struct strvec *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (args->file) {
		if (input_read(args->file, LIMIT_IGNORE_FILE, &text, err) < 0)
			return -1;
		ignore_read_patterns(str_span(&text), ret);
	}
	VEC_FOREACH(pattern, &args->patterns)
		strvec_add(ret, *pattern);
	return 0;
}

static int load(const struct ignore_args *args, struct ignore **ret, struct err *err)
{
	AUTO(strvec_release) struct strvec patterns = STRVEC_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	/* As a build reads it: what is wrong has its line. */
	if (args->file && args->patterns.len == 0) {
		if (input_read(args->file, LIMIT_IGNORE_FILE, &text, err) < 0)
			return -1;
		return ignore_parse(str_span(&text), input_name(args->file), ret, err);
	}
	if (read_patterns(args, &patterns, err) < 0)
		return -1;
	return ignore_new(&patterns, ret, err);
}

static void add_answer(const struct ignore *ignore, const char *path, struct str *out)
{
	str_addf(out, "%s\t%s\n", ignore_match(ignore, path) ? "ignored" : "kept", path);
}

static int match_input(const struct ignore *ignore, struct str *out, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, line;

	if (input_read(NULL, LIMIT_PATHS, &text, err) < 0)
		return -1;
	for (rest = str_span(&text); rest.len > 0;) {
		AUTO(freep) char *path = NULL;

		(void)span_cut(&rest, '\n', &line);
		path = span_dup(line);
		add_answer(ignore, path, out);
	}
	return 0;
}

static int match(const struct ignore_args *args, struct str *out, struct err *err)
{
	AUTO(ignore_freep) struct ignore *ignore = NULL;

	if (load(args, &ignore, err) < 0)
		return -1;
	VEC_FOREACH(path, &args->paths)
		add_answer(ignore, *path, out);
	return args->paths.len > 0 ? 0 : match_input(ignore, out, err);
}

static int list(const struct ignore_args *args, struct str *out, struct err *err)
{
	AUTO(strvec_release) struct strvec patterns = STRVEC_INIT;

	if (read_patterns(args, &patterns, err) < 0)
		return -1;
	VEC_FOREACH(pattern, &patterns)
		str_addf(out, "%s\n", *pattern);
	return 0;
}

static int ignore_run(struct app *app, const void *args_data, struct err *err)
{
	const struct ignore_args *args = args_data;
	AUTO(str_release) struct str out = STR_INIT;
	int status = args->list ? list(args, &out, err) : match(args, &out, err);

	(void)app;
	return status < 0 ? -1 : app_print(&out, err);
}

static const struct cli_option ignore_options[] = {
	OPTION_OPERANDS(struct ignore_args, paths, "PATH", VALUE_TEXT, 0, 0),
	OPTION_STRING(struct ignore_args, file, 'f', "file", "FILE", VALUE_FILE, "The ignore file"),
	OPTION_LIST(struct ignore_args, patterns, 0, "pattern", "PATTERN", VALUE_TEXT,
		    "A pattern, as a line of the file after it was cleaned"),
	OPTION_FLAG(struct ignore_args, list, 0, "list",
		    "Print the patterns as they were read, match nothing"),
	OPTION_END,
};

const struct cli_command cmd_ignore = {
	.name = "__ignore",
	.hidden = true,
	.summary = "Tell which paths an ignore file leaves out of the context",
	.details = "See docs/language-commands.md.",
	.options = ignore_options,
	.args_size = sizeof(struct ignore_args),
	.run = ignore_run,
};
