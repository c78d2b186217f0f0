#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "device/container.h"

void deployed_release(struct deployed *container)
{
	free(container->id);
	free(container->name);
	free(container->service);
	free(container->hash);
	free(container->image);
}

void deployment_release(struct deployment *deployment)
{
	VEC_FOREACH(container, deployment)
		deployed_release(container);
	VEC_FOREACH(container, &deployment->leftovers)
		deployed_release(container);
	free(deployment->items);
	free(deployment->leftovers.items);
	*deployment = (struct deployment){ .items = NULL };
}

static const char *label(const struct container *container, const char *key)
{
	return strmap_get(&container->labels, key) ?: "";
}

static int compare(const void *a, const void *b)
{
	const struct deployed *one = a, *other = b;
	int order = strcmp(one->service, other->service);

	if (order != 0)
		return order;
	return (one->number > other->number) - (one->number < other->number);
}

static void add(struct deployment *deployment, const struct container *container)
{
	unsigned long long number = 0;
	struct deployed *added = NULL;

	if (str_eq(label(container, COMPOSE_LABEL "oneoff"), "True") ||
	    *label(container, COMPOSE_HOOK_LABEL))
		return;
	(void)span_to_u64(span_of(label(container, COMPOSE_LABEL "container-number")), UINT32_MAX,
			  &number);
	added = VEC_ADD(deployment);
	added->id = xstrdup(container->id);
	added->name = xstrdup(container->name);
	added->service = xstrdup(label(container, COMPOSE_LABEL "service"));
	added->hash = xstrdup(label(container, COMPOSE_LABEL "config-hash"));
	added->image = xstrdup(label(container, COMPOSE_LABEL "image"));
	added->number = (unsigned)number;
	added->is_running = str_eq(container->state, "running");
}

bool deployed_name_is_temporary(const char *name)
{
	return strlen(name) > 13 && strspn(name, "0123456789abcdef") == 12 && name[12] == '_';
}

/* Of two that are the same one of a service, the one with its right name stays. */
static void set_leftovers_aside(struct deployment *deployment)
{
	size_t kept = 0;

	for (size_t i = 0; i < deployment->len; i++) {
		struct deployed *last = kept > 0 ? &deployment->items[kept - 1] : NULL;
		struct deployed container = deployment->items[i];

		if (!last || compare(last, &container) != 0) {
			deployment->items[kept++] = container;
			continue;
		}
		if (deployed_name_is_temporary(last->name)) {
			struct deployed other = *last;

			*last = container;
			container = other;
		}
		*VEC_ADD(&deployment->leftovers) = container;
	}
	deployment->len = kept;
}

int deployment_read(struct engine *engine, const char *project, struct deployment *ret,
		    struct err *err)
{
	AUTO(freep) char *filter = xasprintf(COMPOSE_LABEL "project=%s", project);
	AUTO(containers_release) struct containers containers = { .items = NULL };

	*ret = (struct deployment){ .items = NULL };
	if (containers_list(engine, filter, true, &containers, err) < 0)
		return -1;
	VEC_FOREACH(container, &containers)
		add(ret, container);
	if (ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), compare);
	set_leftovers_aside(ret);
	return 0;
}

bool deployment_was_interrupted(const struct deployment *deployment,
				const struct deployed *container)
{
	VEC_FOREACH(other, &deployment->leftovers) {
		if (compare(other, container) == 0)
			return true;
	}
	return deployed_name_is_temporary(container->name);
}

bool deployment_take_aside(struct deployment *deployment, const struct deployed *container,
			   struct deployed *ret)
{
	struct leftovers *left = &deployment->leftovers;

	for (size_t i = 0; i < left->len; i++) {
		if (compare(&left->items[i], container) != 0 ||
		    !str_has_suffix(left->items[i].name, "_old"))
			continue;
		*ret = left->items[i];
		left->items[i] = left->items[--left->len];
		return true;
	}
	return false;
}

const struct deployed *deployment_find(const struct deployment *deployment, const char *service,
				       unsigned number)
{
	VEC_FOREACH(container, deployment) {
		if (container->number == number && str_eq(container->service, service))
			return container;
	}
	return NULL;
}
