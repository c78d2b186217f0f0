#include "app.h"
#include "command.h"
#include "generate.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/path.h"
#include "config/schema.h"

struct generate_args {
	struct strvec words;
};

static int write_file(const char *dir, const char *name, const struct str *text, struct err *err)
{
	AUTO(freep) char *path = path_join(dir, name);

	return fs_write_file_atomic(AT_FDCWD, path, text->ptr, text->len, 0644, err);
}

static int write_script(const char *dir, const char *name, void (*print)(struct str *out),
			struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	print(&text);
	return write_file(dir, name, &text, err);
}

static int write_manual(const char *dir, struct err *err)
{
	if (write_script(dir, "edgectl.1", generate_man_overview, err) < 0 ||
	    write_script(dir, "edgectl.yaml.5", generate_man_config, err) < 0)
		return -1;
	COMMAND_FOREACH(command) {
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(str_release) struct str name = STR_INIT;

		if (command->hidden)
			continue;
		str_add(&name, "edgectl-");
		command_add_name(command, '-', &name);
		str_add(&name, ".1");
		generate_man_command(command, &text);
		if (write_file(dir, name.ptr, &text, err) < 0)
			return -1;
	}
	return 0;
}

static int write_schema(const char *dir, const char *name, enum config_place place, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *schema = config_schema(place);

	json_write_pretty(schema, &text);
	return write_file(dir, name, &text, err);
}

static int write_schemas(const char *dir, struct err *err)
{
	if (write_schema(dir, "edgectl.schema.json", CONFIG_PROJECT, err) < 0)
		return -1;
	return write_schema(dir, "config.schema.json", CONFIG_USER, err);
}

static int generate_run(struct app *app, const void *args_data, struct err *err)
{
	const struct generate_args *args = args_data;
	const char *what = args->words.items[0];
	const char *dir = args->words.items[1];

	(void)app;
	if (str_eq(what, "man"))
		return write_manual(dir, err);
	if (str_eq(what, "bash"))
		return write_script(dir, "edgectl.bash", generate_bash, err);
	if (str_eq(what, "zsh"))
		return write_script(dir, "_edgectl", generate_zsh, err);
	if (str_eq(what, "fish"))
		return write_script(dir, "edgectl.fish", generate_fish, err);
	if (str_eq(what, "docs"))
		return write_script(dir, "configuration-keys.md", generate_config_keys, err);
	if (str_eq(what, "schema"))
		return write_schemas(dir, err);
	return err_set(err, ERR_USAGE,
		       "cannot generate '%s': it is none of man, bash, zsh, fish, docs, "
		       "schema",
		       what);
}

static const struct cli_option generate_options[] = {
	OPTION_OPERANDS(struct generate_args, words, "man|bash|zsh|fish|docs|schema DIR",
			VALUE_TEXT, 2, 2),
	OPTION_END,
};

const struct cli_command cmd_generate = {
	.name = "__generate",
	.ignores_config = true,
	.hidden = true,
	.summary = "Write the manual pages, a completion script, the keys of the configuration or "
		   "its schemas into a directory",
	.options = generate_options,
	.args_size = sizeof(struct generate_args),
	.run = generate_run,
};
