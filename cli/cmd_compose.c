#include "app.h"
#include "command.h"
#include "compose_file.h"
#include "compose_resource.h"
#include "session.h"
#include "table.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/fs.h"
#include "base/json.h"
#include "compose/engine.h"
#include "compose/list.h"
#include "compose/load.h"
#include "compose/project.h"
#include "image/reference.h"

struct config_args {
	struct strvec files, profiles, env_files, services;
	const char *project_name, *project_directory, *hash, *output;
	bool compatibility, all_resources;
	int format;
	bool services_only, images, profiles_only, networks, volumes, models, environment,
		variables;
	bool no_interpolate, no_normalize, no_path_resolution, no_consistency, no_env_resolution;
	bool resolve_digests, lock_digests, quiet;
	bool insecure;
};

static int load(const struct config_args *args, struct compose **ret, struct err *err)
{
	bool insecure = args->insecure;
	const struct compose_remote remote = { compose_resource_fetch, &insecure };
	const struct compose_options options = {
		.files = args->files,
		.remote = &remote,
		.env_files = args->env_files,
		.project_directory = args->project_directory,
		.project_name = args->project_name,
		.profiles = args->profiles,
		.services = args->services,
		/* Variables are those of the text as it stands. */
		.no_interpolate = args->no_interpolate || args->variables,
		/* As docker compose does it. */
		.no_normalize = args->no_normalize || args->compatibility,
		.no_path_resolution = args->no_path_resolution,
		.no_consistency = args->no_consistency,
		.no_env_resolution = args->no_env_resolution,
		.compatibility = args->compatibility,
		.all_resources = args->all_resources,
	};

	return compose_file_load(&options, ret, err);
}

/* --- lists --- */

static void add_names(const struct compose *compose, enum compose_kind kind, struct str *out)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	compose_list(compose, kind, &names);
	VEC_FOREACH(name, &names)
		str_addf(out, "%s\n", *name);
}

static void add_environment(const struct compose *compose, struct str *out)
{
	AUTO(strvec_release) struct strvec lines = STRVEC_INIT;

	VEC_FOREACH(item, compose_environment(compose))
		strvec_addf(&lines, "%s=%s", item->key, item->value ? item->value : "");
	strvec_sort(&lines);
	VEC_FOREACH(line, &lines)
		str_addf(out, "%s\n", *line);
}

static void add_variables_json(const struct compose_variables *variables, struct str *out)
{
	json_t *array = json_array();

	VEC_FOREACH(variable, variables) {
		json_t *object = json_object();

		json_set_string(object, "name", variable->name);
		json_object_set_new(object, "required", json_boolean(variable->required));
		json_set_string(object, "default", variable->fallback);
		json_set_string(object, "presence", variable->presence);
		json_array_append_new(array, object);
	}
	json_write_pretty(array, out);
	json_decref(array);
}

static void add_variables(const struct compose *compose, bool json, struct str *out)
{
	static const char *const head[] = { "NAME", "REQUIRED", "DEFAULT VALUE",
					    "ALTERNATE VALUE" };
	AUTO(compose_variables_release) struct compose_variables variables = { .items = NULL };
	struct table table;

	compose_variables(compose, &variables);
	if (json) {
		add_variables_json(&variables, out);
		return;
	}
	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	VEC_FOREACH(variable, &variables) {
		table_add(&table, variable->name);
		table_add(&table, variable->required ? "true" : "false");
		table_add(&table, variable->fallback);
		table_add(&table, variable->presence);
	}
	table_format(&table, out);
	table_release(&table);
}

static int unknown_service(const struct compose *compose, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *near = NULL;

	compose_list(compose, COMPOSE_SERVICES, &names);
	near = suggest(name, (const char *const *)strvec_argv(&names));
	err_set(err, ERR_USAGE, "no such service: '%s'", name);
	return near ? err_hint(err, "did you mean '%s'?", near) : -1;
}

/* "*", or names with commas between them. */
static int add_hashes(const struct compose *compose, const char *wanted, struct str *out,
		      struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	struct span rest = span_of(wanted);
	struct span one = { 0 };
	bool more = strcmp(wanted, "*") != 0;

	if (!more)
		compose_list(compose, COMPOSE_SERVICES, &names);
	while (more) {
		more = span_cut(&rest, ',', &one);
		strvec_addn(&names, one.ptr, one.len);
	}
	strvec_sort(&names);
	VEC_FOREACH(name, &names) {
		AUTO(freep) char *hash = compose_service_hash(compose, *name);

		if (!hash)
			return unknown_service(compose, *name, err);
		str_addf(out, "%s %s\n", *name, hash);
	}
	return 0;
}

/* --- digests of images --- */

static int resolve_image(struct session *session, struct compose *compose,
			 const struct compose_service *service, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };
	AUTO(freep) char *resolved = NULL;

	if (image_ref_parse(service->image, &ref, err) < 0)
		return -1;
	if (digest_is_set(&ref.digest))
		return 0;
	if (registry_fetch_manifest(session->registry, &ref, &fetched, err) < 0)
		return -1;
	ref.digest = fetched.digest;
	resolved = image_ref_format(&ref);
	compose_set_image(compose, service->name, resolved);
	return 0;
}

static int resolve_images(const struct config_args *args, struct app *app, struct compose *compose,
			  struct err *err)
{
	AUTO(session_release) struct session session = SESSION_INIT;
	const struct compose_project *project = compose_project(compose);
	const struct session_options options = { .title = "Resolving", .insecure = args->insecure };
	int status = 0;

	if (!project)
		return err_set(err, ERR_USAGE,
			       "images have no digests while variables are in them");
	if (session_open(&options, &session, err) < 0)
		return -1;
	VEC_FOREACH(service, &project->services)
		if (service->image && status == 0)
			status = resolve_image(&session, compose, service, err);
	return session_finish(&session, app, status, err);
}

/* --- the command --- */

static int add_result(const struct config_args *args, struct compose *compose, struct str *out,
		      struct err *err)
{
	enum compose_format format = args->format ? COMPOSE_JSON : COMPOSE_YAML;

	if (args->hash)
		return add_hashes(compose, args->hash, out, err);
	if (args->services_only)
		add_names(compose, COMPOSE_SERVICES, out);
	else if (args->images)
		add_names(compose, COMPOSE_IMAGES, out);
	else if (args->profiles_only)
		add_names(compose, COMPOSE_PROFILES, out);
	else if (args->networks)
		add_names(compose, COMPOSE_NETWORKS, out);
	else if (args->volumes)
		add_names(compose, COMPOSE_VOLUMES, out);
	else if (args->models)
		add_names(compose, COMPOSE_MODELS, out);
	else if (args->environment)
		add_environment(compose, out);
	else if (args->variables)
		add_variables(compose, args->format != 0, out);
	else if (args->lock_digests)
		compose_print_images(compose, format, out);
	else if (!args->quiet)
		compose_print(compose, format, out);
	return 0;
}

static int config_run(struct app *app, const void *args_data, struct err *err)
{
	const struct config_args *args = args_data;
	AUTO(compose_freep) struct compose *compose = NULL;
	AUTO(str_release) struct str text = STR_INIT;

	if (load(args, &compose, err) < 0)
		return -1;
	if ((args->resolve_digests || args->lock_digests) &&
	    resolve_images(args, app, compose, err) < 0)
		return -1;
	if (add_result(args, compose, &text, err) < 0)
		return -1;
	if (args->output)
		return fs_write_file_atomic(AT_FDCWD, args->output, text.ptr, text.len, 0644, err);
	return app_print(&text, err);
}

static const char *const formats[] = { "yaml", "json", NULL };

static const struct cli_option config_options[] = {
	OPTION_OPERANDS(struct config_args, services, "SERVICE", VALUE_SERVICE, 0, 0),
	OPTION_HEADING("The project"),
	OPTION_LIST(struct config_args, files, 'f', "file", "FILE", VALUE_FILE,
		    "Read this compose file; of several, later ones override earlier ones"),
	OPTION_STRING(struct config_args, project_name, 'p', "project-name", "NAME", VALUE_TEXT,
		      "Name of the project"),
	OPTION_LIST(struct config_args, profiles, 0, "profile", "NAME", VALUE_TEXT,
		    "Switch on the services of this profile; '*' is all of them"),
	OPTION_LIST(struct config_args, env_files, 0, "env-file", "FILE", VALUE_FILE,
		    "Take variables from this file in place of .env"),
	OPTION_STRING(struct config_args, project_directory, 0, "project-directory", "DIR",
		      VALUE_DIR, "What relative paths refer to: else the first file's directory"),
	OPTION_FLAG(struct config_args, compatibility, 0, "compatibility",
		    "Join the names of containers and images by '_', and do not normalize"),
	OPTION_FLAG(struct config_args, all_resources, 0, "all-resources",
		    "Keep networks, volumes and other resources that no service uses"),
	OPTION_HEADING("What is printed"),
	OPTION_CHOICE(struct config_args, format, 0, "format", "FORMAT", formats,
		      "Print the model as this", .fallback = "yaml"),
	OPTION_FLAG(struct config_args, services_only, 0, "services",
		    "Print the names of the services, dependencies first"),
	OPTION_FLAG(struct config_args, images, 0, "images", "Print the images of the services"),
	OPTION_FLAG(struct config_args, profiles_only, 0, "profiles", "Print the profiles"),
	OPTION_FLAG(struct config_args, networks, 0, "networks", "Print the keys of the networks"),
	OPTION_FLAG(struct config_args, volumes, 0, "volumes", "Print the keys of the volumes"),
	OPTION_FLAG(struct config_args, models, 0, "models", "Print the keys of the models"),
	OPTION_FLAG(struct config_args, environment, 0, "environment",
		    "Print the variables that the files can refer to"),
	OPTION_FLAG(struct config_args, variables, 0, "variables",
		    "Print the variables that the files use, with their defaults"),
	OPTION_STRING(
		struct config_args, hash, 0, "hash", "SERVICE,...", VALUE_TEXT,
		"Print a hash of these services that changes when their containers have to be "
		"made anew; '*' is all of them"),
	OPTION_FLAG(struct config_args, lock_digests, 0, "lock-image-digests",
		    "Print an override file that pins every image to its digest"),
	OPTION_FLAG(struct config_args, resolve_digests, 0, "resolve-image-digests",
		    "Pin every image to its digest"),
	OPTION_STRING(struct config_args, output, 'o', "output", "FILE", VALUE_FILE,
		      "Write to this file"),
	OPTION_FLAG(struct config_args, quiet, 'q', "quiet", "Only check"),
	OPTION_HEADING("What is left out"),
	OPTION_FLAG(struct config_args, no_interpolate, 0, "no-interpolate",
		    "Leave the variables in"),
	OPTION_FLAG(struct config_args, no_normalize, 0, "no-normalize",
		    "Do not fill in default networks, names and dependencies"),
	OPTION_FLAG(struct config_args, no_path_resolution, 0, "no-path-resolution",
		    "Leave relative paths"),
	OPTION_FLAG(struct config_args, no_consistency, 0, "no-consistency",
		    "Do not check that what is referred to is there"),
	OPTION_FLAG(struct config_args, no_env_resolution, 0, "no-env-resolution",
		    "Leave env_file, and do not read the files"),
	OPTION_FLAG(struct config_args, insecure, 0, "insecure",
		    "Let registries speak plain HTTP or show any certificate"),
	OPTION_END,
};

static const struct cli_example config_examples[] = {
	{ "What the files come to, with everything that is meant but not said:",
	  "edgectl compose config" },
	{ "Two files, and the services of a profile as well:",
	  "edgectl compose config -f compose.yaml -f compose.dev.yaml --profile debug" },
	{ "Is it right?", "edgectl compose config -q" },
	{ NULL, NULL },
};

const struct cli_command cmd_compose_config = {
	.name = "compose config",
	.group = GROUP_PROJECT,
	.summary = "Print the resolved compose file",
	.details =
		"Reads the compose files as docker compose does, merges, checks and resolves them, "
		"and prints the result; read again it gives the same. Every '$' in it is doubled. "
		"With services, only those and what they depend on.\n\n"
		"Without -f, the files named by COMPOSE_FILE are read, or compose.yaml, "
		"compose.yml, "
		"docker-compose.yml or docker-compose.yaml in this directory or above, with the "
		"override file beside it.",
	.options = config_options,
	.args_size = sizeof(struct config_args),
	.examples = config_examples,
	.run = config_run,
};
