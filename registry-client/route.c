#include "route.h"

#include "base/alloc.h"

/* What the rule is for is replaced by the place. */
static char *rename_repository(const struct registry_rule *rule, const struct registry_place *place,
			       const char *repository)
{
	size_t cut = strlen(rule->path), len = strlen(repository);
	char *name = xasprintf("%s%s", place->path, repository + (cut < len ? cut : len));
	size_t name_len = strlen(name);

	if (name_len > 0 && name[name_len - 1] == '/')
		name[name_len - 1] = '\0';
	return name;
}

static void add_stop(struct registry *registry, const struct registry_rule *rule,
		     const struct registry_place *place, const struct image_ref *ref,
		     struct route *ret)
{
	*VEC_ADD(ret) = (struct route_stop){
		.host = registry_host(registry, place->host),
		.repository = rename_repository(rule, place, ref->repository),
		.digests_only = place->digests_only,
	};
}

void route_find(struct registry *registry, const struct image_ref *ref, bool with_mirrors,
		struct route *ret)
{
	const struct registry_rule *rule = registries_find(&registry->registries, ref);

	*ret = (struct route){ .items = NULL };
	if (!rule) {
		*VEC_ADD(ret) = (struct route_stop){
			.host = registry_host(registry, ref->host),
			.repository = xstrdup(ref->repository),
		};
		return;
	}
	if (with_mirrors) {
		VEC_FOREACH(mirror, &rule->mirrors)
			add_stop(registry, rule, mirror, ref, ret);
	}
	add_stop(registry, rule, &rule->origin, ref, ret);
}

void route_release(struct route *route)
{
	VEC_FOREACH(stop, route)
		free(stop->repository);
	free(route->items);
	*route = (struct route){ .items = NULL };
}

char *route_sibling(struct registry *registry, const struct image_ref *ref, const char *repository)
{
	AUTO(freep) char *name = xstrdup(repository);
	struct image_ref sibling = { .host = ref->host, .repository = name };
	struct route here, there;
	char *result = NULL;

	route_find(registry, ref, false, &here);
	route_find(registry, &sibling, false, &there);
	if (here.items->host == there.items->host)
		result = TAKE(there.items->repository);
	route_release(&here);
	route_release(&there);
	return result;
}
