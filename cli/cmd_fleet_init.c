#include "app.h"
#include "command.h"
#include "fleet_entry.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "config/config.h"
#include "config/key.h"

struct init_args {
	struct strvec words;
	struct strvec boards;
	const char *registry;
};

static int check(const struct init_args *args, struct err *err)
{
	if (!args->registry || args->boards.len == 0)
		return err_set(err, ERR_USAGE, "a fleet has a --registry, and a --board at least");
	if (config_kind_check(CONFIG_REPOSITORY, args->words.items[0], err) < 0)
		return err_wrap(err, "fleet '%s'", args->words.items[0]);
	if (config_kind_check(CONFIG_REGISTRY, args->registry, err) < 0)
		return err_wrap(err, "option '--registry'");
	VEC_FOREACH(board, &args->boards) {
		if (config_kind_check(CONFIG_BOARD, *board, err) < 0)
			return err_wrap(err, "option '--board'");
	}
	return 0;
}

static int read_old(const char *path, struct str *ret, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (fs_read_file(AT_FDCWD, path, LIMIT_YAML, ret, &problem) == 0 ||
	    problem.kind == ERR_NOT_FOUND)
		return 0;
	err_move(err, &problem);
	return -1;
}

/* The file that is to be written, whose link stays one; the caller frees. */
static int follow_links(const char *path, char **ret, struct err *err)
{
	if (!fs_exists(AT_FDCWD, path)) {
		*ret = xstrdup(path);
		return 0;
	}
	return fs_realpath(path, ret, err) == 0 ? 0 : err_wrap(err, "where '%s' leads", path);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0644;
}

static int init_run(struct app *app, const void *args_data, struct err *err)
{
	const struct init_args *args = args_data;
	const struct fleet_entry entry = { .name = args->words.items[0],
					   .registry = args->registry,
					   .boards = &args->boards };
	AUTO(str_release) struct str old = STR_INIT, new = STR_INIT, text = STR_INIT;
	AUTO(freep) char *path = NULL, *file = NULL;
	struct config *config = NULL;
	const char *directory;

	if (check(args, err) < 0 || app_config(app, &config, err) < 0)
		return -1;
	directory = config_project_dir(config);
	path = directory ? xasprintf("%s/" CONFIG_PROJECT_FILE, directory)
			 : xstrdup(CONFIG_PROJECT_FILE);
	if (follow_links(path, &file, err) < 0 || read_old(file, &old, err) < 0 ||
	    fleet_entry_add(&entry, str_span(&old), &new, err) < 0 ||
	    fs_write_file_atomic(AT_FDCWD, file, new.ptr, new.len, mode_of(file), err) < 0)
		return -1;
	str_addf(&text, "fleet %s is in '%s'; 'edgectl fleet check %s' asks its registry\n",
		 entry.name, path, entry.name);
	return app_print(&text, err);
}

static const struct cli_option init_options[] = {
	OPTION_OPERANDS(struct init_args, words, "NAME", VALUE_TEXT, 1, 1),
	OPTION_STRING(struct init_args, registry, 0, "registry", "HOST[:PORT][/PATH]", VALUE_TEXT,
		      "Where its releases are kept, under its name"),
	OPTION_LIST(struct init_args, boards, 0, "board", "BOARD", VALUE_BOARD,
		    "A kind of board that it has"),
	OPTION_END,
};

static const struct cli_example init_examples[] = {
	{ "A fleet of two kinds of boards:",
	  "edgectl fleet init greenhouse --registry registry.example.com/team --board "
	  "raspberrypi4-64 --board raspberry-pi2" },
	{ NULL, NULL },
};

const struct cli_command cmd_fleet_init = {
	.name = "fleet init",
	.group = GROUP_FLEET,
	.summary = "Add a fleet to the project here",
	.details = "To edgectl.yaml, which is made in this directory if there is none. What else "
		   "is in it stays as it is.",
	.options = init_options,
	.args_size = sizeof(struct init_args),
	.examples = init_examples,
	.run = init_run,
};
