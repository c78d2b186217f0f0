#include "compose/balena.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/vec.h"
#include "base/yaml.h"

static const char *const names[] = { "balena.yml", "balena.yaml", "balena.json" };

struct reading {
	const char *directory; /* .balena of the project */
	const char *service;
	struct balena_build *out;
};

static void add_variable(const struct reading *reading, const struct yaml *item)
{
	if (item->kind == YAML_STRING && strchr(item->text, '='))
		strmap_set_pair(&reading->out->variables, item->text);
	else
		(void)yaml_problem(&item->mark, DIAG_ERROR,
				   "must be a string of the form NAME=VALUE");
}

static struct balena_secret *secret_named(const struct reading *reading, const char *name)
{
	struct balena_secret *secret = NULL;

	VEC_FOREACH(there, &reading->out->secrets)
		if (!strcmp(there->name, name))
			secret = there;
	if (!secret)
		return VEC_ADD(&reading->out->secrets);
	free(secret->file);
	free(secret->name);
	return secret;
}

static void add_secret(const struct reading *reading, const struct yaml *item)
{
	const char *source = yaml_get_text(item, "source");
	const char *name = yaml_get_text(item, "dest");

	/* Neither may lead out of its directory. */
	AUTO(freep) char *inside = path_in_root(source ? source : "");
	AUTO(freep) char *clean = path_in_root(name ? name : "");
	AUTO(freep) char *secrets = path_join(reading->directory, "secrets");

	if (!source || !name)
		(void)yaml_problem(&item->mark, DIAG_ERROR,
				   "must be a mapping with 'source' and 'dest'");
	else
		*secret_named(reading, clean) = (struct balena_secret){
			.file = path_join(secrets, inside),
			.name = xstrdup(clean),
		};
}

static void add_items(const struct reading *reading, const struct yaml *list,
		      void (*add)(const struct reading *reading, const struct yaml *item))
{
	if (!list || list->kind == YAML_NULL)
		return;
	if (list->kind != YAML_LIST)
		(void)yaml_problem(&list->mark, DIAG_ERROR, "must be a list, and not %s",
				   yaml_kind_name(list->kind));
	YAML_EACH_ITEM(item, list)
		add(reading, *item);
}

/* What is said for all first, so that what is said for the service goes over it. */
static void add_section(const struct reading *reading, const struct yaml *document,
			const char *section,
			void (*add)(const struct reading *reading, const struct yaml *item))
{
	const struct yaml *node = yaml_get(document, section);

	add_items(reading, yaml_get(node, "global"), add);
	add_items(reading, yaml_get(yaml_get(node, "services"), reading->service), add);
}

static int read_text(const char *path, struct span text, const struct reading *reading,
		     struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(diags_release) struct diags diags = { 0 };
	struct yaml_documents documents = { 0 };

	diags_init(&diags, path, text);
	if (yaml_parse(arena, &diags, &documents) == 0 && documents.len) {
		add_section(reading, documents.items[0], "build-variables", add_variable);
		add_section(reading, documents.items[0], "build-secrets", add_secret);
	}
	return diags_check(&diags, err);
}

int balena_build_read(const char *directory, const char *service, struct balena_build *ret,
		      struct err *err)
{
	AUTO(freep) char *balena = path_join(directory, ".balena");
	const struct reading reading = { .directory = balena, .service = service, .out = ret };

	*ret = (struct balena_build){ .variables = STRMAP_INIT };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(freep) char *path = path_join(balena, names[i]);

		if (!fs_exists(AT_FDCWD, path))
			continue;
		if (fs_read_file(AT_FDCWD, path, LIMIT_YAML, &text, err) < 0)
			return -1;
		return read_text(path, str_span(&text), &reading, err);
	}
	return 0;
}

void balena_build_release(struct balena_build *build)
{
	strmap_release(&build->variables);
	VEC_FOREACH(secret, &build->secrets) {
		free(secret->file);
		free(secret->name);
	}
	free(build->secrets.items);
	*build = (struct balena_build){ .variables = STRMAP_INIT };
}
