#include "app.h"
#include "command.h"
#include "exposed_ports.h"
#include "init_answers.h"
#include "init_config.h"
#include "question.h"
#include "report.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/path.h"
#include "config/config.h"
#include "templates/project.h"

/* What --from-existing takes the missing files from. */
#define EXISTING_TEMPLATE "_existing"

struct init_args {
	struct strvec dirs;
	const char *template_where, *board, *name, *registry;
	struct strvec variables;
	bool yes, force, from_existing;
};

/* --- what is there --- */

static bool is_in(const char *dir, const char *name)
{
	AUTO(freep) char *path = path_join(dir, name);

	return access(path, F_OK) == 0;
}

/* The one that a build for the board would take; the caller frees. NULL when there is none. */
static char *find_dockerfile(const char *dir, const struct board *board)
{
	AUTO(freep) char *of_board = xasprintf("Dockerfile.%s", board->slug);
	AUTO(freep) char *of_arch = xasprintf("Dockerfile.%s", board->arch);
	const char *const names[] = { of_board, of_arch, "Dockerfile.template", "Dockerfile" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (is_in(dir, names[i]))
			return path_join(dir, names[i]);
	}
	return NULL;
}

/* Its ports become a variable of the template, before those that the user gave. */
static int read_existing(const char *dir, const struct board *board, struct strvec *variables,
			 struct err *err)
{
	AUTO(freep) char *dockerfile = find_dockerfile(dir, board);
	AUTO(str_release) struct str ports = STR_INIT;
	AUTO(freep) char *pair = NULL;

	if (!dockerfile) {
		(void)err_set(err, ERR_NOT_FOUND, "there is no Dockerfile in '%s'", dir);
		return err_hint(err, "start from a template: edgectl init --template NAME");
	}
	exposed_ports(dockerfile, &ports);
	pair = xasprintf("ports=%s", ports.ptr);
	strvec_add(variables, pair);
	return 0;
}

static void drop(struct project *project, const char *path)
{
	for (size_t i = project->len; i > 0; i--) {
		if (str_eq(project->items[i - 1].path, path))
			project_remove(project, i - 1);
	}
}

/* A second compose file would hide the first. */
static void drop_existing(struct project *project, const char *dir, const struct strvec *existing)
{
	static const char *const compose_names[] = { "compose.yaml", "compose.yml",
						     "docker-compose.yaml", "docker-compose.yml" };

	VEC_FOREACH(path, existing)
		drop(project, *path);
	for (size_t i = 0; i < ARRAY_SIZE(compose_names); i++) {
		if (is_in(dir, compose_names[i]))
			drop(project, "compose.yaml");
	}
}

static int refuse_existing(const char *dir, const struct strvec *existing, struct err *err)
{
	AUTO(str_release) struct str list = STR_INIT;

	VEC_FOREACH(path, existing)
		str_addf(&list, "\n  %s", *path);
	(void)err_set(err, ERR_USAGE, "nothing was written: '%s' has already%s", dir, list.ptr);
	return err_hint(err, "--force replaces them; another DIR keeps them");
}

/* --- the report --- */

/* Three commands. `fleet` is what a release goes to; NULL = nothing of the kind is there. */
static void add_next(const char *dir, const struct board *board, const char *fleet, struct str *out)
{
	bool is_here = str_eq(dir, ".");

	str_add(out, "\nNext:\n");
	if (!is_here)
		str_addf(out, "  cd %s\n", dir);
	str_addf(out,
		 is_in(dir, "Dockerfile") || !is_in(dir, "Dockerfile.template")
			 ? "  edgectl build\n"
			 : "  edgectl build --board %s\n",
		 board->slug);
	if (fleet)
		str_addf(out, "  edgectl push %s\n", fleet);
	else if (is_here)
		str_add(out, "  edgectl device add NAME ADDRESS\n");
	if (is_here || !fleet)
		str_addf(out, "  edgectl deploy %s\n", is_here && !fleet ? "NAME" : "DEVICE");
}

static int report(const struct project *project, const char *dir, const struct board *board,
		  const char *fleet, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (project->len == 0)
		str_addf(&text, "nothing is missing in '%s'\n", dir);
	else
		str_addf(&text, "wrote %zu file%s in '%s', for %s:\n", project->len,
			 project->len == 1 ? "" : "s", dir, board->name);
	VEC_FOREACH(file, project)
		str_addf(&text, "  %s\n", file->path);
	add_next(dir, board, fleet, &text);
	return app_print(&text, err);
}

static void warn_of_peripherals(const struct template *template, const struct board *board)
{
	for (enum peripheral_kind kind = 0; kind < PERIPHERAL_COUNT; kind++) {
		AUTO(freep) char *line = NULL;

		if (!(template->peripherals & PERIPHERAL_BIT(kind)) ||
		    board_peripheral(board, kind))
			continue;
		line = xasprintf("warning: nothing is known about %s of '%s': look whether the "
				 "devices in compose.yaml are right",
				 peripheral_kind_name(kind), board->slug);
		report_line(line);
	}
}

/* --- the command --- */

static int likely_name(const char *dir, char **ret, struct err *err)
{
	char cwd[PATH_MAX];
	AUTO(freep) char *path = NULL;

	if (!getcwd(cwd, sizeof(cwd)))
		return err_errno(err, "the working directory");
	path = path_resolve(cwd, dir);
	*ret = project_name_like(path_base(path));
	return 0;
}

static int write_project(const struct init_args *args, struct project *project, const char *dir,
			 struct err *err)
{
	AUTO(strvec_release) struct strvec existing = STRVEC_INIT;

	if (project_find_existing(project, dir, &existing, err) < 0)
		return err_wrap(err, "'%s'", dir);
	if (args->from_existing)
		drop_existing(project, dir, &existing);
	else if (existing.len > 0 && !args->force)
		return refuse_existing(dir, &existing, err);
	if (project->len > 0 && project_write(project, dir, args->force, err) < 0)
		return err_wrap(err, "'%s'", dir);
	return 0;
}

static int make(const struct init_args *args, struct init_answers *answers, const char *dir,
		struct err *err)
{
	AUTO(template_freep) struct template *template = NULL;
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(project_release) struct project project = PROJECT_INIT;
	AUTO(freep) char *name = NULL;
	const struct board *board = NULL;
	bool has_fleet;

	if (likely_name(dir, &name, err) < 0 || board_catalog_load(&boards, err) < 0 ||
	    init_answer_template(answers, &template, err) < 0 ||
	    init_answer_board(answers, template, &boards, &board, err) < 0 ||
	    (args->from_existing && read_existing(dir, board, &answers->variables, err) < 0))
		return -1;
	VEC_FOREACH(pair, &args->variables)
		strvec_add(&answers->variables, *pair);
	if (init_answer_values(answers, template, board, name, &values, err) < 0)
		return -1;
	if (project_render(template, &values, &project, err) < 0)
		return err_wrap(err, "template '%s'", template->name);
	if (project.len == 0)
		return err_set(err, ERR_INPUT, "template '%s' makes no file", template->name);
	has_fleet = init_config_add(&values, board, &project);
	if (write_project(args, &project, dir, err) < 0)
		return -1;
	warn_of_peripherals(template, board);
	/* An edgectl.yaml that was there may have other fleets. */
	has_fleet = has_fleet && project_has(&project, CONFIG_PROJECT_FILE);
	return report(&project, dir, board, has_fleet ? strmap_get(&values, "name") : NULL, err);
}

static int init_run(struct app *app, const void *args_data, struct err *err)
{
	const struct init_args *args = args_data;
	struct init_answers answers = {
		.template_where = args->from_existing ? EXISTING_TEMPLATE : args->template_where,
		.board = args->board,
		.name = args->name,
		.registry = args->registry,
		.may_ask = !args->yes && question_can_be_asked(),
	};
	AUTO(freep) char *dir = path_clean(args->dirs.len > 0 ? args->dirs.items[0] : ".");
	int status;

	(void)app;
	if (args->from_existing && args->template_where)
		return err_set(err, ERR_USAGE, "--from-existing and --template exclude each other");
	if (args->dirs.len > 0 && str_eq(args->dirs.items[0], ""))
		return err_set(err, ERR_USAGE, "DIR is empty: '.' is the working directory");
	status = make(args, &answers, dir, err);
	strvec_release(&answers.variables);
	return status;
}

static const struct cli_option init_options[] = {
	OPTION_OPERANDS(struct init_args, dirs, "DIR", VALUE_DIR, 0, 1),
	OPTION_STRING(struct init_args, template_where, 't', "template", "TEMPLATE", VALUE_TEMPLATE,
		      "What to start from: a name of 'edgectl template ls', a directory with "
		      "template.yaml, or a git repository: https://HOST/PATH.git#TAG:SUBDIR",
		      .yields_to = "from-existing"),
	OPTION_STRING(struct init_args, board, 'b', "board", "BOARD", VALUE_BOARD,
		      "What it is for; generic-aarch64 where nobody can be asked"),
	OPTION_STRING(struct init_args, name, 'n', "name", "NAME", VALUE_TEXT,
		      "Name of the project, its image and its service; else that of DIR"),
	OPTION_STRING(struct init_args, registry, 'r', "registry", "REGISTRY", VALUE_TEXT,
		      "Where its images will be pushed to: registry.example.com/team"),
	OPTION_LIST(struct init_args, variables, 0, "var", "NAME=VALUE", VALUE_TEXT,
		    "Value of a variable that the template has"),
	OPTION_FLAG(struct init_args, yes, 'y', "yes",
		    "Ask nothing, take the defaults; of --template there is none"),
	OPTION_FLAG(struct init_args, force, 'f', "force", "Replace files that are there"),
	OPTION_FLAG(struct init_args, from_existing, 0, "from-existing",
		    "DIR has a Dockerfile: add what a project has besides, and change nothing "
		    "that is there"),
	OPTION_END,
};

static const struct cli_example init_examples[] = {
	{ "A C program for a Raspberry Pi 4, with no questions:",
	  "edgectl init demo --board raspberrypi4-64 --template c-cmake -y" },
	{ "Questions, and files into this directory:", "edgectl init" },
	{ "From a template of your own, at one of its tags:",
	  "edgectl init demo --template https://git.example.com/templates.git#v2:sensor" },
	{ "A compose file and a .dockerignore for a Dockerfile that is there:",
	  "edgectl init --from-existing --board beagleplay" },
	{ NULL, NULL },
};

const struct cli_command cmd_init = {
	.name = "init",
	.group = GROUP_PROJECT,
	.summary = "Start a project from a template",
	.details =
		"Writes the files of a project for a board into DIR, which is this directory when "
		"it is left out: Dockerfile, compose.yaml, .dockerignore, source, tests; with a "
		"registry, edgectl.yaml with a fleet that 'edgectl push' releases to as well.\n\n"
		"On a terminal, what the options do not say is asked for. A file that is there "
		"already is never touched: all that are in the way are named, and nothing is "
		"written.",
	.manual = "A template runs nothing: it consists of files with tags, which stand for values "
		  "and conditions. Repositories that were fetched are kept in "
		  "$XDG_CACHE_HOME/edgectl/templates, else ~/.cache/edgectl/templates, and serve "
		  "when the server cannot be reached.",
	.options = init_options,
	.args_size = sizeof(struct init_args),
	.examples = init_examples,
	.run = init_run,
};
