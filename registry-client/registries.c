#include "registries.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/vec.h"
#include "base/yaml.h"

#define SECTION "registries"

#define PROBLEM(mark, ...) ((void)yaml_problem((mark), DIAG_ERROR, __VA_ARGS__))

/* --- names --- */

/* "HOST[/PATH]" by the grammar of references, which wants a path, so one is lent. */
static bool split_place(struct arena *arena, const char *text, const char **ret_host,
			const char **ret_path)
{
	const char *slash = strchr(text, '/');
	size_t host_len = slash ? (size_t)(slash - text) : strlen(text);
	AUTO(freep) char *host = xstrndup(text, host_len);
	AUTO(freep) char *lent = xasprintf("%s/%s", host, slash ? slash + 1 : "x");
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(lent, &ref, NULL) < 0 || !str_eq(ref.host, host) ||
	    digest_is_set(&ref.digest) || strchr(lent + host_len, ':'))
		return false;
	*ret_host = arena_strdup(arena, host);
	*ret_path = slash ? arena_printf(arena, "%s/", slash + 1) : "";
	return true;
}

static void read_place(struct arena *arena, const struct yaml_mark *mark, const char *text,
		       const char **ret_host, const char **ret_path)
{
	if (!split_place(arena, text, ret_host, ret_path))
		PROBLEM(mark, "'%s' is no registry: HOST[:PORT][/PATH]", text);
}

/* --- members --- */

static bool read_flag(const struct yaml_entry *entry, bool *ret)
{
	if (!yaml_is(entry->value, YAML_BOOL))
		return false;
	*ret = entry->value->boolean;
	return true;
}

static bool read_text(const struct yaml_entry *entry, const char **ret)
{
	if (!yaml_is(entry->value, YAML_STRING))
		return false;
	*ret = entry->value->text;
	return true;
}

/* Relative to the file that says it. */
static bool read_path(struct arena *arena, const struct yaml_entry *entry, const char **ret)
{
	AUTO(freep) char *dir = path_dir(entry->mark.file->file);
	AUTO(freep) char *path = NULL;
	const char *text = NULL;

	if (!read_text(entry, &text))
		return false;
	path = path_resolve(dir, text);
	*ret = arena_strdup(arena, path);
	return true;
}

static void read_location(struct arena *arena, const struct yaml_entry *entry,
			  struct registry_place *ret)
{
	const char *text = NULL;

	if (read_text(entry, &text))
		read_place(arena, &entry->value->mark, text, &ret->host, &ret->path);
	else
		PROBLEM(&entry->value->mark, "'%s' must be a string", entry->key);
}

static void refuse_key(const struct yaml_entry *entry, const char *const *known)
{
	struct diag *diag = yaml_problem(&entry->mark, DIAG_ERROR, "unknown key '%s'", entry->key);
	const char *meant = suggest(entry->key, known);

	if (diag && meant)
		diag->hint = xasprintf("did you mean '%s'?", meant);
}

/* Of registries and of mirrors. False = it is none of these. */
static bool read_common(struct arena *arena, const struct yaml_entry *entry,
			struct registry_place *ret)
{
	if (strcmp(entry->key, "location") == 0) {
		read_location(arena, entry, ret);
	} else if (strcmp(entry->key, "insecure") == 0) {
		if (!read_flag(entry, &ret->insecure))
			PROBLEM(&entry->value->mark, "'%s' must be true or false", entry->key);
	} else if (strcmp(entry->key, "ca") == 0) {
		if (!read_path(arena, entry, &ret->ca))
			PROBLEM(&entry->value->mark, "'%s' must be the name of a file", entry->key);
	} else {
		return false;
	}
	return true;
}

/* --- mirrors --- */

static void read_mirror(struct arena *arena, const struct yaml *node, struct registry_place *ret)
{
	static const char *const known[] = { "location", "insecure", "ca", "digests-only", NULL };

	if (yaml_is(node, YAML_STRING)) {
		read_place(arena, &node->mark, node->text, &ret->host, &ret->path);
		return;
	}
	if (!yaml_is(node, YAML_MAP) || !yaml_has(node, "location")) {
		PROBLEM(&node->mark, "a mirror needs a '%s'", "location");
		return;
	}
	YAML_EACH_ENTRY(entry, node) {
		if (read_common(arena, entry, ret))
			continue;
		if (strcmp(entry->key, "digests-only") != 0)
			refuse_key(entry, known);
		else if (!read_flag(entry, &ret->digests_only))
			PROBLEM(&entry->value->mark, "'%s' must be true or false", entry->key);
	}
}

static void read_mirrors(struct arena *arena, const struct yaml *node, struct registry_rule *ret)
{
	if (!yaml_is(node, YAML_LIST))
		PROBLEM(&node->mark, "'%s' must be a list", "mirrors");
	YAML_EACH_ITEM(item, node)
		read_mirror(arena, *item, ARENA_ADD(arena, &ret->mirrors));
}

/* --- registries --- */

static void read_rule(struct arena *arena, const struct yaml_entry *registry,
		      struct registry_rule *ret)
{
	static const char *const known[] = { "location", "insecure", "ca", "mirrors", NULL };

	read_place(arena, &registry->mark, registry->key, &ret->host, &ret->path);
	ret->origin.host = ret->host;
	ret->origin.path = ret->path;
	if (!yaml_is(registry->value, YAML_MAP))
		PROBLEM(&registry->value->mark, "registry '%s' must be a map", registry->key);
	YAML_EACH_ENTRY(entry, registry->value) {
		if (strcmp(entry->key, "mirrors") == 0)
			read_mirrors(arena, entry->value, ret);
		else if (!read_common(arena, entry, &ret->origin))
			refuse_key(entry, known);
	}
}

/* What else a file of the configuration has is not for us to judge. */
static void read_document(const struct yaml *document, struct registries *ret)
{
	const struct yaml *section = yaml_get(document, SECTION);

	if (section && !yaml_is(section, YAML_MAP) && !yaml_is(section, YAML_NULL))
		PROBLEM(&section->mark, "'%s' must be a map", SECTION);
	YAML_EACH_ENTRY(registry, section)
		read_rule(ret->arena, registry, ARENA_ADD(ret->arena, ret));
}

int registries_parse(const char *file, struct span text, struct registries *ret, struct err *err)
{
	AUTO(diags_release) struct diags diags = { .items = NULL };
	struct yaml_documents documents = { .items = NULL };
	struct registries registries = { .arena = arena_new() };

	diags_init(&diags, file, text);
	if (yaml_parse(registries.arena, &diags, &documents) == 0) {
		VEC_FOREACH(document, &documents)
			read_document(*document, &registries);
	}
	if (diags_check(&diags, err) < 0) {
		registries_release(&registries);
		return -1;
	}
	*ret = registries;
	return 0;
}

void registries_release(struct registries *registries)
{
	arena_free(registries->arena);
	*registries = (struct registries)REGISTRIES_INIT;
}

/* --- finding --- */

static bool is_for(const struct registry_rule *rule, const struct image_ref *ref)
{
	size_t len = strlen(rule->path);

	if (!str_eq(rule->host, ref->host))
		return false;
	/* "team/" is for "team/app", and for "team" itself */
	return strncmp(ref->repository, rule->path, len) == 0 ||
	       (strncmp(ref->repository, rule->path, len - 1) == 0 && !ref->repository[len - 1]);
}

const struct registry_rule *registries_find(const struct registries *registries,
					    const struct image_ref *ref)
{
	const struct registry_rule *best = NULL;

	VEC_FOREACH(rule, registries) {
		if (is_for(rule, ref) && (!best || strlen(rule->path) > strlen(best->path)))
			best = rule;
	}
	return best;
}

const struct registry_place *registries_place(const struct registries *registries, const char *host)
{
	VEC_FOREACH(rule, registries) {
		if (str_eq(rule->origin.host, host))
			return &rule->origin;
		VEC_FOREACH(mirror, &rule->mirrors) {
			if (str_eq(mirror->host, host))
				return mirror;
		}
	}
	return NULL;
}
