#include <stdlib.h>

#include "base/alloc.h"
#include "base/path.h"
#include "compose/list.h"
#include "compose/load.h"
#include "compose/project.h"
#include "decode.h"
#include "environment.h"
#include "project.h"
#include "service.h"
#include "tree.h"

struct compose {
	struct loader loader;
	struct yaml *document;
	const struct compose_project *project;
	struct str warnings;
	struct strvec files, env_files, profiles;
	struct strvec defined; /* services, those that are not on or not chosen too */
	bool is_raw;
	char separator;
};

void compose_free(struct compose *compose)
{
	if (!compose)
		return;
	sources_release(&compose->loader.sources);
	VEC_FOREACH(env, &compose->loader.environments) {
		strmap_release(*env);
		free(*env);
	}
	free(compose->loader.environments.items);
	strvec_release(&compose->loader.inputs);
	strmap_release(&compose->loader.resources);
	strmap_release(&compose->loader.env);
	str_release(&compose->loader.notes);
	str_release(&compose->warnings);
	strvec_release(&compose->files);
	strvec_release(&compose->env_files);
	strvec_release(&compose->profiles);
	strvec_release(&compose->defined);
	arena_free(compose->loader.arena);
	free(compose);
}

static struct compose *compose_new(const struct compose_options *options)
{
	struct compose *compose = xcalloc(1, sizeof(*compose));

	compose->loader.arena = arena_new();
	compose->loader.options = options;
	str_init(&compose->loader.notes, 0);
	str_init(&compose->warnings, 0);
	return compose;
}

/* Files to a tree that is merged and resolved; NULL when there were errors. */
static struct yaml *load_project(struct loader *loader)
{
	const struct scope scope = { .directory = loader->directory,
				     .way = ".",
				     .env = &loader->env };
	/* Those that are included are added to the loader's own. */
	struct sources given = { 0 };

	VEC_FOREACH(source, &loader->sources)
		*ARENA_ADD(loader->arena, &given) = *source;
	return load_model(loader, &given, &scope);
}

static int resolve_services(struct loader *loader, struct yaml *document, struct err *err)
{
	const struct compose_options *options = loader->options;
	struct yaml *inactive = NULL;

	if (profiles_apply(loader, document, &inactive, err) < 0)
		return -1;
	if (!options->no_consistency)
		check_consistency(loader, document, inactive);
	set_extensions_apart(loader->arena, document);
	select_services(loader, document);
	if (!options->all_resources)
		prune_resources(loader->arena, document);
	if (!options->no_env_resolution)
		read_env_files(loader, document);
	read_label_files(loader, document);
	return sources_check(&loader->sources, err);
}

static int parse_files(struct loader *loader, struct err *err)
{
	VEC_FOREACH(source, &loader->sources)
		(void)source_parse(loader, *source);
	return sources_check(&loader->sources, err);
}

static void keep_names(struct compose *compose, const struct compose_options *options)
{
	VEC_FOREACH(source, &compose->loader.sources)
		strvec_add(&compose->files, (*source)->path);
	VEC_FOREACH(file, &options->env_files)
		strvec_take(&compose->env_files, path_resolve(options->cwd, *file));
}

static void keep_services(struct compose *compose)
{
	YAML_EACH_ENTRY(entry, yaml_get(compose->document, "services")) {
		strvec_add(&compose->defined, entry->key);
		YAML_EACH_ITEM(profile, yaml_get(entry->value, "profiles")) {
			if ((*profile)->kind == YAML_STRING)
				strvec_add(&compose->profiles, (*profile)->text);
		}
	}
}

static int load(struct compose *compose, struct err *err)
{
	struct loader *loader = &compose->loader;
	struct yaml *document = NULL;

	if (project_find(loader, err) < 0 || parse_files(loader, err) < 0 ||
	    project_name(loader, err) < 0)
		return -1;
	keep_names(compose, loader->options);
	document = load_project(loader);
	if (!document)
		return sources_check(&loader->sources, err);
	/* With neither, the name stays what the files say. */
	if (!loader->options->no_normalize || !loader->options->no_interpolate)
		yaml_set(loader->arena, document, "name",
			 yaml_new_string(loader->arena, loader->name, NULL));
	if (!loader->options->no_normalize)
		normalize_model(loader, document);
	compose->document = document;
	if (!loader->options->no_interpolate)
		settle_forms(loader, document);
	if (sources_check(&loader->sources, err) < 0)
		return -1;
	keep_services(compose);
	if (loader->options->no_interpolate)
		return 0;
	if (resolve_services(loader, document, err) < 0)
		return -1;
	compose->project = decode_project(loader->arena, document, loader->directory);
	return 0;
}

static bool is_compatible(const struct loader *loader)
{
	const char *variable = strmap_get(&loader->env, "COMPOSE_COMPATIBILITY");

	return loader->options->compatibility ||
	       (variable && (!strcmp(variable, "1") || !strcasecmp(variable, "true")));
}

int compose_load(const struct compose_options *options, struct compose **ret, struct err *err)
{
	AUTO(compose_freep) struct compose *compose = compose_new(options);

	if (load(compose, err) < 0)
		return -1;
	str_addn(&compose->warnings, compose->loader.notes.ptr, compose->loader.notes.len);
	sources_warnings(&compose->loader.sources, &compose->warnings);
	compose->is_raw = options->no_interpolate;
	compose->separator = is_compatible(&compose->loader) ? '_' : '-';
	compose->loader.options = NULL;
	*ret = TAKE(compose);
	return 0;
}

const char *compose_warnings(const struct compose *compose)
{
	return compose->warnings.ptr;
}

const char *compose_name(const struct compose *compose)
{
	return compose->loader.name;
}

const char *compose_directory(const struct compose *compose)
{
	return compose->loader.directory;
}

const struct yaml *compose_tree(const struct compose *compose)
{
	return compose->document;
}

struct yaml *compose_document(struct compose *compose)
{
	return compose->document;
}

struct arena *compose_arena(struct compose *compose)
{
	return compose->loader.arena;
}

bool compose_is_raw(const struct compose *compose)
{
	return compose->is_raw;
}

const struct strvec *compose_files(const struct compose *compose)
{
	return &compose->files;
}

const struct strvec *compose_env_files(const struct compose *compose)
{
	return &compose->env_files;
}

static void add_once(struct strvec *list, const char *path)
{
	if (!strvec_contains(list, path))
		strvec_add(list, path);
}

void compose_input_files(const struct compose *compose, struct strvec *out)
{
	const struct loader *loader = &compose->loader;

	VEC_FOREACH(source, &loader->sources)
		add_once(out, (*source)->path);
	VEC_FOREACH(family, &loader->families)
		add_once(out, family->path);
	VEC_FOREACH(file, &loader->inputs)
		add_once(out, *file);
}

const struct compose_project *compose_project(const struct compose *compose)
{
	return compose->project;
}

char compose_separator(const struct compose *compose)
{
	return compose->separator;
}

char *compose_image_name(const struct compose *compose, const char *service)
{
	const struct yaml *services = yaml_get(compose->document, "services");
	const char *image = yaml_get_text(yaml_get(services, service), "image");

	return image ? xstrdup(image)
		     : xasprintf("%s%c%s", compose->loader.name, compose->separator, service);
}

bool compose_defines_service(const struct compose *compose, const char *service)
{
	return strvec_contains(&compose->defined, service);
}

const struct strvec *compose_profiles(const struct compose *compose)
{
	return &compose->profiles;
}

const struct strmap *compose_environment(const struct compose *compose)
{
	return &compose->loader.env;
}

static void set_image(struct compose *compose, struct yaml *node, const char *image)
{
	yaml_set(compose->loader.arena, node, "image",
		 yaml_new_string(compose->loader.arena, image, node));
}

void compose_set_hook_image(struct compose *compose, const char *service, const char *before,
			    const char *image)
{
	const struct yaml *node = yaml_get(yaml_get(compose->document, "services"), service);

	YAML_EACH_ITEM(hook, yaml_get(node, "pre_start"))
		if (str_eq(yaml_get_text(*hook, "image"), before))
			set_image(compose, *hook, image);
}

void compose_set_image(struct compose *compose, const char *service, const char *image)
{
	struct yaml *node = yaml_get(yaml_get(compose->document, "services"), service);
	const char *before = yaml_get_text(node, "image");

	if (!node)
		return;
	if (before)
		compose_set_hook_image(compose, service, before, image);
	set_image(compose, node, image);
}
