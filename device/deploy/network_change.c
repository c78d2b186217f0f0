/*
 * A network that the file describes in another way than it is on the board. No engine changes one: its containers are stopped
 * and taken off it, it is made anew, and they too when their turn comes.
 */
#include "base/alloc.h"
#include "base/json.h"
#include "deploy.h"
#include "device/container.h"
#include "device/resource.h"

/* How it is attached, as another request says it; NULL = it is not. The caller releases. */
static json_t *endpoint_of(const json_t *container, const char *network)
{
	static const char *const keys[] = { "Aliases", "IPAMConfig", "Links", "DriverOpts" };
	const json_t *settings = json_get_object(container, "NetworkSettings");
	json_t *there = json_object_get(json_get_object(settings, "Networks"), network);
	json_t *endpoint = there ? json_object() : NULL;

	for (size_t i = 0; there && i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(there, keys[i]);

		if (value && !json_is_null(value))
			json_object_set(endpoint, keys[i], value);
	}
	return endpoint;
}

/* One container after the other: NULL in `ret_endpoints` for those that are not in it. */
static int find_endpoints(struct deploy *deploy, const char *network, json_t *ret_endpoints,
			  struct err *err)
{
	VEC_FOREACH(container, &deploy->before) {
		json_auto_t *shown = NULL;
		json_t *endpoint = NULL;

		if (container_inspect(deploy->engine, container->id, &shown, err) < 0)
			return -1;
		endpoint = endpoint_of(shown, network);
		if (endpoint)
			json_object_set_new(ret_endpoints, container->id, endpoint);
	}
	return 0;
}

/* The name of somebody in it who is not made anew by this deployment; NULL = nobody. */
static const char *find_stranger(const struct deploy *deploy, const json_t *network,
				 const json_t *endpoints)
{
	const char *id = NULL;
	json_t *member = NULL;

	json_object_foreach(json_get_object(network, "Containers"), id, member)
	{
		if (!json_object_get(endpoints, id))
			return json_get_string(member, "Name") ?: id;
	}
	VEC_FOREACH(container, &deploy->before) {
		const struct compose_service *service =
			compose_find_service(deploy->project, container->service);

		if (json_object_get(endpoints, container->id) &&
		    (!service || container->number > (unsigned)service->scale))
			return container->name;
	}
	return NULL;
}

static int take_off(struct deploy *deploy, const char *network, const json_t *endpoints,
		    struct err *err)
{
	VEC_FOREACH(container, &deploy->before) {
		json_t *endpoint = json_object_get(endpoints, container->id);

		if (!endpoint)
			continue;
		journal_touched(&deploy->journal, container);
		if (deploy_stop(deploy, 0, container,
				compose_find_service(deploy->project, container->service), err) < 0)
			return -1;
		container->is_running = false;
		if (network_disconnect(deploy->engine, network, container->id, err) < 0)
			return -1;
		journal_disconnected(&deploy->journal, network, container->id, endpoint);
		strvec_add(&deploy->displaced, container->id);
	}
	return 0;
}

int deploy_change_network(struct deploy *deploy, const char *name, const json_t *there,
			  const json_t *body, struct err *err)
{
	const struct monitor *monitor = deploy->request->monitor;
	json_auto_t *endpoints = json_object();
	const char *stranger = NULL;

	if (find_endpoints(deploy, name, endpoints, err) < 0)
		return -1;
	stranger = find_stranger(deploy, there, endpoints);
	if (stranger) {
		monitor_text(monitor, 0, EVENT_WARNING,
			     "network '%s' is not what the file says now, and stays as it is: '%s' "
			     "uses it",
			     name, stranger);
		return 0;
	}
	monitor_text(monitor, 0, EVENT_INFO,
		     "network '%s' is made anew: the file describes it in another way", name);
	if (take_off(deploy, name, endpoints, err) < 0 ||
	    network_remove(deploy->engine, name, err) < 0)
		return -1;
	journal_removed(&deploy->journal, there);
	if (network_create(deploy->engine, body, err) < 0)
		return -1;
	strvec_add(&deploy->journal.networks, name);
	return 0;
}
