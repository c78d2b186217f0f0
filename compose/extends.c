/* Services that are built on others. Source: compose-spec 05-services.md, "extends". */
#include <fcntl.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "loader.h"

/* The services that are being resolved, innermost first. */
struct chain {
	const struct chain *up;
	const struct family *family;
	const char *service;
};

struct pass {
	struct loader *loader;
	const struct scope *scope;
};

static struct yaml *resolve(struct pass *pass, const struct family *family, const char *name,
			    const struct chain *up);

static void add_chain(const struct chain *chain, struct str *out)
{
	if (chain->up)
		add_chain(chain->up, out);
	str_addf(out, "%s'%s' in %s", chain->up ? " extends " : "", chain->service,
		 path_base(chain->family->path));
}

static bool same_service(const struct chain *a, const struct chain *b)
{
	return !strcmp(a->service, b->service) && !strcmp(a->family->path, b->family->path);
}

/* True, with a problem, when the service is already being resolved, or the chain is too long. */
static bool is_endless(const struct chain *chain, const struct yaml *extends,
		       const struct place *place)
{
	AUTO(str_release) struct str text = STR_INIT;
	size_t depth = 0;

	for (const struct chain *up = chain->up; up; up = up->up) {
		if (same_service(up, chain)) {
			add_chain(chain, &text);
			(void)place_problem(&extends->mark, place, DIAG_ERROR, "a cycle: %s",
					    text.ptr);
			return true;
		}
		if (++depth == LIMIT_YAML_DEPTH) {
			(void)place_problem(&extends->mark, place, DIAG_ERROR,
					    "a chain of more than %d services", LIMIT_YAML_DEPTH);
			return true;
		}
	}
	return false;
}

static const struct family *known_family(const struct pass *pass, const char *path)
{
	VEC_FOREACH(family, &pass->loader->families)
		if (family->env == pass->scope->env && !strcmp(family->path, path))
			return family;
	return NULL;
}

/* Loads a file for its services; NULL when it has problems. */
static const struct family *load_family(struct pass *pass, const char *path,
					const struct yaml *file, const struct place *place)
{
	struct loader *loader = pass->loader;
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *directory = path_dir(path);
	AUTO(freep) char *way = resource_way(pass->scope->directory, file->text, directory);
	struct scope scope = *pass->scope;
	struct family family = { .env = scope.env, .path = arena_strdup(loader->arena, path) };
	struct source *source = NULL;
	struct yaml *tree = NULL;

	if (source_read(loader, path, &file->mark, &source, &err) < 0) {
		place_problem_err(&file->mark, place, &err);
		return NULL;
	}
	scope.source = source;
	if (!source_parse(loader, source) ||
	    !load_source(loader, source, &scope, true, &tree, &family.tagged))
		return NULL;
	resolve_paths(loader, tree, way);
	family.services = yaml_get(tree, "services");
	*ARENA_ADD(loader->arena, &loader->families) = family;
	return &loader->families.items[loader->families.len - 1];
}

static const struct family *family_of(struct pass *pass, const struct yaml *file,
				      const struct place *place)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *path = NULL;
	const struct family *known = NULL;

	if (resource_find(pass->loader, pass->scope->directory, file->text, &path, &err) < 0) {
		place_problem_err(&file->mark, place, &err);
		return NULL;
	}
	known = known_family(pass, path);
	return known ? known : load_family(pass, path, file, place);
}

static void unknown_service(const struct family *family, const struct yaml *ref,
			    const struct place *place)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *near = NULL;
	struct diag *diag = NULL;

	YAML_EACH_ENTRY(entry, family->services)
		strvec_add(&names, entry->key);
	near = suggest(ref->text, (const char *const *)strvec_argv(&names));
	diag = place_problem(&ref->mark, place, DIAG_ERROR, "there is no service '%s' in %s",
			     ref->text, path_base(family->path));
	if (diag && near)
		diag->hint = xasprintf("did you mean '%s'?", near);
}

/* A copy of what a service is built on; NULL when there is nothing. */
static struct yaml *base_of(struct pass *pass, const struct family *family,
			    const struct yaml *extends, const struct chain *chain,
			    const struct place *place)
{
	const struct yaml *ref = extends->kind == YAML_MAP ? yaml_get(extends, "service") : extends;
	const struct yaml *file = yaml_get(extends, "file");
	struct yaml *base = NULL;

	if (!yaml_is(ref, YAML_STRING) || (file && file->kind != YAML_STRING)) {
		(void)place_problem(
			&extends->mark, place, DIAG_ERROR,
			"must be the name of a service, or a mapping of 'service' and 'file'");
		return NULL;
	}
	if (file)
		family = family_of(pass, file, place);
	if (!family)
		return NULL;
	if (!yaml_has(family->services, ref->text)) {
		unknown_service(family, ref, place);
		return NULL;
	}
	base = resolve(pass, family, ref->text, chain);
	return yaml_is(base, YAML_MAP) ? yaml_copy(pass->loader->arena, base) : NULL;
}

/* Deletes from the copy what the extending service resets or overrides. */
static void apply_tags(struct arena *arena, const struct family *family, const char *name,
		       struct yaml *base)
{
	struct yaml *services = yaml_new(arena, YAML_MAP, NULL);
	struct yaml *root = yaml_new(arena, YAML_MAP, NULL);

	yaml_set(arena, services, name, base);
	yaml_set(arena, root, "services", services);
	tags_apply(&family->tagged, root);
}

static struct yaml *resolve(struct pass *pass, const struct family *family, const char *name,
			    const struct chain *up)
{
	struct arena *arena = pass->loader->arena;
	const struct place services = { .up = &(struct place){ .up = NULL }, .key = "services" };
	const struct place service_place = { .up = &services, .key = name };
	const struct place place = { .up = &service_place, .key = "extends" };
	const struct chain chain = { .up = up, .family = family, .service = name };
	struct yaml *service = yaml_get(family->services, name);
	const struct yaml *extends = yaml_get(service, "extends");
	struct yaml *base = NULL;

	if (!extends || is_endless(&chain, extends, &place))
		return service;
	base = base_of(pass, family, extends, &chain, &place);
	if (base) {
		apply_tags(arena, family, name, base);
		service = merge_trees(arena, base, service, &attr_service, &service_place);
	}
	yaml_remove(service, "extends");
	yaml_set(arena, family->services, name, service);
	return service;
}

void extends_apply(struct loader *loader, struct yaml *document, const struct tagged *tagged,
		   const struct scope *scope)
{
	struct pass pass = { .loader = loader, .scope = scope };
	const struct family family = { .path = scope->source->path,
				       .env = scope->env,
				       .services = yaml_get(document, "services"),
				       .tagged = *tagged };

	YAML_EACH_ENTRY(entry, family.services)
		(void)resolve(&pass, &family, entry->key, NULL);
}
