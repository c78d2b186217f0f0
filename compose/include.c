/* Other models, imported whole. Source: compose-spec 14-include.md. */
#include <fcntl.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "environment.h"
#include "loader.h"

struct entry {
	const struct yaml *node;
	const struct yaml *paths; /* a list */
	const struct yaml *env_files;
	const char *directory; /* NULL = that of the first path */
};

static struct yaml *as_list(struct arena *arena, struct yaml *node)
{
	struct yaml *list = NULL;

	if (!node || node->kind == YAML_LIST)
		return node;
	list = yaml_new(arena, YAML_LIST, node);
	yaml_append(arena, list, node);
	return list;
}

static void warn_unknown(const struct yaml *node, const struct place *place)
{
	static const char *const known[] = { "env_file", "path", "project_directory", NULL };

	YAML_EACH_ENTRY(entry, node) {
		const char *near = suggest(entry->key, known);
		bool is_known = false;
		struct diag *diag = NULL;

		for (size_t i = 0; known[i]; i++)
			is_known |= !strcmp(known[i], entry->key);
		if (is_known)
			continue;
		diag = place_problem(&entry->mark, place, DIAG_WARNING, "'%s' means nothing here",
				     entry->key);
		if (diag && near)
			diag->hint = xasprintf("did you mean '%s'?", near);
	}
}

static bool all_texts(const struct yaml *list, const struct place *place)
{
	YAML_EACH_ITEM(item, list)
		if ((*item)->kind != YAML_STRING) {
			(void)place_problem(&(*item)->mark, place, DIAG_ERROR,
					    "must be a string, and not %s",
					    yaml_kind_name((*item)->kind));
			return false;
		}
	return true;
}

static bool read_entry(struct arena *arena, struct yaml *node, const struct place *place,
		       struct entry *ret)
{
	*ret = (struct entry){ .node = node };
	if (node->kind == YAML_STRING) {
		ret->paths = as_list(arena, node);
		return true;
	}
	if (node->kind != YAML_MAP) {
		(void)place_problem(&node->mark, place, DIAG_ERROR,
				    "must be a path or a mapping, and not %s",
				    yaml_kind_name(node->kind));
		return false;
	}
	warn_unknown(node, place);
	ret->paths = as_list(arena, yaml_get(node, "path"));
	ret->env_files = as_list(arena, yaml_get(node, "env_file"));
	ret->directory = yaml_get_text(node, "project_directory");
	return all_texts(ret->paths, place) && all_texts(ret->env_files, place);
}

/* True, with a problem, when the file is one of those that led here. */
static bool is_cycle(const struct scope *scope, const char *path, const struct yaml *node,
		     const struct place *place)
{
	AUTO(str_release) struct str chain = STR_INIT;
	bool found = false;

	for (const struct scope *up = scope; up && !found; up = up->up) {
		str_addf(&chain, ", included by %s", path_base(up->source->path));
		found = !strcmp(up->source->path, path);
	}
	if (found)
		(void)place_problem(&node->mark, place, DIAG_ERROR, "a cycle: %s%s",
				    path_base(path), chain.ptr);
	return found;
}

static bool read_sources(struct loader *loader, const struct entry *entry, const struct scope *up,
			 const struct place *place, struct sources *ret)
{
	YAML_EACH_ITEM(item, entry->paths) {
		AUTO(err_release) struct err err = ERR_INIT;
		AUTO(freep) char *path = NULL;
		struct source *source = NULL;

		if (resource_find(loader, up->directory, (*item)->text, &path, &err) < 0) {
			place_problem_err(&(*item)->mark, place, &err);
			return false;
		}
		if (is_cycle(up, path, *item, place))
			return false;
		if (source_read(loader, path, &(*item)->mark, &source, &err) < 0) {
			place_problem_err(&(*item)->mark, place, &err);
			return false;
		}
		if (!source_parse(loader, source))
			return false;
		*ARENA_ADD(loader->arena, ret) = source;
	}
	return true;
}

static bool add_env_file(const char *path, const struct yaml_mark *mark, const struct place *place,
			 const struct strmap *outer, struct strmap *env)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (env_file_read(path, outer, env, &err) == 0)
		return true;
	place_problem_err(mark, place, &err);
	return false;
}

/* The environment that the included files see: the one outside, then the env files. */
static bool read_env(const struct entry *entry, const struct scope *up, const char *directory,
		     const struct place *place, struct strmap *ret)
{
	AUTO(strmap_release) struct strmap defaults = STRMAP_INIT;
	AUTO(freep) char *dotenv = path_join(directory, ".env");

	YAML_EACH_ITEM(item, entry->env_files) {
		AUTO(freep) char *path = path_resolve(up->directory, (*item)->text);

		if (strcmp(path, "/dev/null") != 0 &&
		    !add_env_file(path, &(*item)->mark, place, up->env, &defaults))
			return false;
	}
	if (!yaml_len(entry->env_files) && env_file_is_there(dotenv) &&
	    !add_env_file(dotenv, &entry->node->mark, place, up->env, &defaults))
		return false;
	strmap_set_all(ret, up->env);
	VEC_FOREACH(item, &defaults)
		if (!strmap_has(ret, item->key))
			strmap_set(ret, item->key, item->value);
	return true;
}

/* Local definitions go over those that are imported. */
static void import_map(struct arena *arena, struct yaml *document, const char *kind,
		       struct yaml *from, const struct tagged *tagged)
{
	const struct place root = { .up = NULL };
	const struct place kind_place = { .up = &root, .key = kind };
	struct yaml *to = yaml_get(document, kind);

	if (!to) {
		to = yaml_new(arena, YAML_MAP, from);
		yaml_set(arena, document, kind, to);
	}
	if (to->kind != YAML_MAP)
		return;
	YAML_EACH_ENTRY(entry, from) {
		const struct place place = { .up = &kind_place, .key = entry->key };
		struct yaml_entry *local = yaml_entry(to, entry->key);
		struct yaml *wrapped = yaml_new(arena, YAML_MAP, NULL);
		struct yaml *model = yaml_new(arena, YAML_MAP, NULL);

		if (!local) {
			yaml_set_entry(arena, to, entry);
			continue;
		}
		yaml_set(arena, wrapped, entry->key, entry->value);
		yaml_set(arena, model, kind, wrapped);
		tags_apply(tagged, model);
		if (yaml_has(wrapped, entry->key))
			local->value = merge_trees(
				arena, entry->value, local->value,
				attr_member(attr_member(&attr_document, kind), entry->key), &place);
	}
}

static void import(struct arena *arena, struct yaml *document, struct yaml *model,
		   const struct tagged *tagged)
{
	static const char *const kinds[] = { "services", "volumes", "networks",
					     "secrets",  "configs", "models" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct yaml *from = yaml_get(model, kinds[i]);

		if (yaml_is(from, YAML_MAP))
			import_map(arena, document, kinds[i], from, tagged);
	}
}

static void include_entry(struct loader *loader, const struct entry *entry, struct yaml *document,
			  const struct tagged *tagged, const struct scope *up,
			  const struct place *place)
{
	struct strmap *env = environment_new(loader);
	struct sources sources = { 0 };
	AUTO(freep) char *directory = NULL;
	AUTO(freep) char *way = NULL;
	struct scope scope = { .env = env, .up = up };
	struct yaml *model = NULL;

	if (!read_sources(loader, entry, up, place, &sources) || !sources.len)
		return;
	if (entry->directory)
		directory = path_resolve(up->directory, entry->directory);
	else
		directory = path_dir(sources.items[0]->path);
	way = resource_way(up->directory, entry->directory ?: entry->paths->list.items[0]->text,
			   directory);
	scope.directory = arena_strdup(loader->arena, directory);
	scope.way = arena_strdup(loader->arena, way);
	if (!read_env(entry, up, directory, place, env))
		return;
	model = load_model(loader, &sources, &scope);
	if (model)
		import(loader->arena, document, model, tagged);
}

void include_apply(struct loader *loader, struct yaml *document, const struct tagged *tagged,
		   const struct scope *scope)
{
	const struct place root = { .up = NULL };
	const struct place list_place = { .up = &root, .key = "include" };
	struct yaml *list = yaml_get(document, "include");
	size_t index = 0;

	if (!yaml_is(list, YAML_LIST) && !yaml_is(list, YAML_NULL))
		return;
	YAML_EACH_ITEM(item, list) {
		const struct place place = { .up = &list_place, .index = index++ };
		struct entry entry = { 0 };

		if (read_entry(loader->arena, *item, &place, &entry))
			include_entry(loader, &entry, document, tagged, scope, &place);
	}
	yaml_remove(document, "include");
}
