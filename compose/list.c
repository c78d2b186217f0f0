#include "compose/list.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "compose/template.h"
#include "print.h"
#include "tree.h"

static const struct yaml *services_of(const struct compose *compose)
{
	return yaml_get(compose_tree(compose), "services");
}

/* Depth first: dependencies before those that depend on them. */
static void add_service(const struct yaml *services, const char *name, struct strmap *seen,
			struct strvec *out)
{
	if (!yaml_has(services, name) || strmap_has(seen, name))
		return;
	strmap_set(seen, name, NULL);
	YAML_EACH_ENTRY(entry, yaml_get(yaml_get(services, name), "depends_on"))
		add_service(services, entry->key, seen, out);
	strvec_add(out, name);
}

static void list_services(const struct compose *compose, struct strvec *out)
{
	AUTO(strmap_release) struct strmap seen = STRMAP_INIT;
	const struct yaml *services = services_of(compose);

	YAML_EACH_ENTRY(entry, services)
		add_service(services, entry->key, &seen, out);
}

static void list_images(const struct compose *compose, struct strvec *out)
{
	YAML_EACH_ENTRY(entry, services_of(compose))
		if (!yaml_has(entry->value, "provider"))
			strvec_take(out, compose_image_name(compose, entry->key));
}

static void list_profiles(const struct compose *compose, struct strvec *out)
{
	VEC_FOREACH(profile, compose_profiles(compose))
		strvec_add(out, *profile);
	strvec_sort(out);
	for (size_t i = 1; i < out->len;) {
		if (str_eq(out->items[i - 1], out->items[i]))
			strvec_remove(out, i);
		else
			i++;
	}
}

static void list_keys(const struct compose *compose, const char *section, struct strvec *out)
{
	YAML_EACH_ENTRY(entry, yaml_get(compose_tree(compose), section))
		strvec_add(out, entry->key);
}

void compose_list(const struct compose *compose, enum compose_kind kind, struct strvec *out)
{
	switch (kind) {
	case COMPOSE_SERVICES: list_services(compose, out); return;
	case COMPOSE_IMAGES: list_images(compose, out); return;
	case COMPOSE_PROFILES: list_profiles(compose, out); return;
	case COMPOSE_NETWORKS: list_keys(compose, "networks", out); return;
	case COMPOSE_VOLUMES: list_keys(compose, "volumes", out); return;
	case COMPOSE_MODELS: list_keys(compose, "models", out); return;
	}
}

void compose_print_images(const struct compose *compose, enum compose_format format,
			  struct str *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct yaml *document = yaml_new(arena, YAML_MAP, NULL);
	struct yaml *services = yaml_new(arena, YAML_MAP, NULL);

	yaml_set(arena, document, "services", services);
	YAML_EACH_ENTRY(entry, services_of(compose)) {
		struct yaml *image = yaml_get(entry->value, "image");
		struct yaml *service = yaml_new(arena, YAML_MAP, NULL);

		if (!image)
			continue;
		yaml_set(arena, service, "image", image);
		yaml_set(arena, services, entry->key, service);
	}
	print_document(document, format, compose_is_raw(compose), out);
}

static void variable_release(struct compose_variable *variable)
{
	free(variable->name);
	free(variable->fallback);
	free(variable->presence);
}

static void add_variable(void *arg, const struct template_variable *variable)
{
	struct compose_variables *variables = arg;
	struct compose_variable *slot = NULL;

	VEC_FOREACH(there, variables)
		if (!strcmp(there->name, variable->name))
			slot = there;
	if (slot)
		variable_release(slot);
	else
		slot = VEC_ADD(variables);
	*slot = (struct compose_variable){
		.name = xstrdup(variable->name),
		.fallback = xstrdup(variable->fallback ? variable->fallback : ""),
		.presence = xstrdup(variable->presence ? variable->presence : ""),
		.required = variable->required,
	};
}

static void visit(const struct yaml *node, struct compose_variables *out)
{
	if (node->kind == YAML_STRING)
		template_variables(node->text, add_variable, out);
	YAML_EACH_ITEM(item, node)
		visit(*item, out);
	YAML_EACH_ENTRY(entry, node)
		visit(entry->value, out);
}

static int compare_variables(const void *a, const void *b)
{
	return strcmp(((const struct compose_variable *)a)->name,
		      ((const struct compose_variable *)b)->name);
}

void compose_variables(const struct compose *compose, struct compose_variables *out)
{
	visit(compose_tree(compose), out);
	if (out->len)
		qsort(out->items, out->len, sizeof(*out->items), compare_variables);
}

void compose_variables_release(struct compose_variables *variables)
{
	VEC_FOREACH(variable, variables)
		variable_release(variable);
	free(variables->items);
	*variables = (struct compose_variables){ 0 };
}
