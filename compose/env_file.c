/* The files that a service takes its environment and its labels from. */
#include "base/alloc.h"
#include "base/path.h"
#include "compose/dotenv.h"
#include "environment.h"
#include "service.h"

struct outer {
	const struct strmap *project;
	const struct strmap *service; /* NULL = only the project's */
};

static const char *lookup(void *arg, const char *name)
{
	const struct outer *outer = arg;
	const char *value = outer->project ? strmap_get(outer->project, name) : NULL;

	if (value || !outer->service)
		return value;
	return strmap_get(outer->service, name);
}

static void to_strmap(const struct yaml *map, struct strmap *out)
{
	YAML_EACH_ENTRY(entry, map)
		strmap_set(out, entry->key,
			   entry->value->kind == YAML_STRING ? entry->value->text : NULL);
}

static struct yaml *from_strmap(struct arena *arena, const struct strmap *map,
				const struct yaml *at)
{
	struct yaml *node = yaml_new(arena, YAML_MAP, at);

	VEC_FOREACH(item, map)
		yaml_set(arena, node, item->key,
			 item->value ? yaml_new_string(arena, item->value, at)
				     : yaml_new(arena, YAML_NULL, at));
	yaml_sort(node);
	return node;
}

static int parse(const struct yaml *file, const char *path, struct outer *outer, struct strmap *out,
		 struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	const struct template_scope scope = { .lookup = lookup, .arg = outer };
	const char *format = yaml_get_text(file, "format");

	if (env_file_text(path, &text, err) < 0)
		return -1;
	if (format && strcmp(format, "raw") != 0)
		return err_set(err, ERR_INPUT, "the format '%s' is unknown: there is only 'raw'",
			       format);
	return format ? dotenv_parse_raw(str_span(&text), path, &scope, out, err)
		      : dotenv_parse(str_span(&text), path, &scope, out, err);
}

static void read_one(struct loader *loader, const struct yaml *file, struct outer *outer,
		     struct strmap *out, const struct place *place)
{
	const struct yaml *name = file->kind == YAML_MAP ? yaml_get(file, "path") : file;
	const struct yaml *required = yaml_get(file, "required");
	AUTO(freep) char *path = path_resolve(loader->directory, name->text);
	AUTO(err_release) struct err err = ERR_INIT;

	strvec_add(&loader->inputs, path);
	if (parse(file, path, outer, out, &err) == 0)
		return;
	if (err.kind == ERR_NOT_FOUND && err.errnum && yaml_is(required, YAML_BOOL) &&
	    !required->boolean)
		return;
	place_problem_err(&name->mark, place, &err);
}

static void read_environment(struct loader *loader, struct yaml *service, const struct place *place)
{
	const struct place here = { .up = place, .key = "env_file" };
	AUTO(strmap_release) struct strmap own = STRMAP_INIT;
	AUTO(strmap_release) struct strmap all = STRMAP_INIT;
	struct yaml *files = yaml_get(service, "env_file");
	struct outer outer = { .project = &loader->env, .service = &own };

	if (!files)
		return;
	to_strmap(yaml_get(service, "environment"), &own);
	YAML_EACH_ITEM(file, files)
		read_one(loader, *file, &outer, &all, &here);
	strmap_set_all(&all, &own);
	yaml_remove(service, "env_file");
	if (all.len)
		yaml_set(loader->arena, service, "environment",
			 from_strmap(loader->arena, &all, files));
	yaml_sort(service);
}

static void read_labels(struct loader *loader, struct yaml *service, const struct place *place)
{
	const struct place here = { .up = place, .key = "label_file" };
	AUTO(strmap_release) struct strmap own = STRMAP_INIT;
	AUTO(strmap_release) struct strmap all = STRMAP_INIT;
	struct yaml *files = yaml_get(service, "label_file");
	struct outer outer = { 0 };

	if (!files)
		return;
	to_strmap(yaml_get(service, "labels"), &own);
	YAML_EACH_ITEM(file, files)
		read_one(loader, *file, &outer, &all, &here);
	strmap_set_all(&all, &own);
	yaml_remove(service, "label_file");
	if (all.len)
		yaml_set(loader->arena, service, "labels", from_strmap(loader->arena, &all, files));
	yaml_sort(service);
}

static void each_service(struct loader *loader, struct yaml *document,
			 void (*read)(struct loader *loader, struct yaml *service,
				      const struct place *place))
{
	const struct place root = { .up = NULL };
	const struct place services = { .up = &root, .key = "services" };

	YAML_EACH_ENTRY(entry, yaml_get(document, "services")) {
		const struct place place = { .up = &services, .key = entry->key };

		read(loader, entry->value, &place);
	}
}

void read_env_files(struct loader *loader, struct yaml *document)
{
	each_service(loader, document, read_environment);
}

void read_label_files(struct loader *loader, struct yaml *document)
{
	each_service(loader, document, read_labels);
}
