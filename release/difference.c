#include "release/difference.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "file_changes.h"
#include "layers.h"
#include "settings.h"

struct comparison {
	struct registry *registry;
	const struct release *before, *after;
	const struct yaml *old_file, *new_file; /* NULL = none */
	struct image_layers old_layers, new_layers;
	struct release_difference *ret;
};

void release_difference_release(struct release_difference *difference)
{
	VEC_FOREACH(service, difference) {
		free(service->name);
		free(service->before);
		free(service->after);
		downloads_release(&service->downloads);
		platform_files_release(&service->files);
		setting_changes_release(&service->settings);
	}
	free(difference->items);
	downloads_release(&difference->totals);
	setting_changes_release(&difference->others);
	*difference = (struct release_difference)RELEASE_DIFFERENCE_INIT;
}

/* --- services --- */

static int compare_images(const struct comparison *c, struct service_difference *service,
			  struct err *err)
{
	AUTO(image_layers_release) struct image_layers layers = { .items = NULL };

	if (!service->after || str_eq(service->before, service->after))
		return 0;
	if (image_layers_read(c->registry, service->after, &layers, err) < 0)
		return err_wrap(err, "service '%s'", service->name);
	image_layers_compare(&c->old_layers, &layers, &service->downloads);
	return 0;
}

static const struct yaml *service_of(const struct yaml *file, const char *name)
{
	return yaml_get(yaml_get(file, "services"), name);
}

static int compare_service(struct comparison *c, const char *name, struct err *err)
{
	static const char *const elsewhere[] = { "image", NULL };
	const struct yaml *old = service_of(c->old_file, name);
	const struct yaml *new = service_of(c->new_file, name);
	struct service_difference *service;

	if (old && new &&yaml_equal(old, new))
		return 0;
	service = VEC_ADD(c->ret);
	*service = (struct service_difference){
		.name = xstrdup(name),
		.change = !old   ? SERVICE_ADDED
			  : !new ? SERVICE_REMOVED
				 : SERVICE_CHANGED,
		.before = xstrdup_or_null(yaml_get_text(old, "image")),
		.after = xstrdup_or_null(yaml_get_text(new, "image")),
	};
	if (service->change == SERVICE_CHANGED)
		settings_compare(old, new, "", elsewhere, &service->settings);
	return compare_images(c, service, err);
}

static int compare_services(struct comparison *c, struct err *err)
{
	YAML_EACH_ENTRY(entry, yaml_get(c->old_file, "services")) {
		if (compare_service(c, entry->key, err) < 0)
			return -1;
	}
	YAML_EACH_ENTRY(entry, yaml_get(c->new_file, "services")) {
		if (!service_of(c->old_file, entry->key) && compare_service(c, entry->key, err) < 0)
			return -1;
	}
	return 0;
}

/* --- all of it --- */

static int read_layers(struct registry *registry, const struct release *release,
		       struct image_layers *ret, struct err *err)
{
	VEC_FOREACH(image, &release->images) {
		if (image_layers_read(registry, image->value, ret, err) < 0)
			return err_wrap(err, "service '%s' of release '%s'", image->key,
					release->version ? release->version : "");
	}
	return 0;
}

static int compare(struct comparison *c, struct err *err)
{
	static const char *const apart[] = { "services", "name", NULL };

	if (read_layers(c->registry, c->before, &c->old_layers, err) < 0 ||
	    read_layers(c->registry, c->after, &c->new_layers, err) < 0 ||
	    compare_services(c, err) < 0)
		return -1;
	settings_compare(c->old_file, c->new_file, "", apart, &c->ret->others);
	image_layers_compare(&c->old_layers, &c->new_layers, &c->ret->totals);
	return 0;
}

static int parse(struct arena *arena, struct diags *diags, const struct yaml **ret, struct err *err)
{
	struct yaml_documents documents = { .items = NULL };

	if (yaml_parse(arena, diags, &documents) == 0 && documents.len > 0)
		*ret = documents.items[0];
	return diags_check(diags, err);
}

int release_compare(struct registry *registry, const struct release *before,
		    const struct release *after, struct release_difference *ret, struct err *err)
{
	struct comparison c = {
		.registry = registry, .before = before, .after = after, .ret = ret
	};
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(diags_release) struct diags old_diags, new_diags;
	int status = -1;

	diags_init(&old_diags, "compose.yaml", str_span(&before->compose));
	diags_init(&new_diags, "compose.yaml", str_span(&after->compose));
	if (parse(arena, &old_diags, &c.old_file, err) == 0 &&
	    parse(arena, &new_diags, &c.new_file, err) == 0)
		status = compare(&c, err);
	image_layers_release(&c.old_layers);
	image_layers_release(&c.new_layers);
	return status;
}
