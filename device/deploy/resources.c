#include "base/alloc.h"
#include "base/json.h"
#include "deploy.h"
#include "device/resource.h"

/* What differs between the two kinds. */
struct kind {
	const char *name;
	json_t *(*body)(const struct compose *compose, const struct compose_engine *engine,
			const char *key);
	int (*inspect)(struct engine *engine, const char *name, json_t **ret, struct err *err);
	int (*create)(struct engine *engine, const json_t *body, struct err *err);
	bool is_network;
};

static const struct kind networks = { "network", compose_engine_network, network_inspect,
				      network_create, true };
static const struct kind volumes = { "volume", compose_engine_volume, volume_inspect, volume_create,
				     false };

static int missing_external(const struct kind *kind, const char *name, struct err *err)
{
	err_clear(err);
	(void)err_set(err, ERR_NOT_FOUND,
		      "%s '%s' is external, and the board has none of that name", kind->name, name);
	return err_hint(err, "make it there: docker %s create %s", kind->name, name);
}

/* What docker compose 2.26 makes has no hash, and counts as unchanged. */
static bool has_changed(const json_t *there, const json_t *wanted)
{
	const char *hash =
		json_get_string(json_get_object(there, "Labels"), COMPOSE_LABEL "config-hash");
	const char *ours =
		json_get_string(json_get_object(wanted, "Labels"), COMPOSE_LABEL "config-hash");

	return hash && ours && !str_eq(hash, ours);
}

/* One that was made by somebody else, or of other properties, is used as it is: it may hold data. */
static void warn_of_difference(struct deploy *deploy, const struct kind *kind, const char *name,
			       const json_t *there, const json_t *wanted)
{
	const json_t *labels = json_get_object(there, "Labels");
	const char *project = json_get_string(labels, COMPOSE_LABEL "project");

	if (!str_eq(project, deploy->project->name))
		monitor_text(deploy->request->monitor, 0, EVENT_WARNING,
			     "%s '%s' was not made by this project; it is used as it is",
			     kind->name, name);
	else if (!kind->is_network && has_changed(there, wanted))
		monitor_text(
			deploy->request->monitor, 0, EVENT_WARNING,
			"%s '%s' is not what the file says now; remove it there to have it made "
			"anew",
			kind->name, name);
}

static int bring_what_is_there(struct deploy *deploy, const struct kind *kind, const char *name,
			       const json_t *there, const json_t *body, struct err *err)
{
	const char *project =
		json_get_string(json_get_object(there, "Labels"), COMPOSE_LABEL "project");

	warn_of_difference(deploy, kind, name, there, body);
	if (!kind->is_network || !str_eq(project, deploy->project->name) ||
	    !has_changed(there, body))
		return 0;
	return deploy_change_network(deploy, name, there, body, err);
}

static int bring(struct deploy *deploy, const struct kind *kind,
		 const struct compose_resource *resource, const json_t *body, struct err *err)
{
	json_auto_t *there = NULL;

	if (kind->inspect(deploy->engine, resource->name, &there, err) == 0)
		return resource->external ? 0
					  : bring_what_is_there(deploy, kind, resource->name, there,
								body, err);
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	if (resource->external)
		return missing_external(kind, resource->name, err);
	err_clear(err);
	if (kind->create(deploy->engine, body, err) < 0)
		return -1;
	strvec_add(kind->is_network ? &deploy->journal.networks : &deploy->journal.volumes,
		   resource->name);
	return 0;
}

static int bring_all(struct deploy *deploy, const struct kind *kind,
		     const struct compose_resources *resources, struct err *err)
{
	VEC_FOREACH(resource, resources) {
		json_auto_t *body =
			kind->body(deploy->request->compose, &deploy->target, resource->key);

		if (body && bring(deploy, kind, resource, body, err) < 0)
			return -1;
	}
	return 0;
}

int deploy_resources(struct deploy *deploy, struct err *err)
{
	if (bring_all(deploy, &networks, &deploy->project->networks, err) < 0)
		return -1;
	return bring_all(deploy, &volumes, &deploy->project->volumes, err);
}
