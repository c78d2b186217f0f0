#include "container_name.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "device/container.h"

#define LABEL "com.docker.compose."

static const char *label_of(const struct container *container, const char *key)
{
	return strmap_get(&container->labels, key) ?: "";
}

/* Not one of a hook, or of "docker compose run". */
static bool is_of_service(const struct container *container, const char *service)
{
	return str_eq(label_of(container, LABEL "service"), service) &&
	       !str_eq(label_of(container, LABEL "oneoff"), "True") &&
	       !*label_of(container, LABEL "hook");
}

static unsigned long long number_of(const struct container *container)
{
	unsigned long long number = 0;

	(void)span_to_u64(span_of(label_of(container, LABEL "container-number")), UINT32_MAX,
			  &number);
	return number;
}

static bool comes_before(const struct container *one, const struct container *other)
{
	bool runs = str_eq(one->state, "running");

	if (runs != str_eq(other->state, "running"))
		return runs;
	return number_of(one) < number_of(other);
}

/* Which project's is meant only the user knows. */
static int refuse_several(const struct containers *containers, const char *service,
			  const struct engine *engine, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *text = NULL;

	VEC_FOREACH(container, containers) {
		if (is_of_service(container, service))
			strvec_add(&names, container->name);
	}
	text = strvec_join(&names, ", ");
	(void)err_set(err, ERR_INPUT, "board '%s': several projects have a service '%s'",
		      engine_name(engine), service);
	return err_hint(err, "name the container: %s", text);
}

/* A name is one container's alone; a service's name may well begin some container's id. */
static int choose(const struct containers *containers, const char *word,
		  const struct engine *engine, const char **ret_id, struct err *err)
{
	const struct container *found = NULL;

	VEC_FOREACH(container, containers) {
		if (str_eq(container->name, word)) {
			*ret_id = container->id;
			return 0;
		}
	}
	VEC_FOREACH(container, containers) {
		if (!is_of_service(container, word))
			continue;
		if (found &&
		    !str_eq(label_of(found, LABEL "project"), label_of(container, LABEL "project")))
			return refuse_several(containers, word, engine, err);
		if (!found || comes_before(container, found))
			found = container;
	}
	*ret_id = found ? found->id : word;
	return 0;
}

/* What no container can be called would be another address of the engine's. */
static int inspect(struct engine *engine, const char *id, json_t **ret, struct err *err)
{
	if (*id && !strchr(id, '/'))
		return container_inspect(engine, id, ret, err);
	return err_set(err, ERR_NOT_FOUND, "board '%s': no container is called '%s'",
		       engine_name(engine), id);
}

int container_name_resolve(struct engine *engine, const char *word, bool running, json_t **ret,
			   struct err *err)
{
	AUTO(containers_release) struct containers containers = { .items = NULL };
	const char *id = word;

	if (containers_list(engine, NULL, !running, &containers, err) < 0 ||
	    choose(&containers, word, engine, &id, err) < 0)
		return -1;
	if (inspect(engine, id, ret, err) == 0)
		return 0;
	return err && err->kind == ERR_NOT_FOUND ? err_hint(err, "see 'edgectl device ps --all'")
						 : -1;
}

const char *container_name_of(const json_t *details)
{
	const char *name = json_get_string(details, "Name") ?: "";

	return name + (*name == '/');
}
