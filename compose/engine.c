#include "engine.h"

#include "base/alloc.h"
#include "base/json.h"
#include "tree.h"

void set_unless_empty(json_t *object, const char *key, json_t *value)
{
	bool empty = (json_is_object(value) && !json_object_size(value)) ||
		     (json_is_array(value) && !json_array_size(value)) || json_is_null(value);

	if (value && !empty)
		json_object_set_new(object, key, value);
	else
		json_decref(value);
}

json_t *texts_json(const struct yaml *list)
{
	json_t *array = json_array();

	YAML_EACH_ITEM(item, list)
		json_array_append_new(array, json_string((*item)->text));
	return array;
}

json_t *pairs_json(const struct yaml *map)
{
	json_t *object = json_object();

	YAML_EACH_ENTRY(entry, map)
		json_set_string(object, entry->key,
				entry->value->kind == YAML_STRING ? entry->value->text : "");
	return object;
}

char *container_name(const struct compose *compose, const char *service, unsigned number)
{
	const struct yaml *services = yaml_get(compose_tree(compose), "services");
	const char *own = yaml_get_text(yaml_get(services, service), "container_name");
	char joint = compose_separator(compose);

	return own ? xstrdup(own)
		   : xasprintf("%s%c%s%c%u", compose_name(compose), joint, service, joint, number);
}

char *container_reference(const struct request *request, const char *service)
{
	const struct strmap *containers = request->engine->containers;
	const char *id = containers ? strmap_get(containers, service) : NULL;

	return id ? xstrdup(id) : container_name(request->compose, service, 1);
}

static int fill(const struct request *request, json_t *body, struct err *err)
{
	/* What is built here is built for the board, whatever the file says. */
	const char *platform = yaml_get(request->service, "build")
				       ? NULL
				       : yaml_get_text(request->service, "platform");
	json_t *config = json_object();
	json_t *host = json_object();

	json_object_set_new(body, "Config", config);
	json_object_set_new(body, "HostConfig", host);
	json_set_string(body, "name", request->container);
	if (!platform)
		platform = request->engine->platform;
	if (platform)
		json_set_string(body, "platform", platform);
	if (request_config(request, config, err) < 0 || request_host(request, host, err) < 0 ||
	    request_mounts(request, host, err) < 0 || request_security(request, host, err) < 0)
		return -1;
	return request_networks(request, body, err);
}

static void json_releasep(json_t **json)
{
	json_decref(*json);
}

int compose_engine_container(const struct compose *compose, const struct compose_engine *engine,
			     const char *service, unsigned number, json_t **ret, struct err *err)
{
	const struct yaml *document = compose_tree(compose);
	AUTO(freep) char *container = container_name(compose, service, number);
	AUTO(json_releasep) json_t *body = json_object();
	struct request request = { .compose = compose,
				   .engine = engine,
				   .document = document,
				   .service = yaml_get(yaml_get(document, "services"), service),
				   .name = service,
				   .container = container,
				   .number = number };

	if (!request.service)
		return err_set(err, ERR_USAGE, "no such service: '%s'", service);
	if (compose_is_raw(compose))
		return err_set(err, ERR_USAGE, "the model still has variables in it");
	if (yaml_has(request.service, "provider"))
		return err_set(err, ERR_UNSUPPORTED,
			       "the service '%s' has a provider, which cannot be run", service);
	if (fill(&request, body, err) < 0)
		return err_wrap(err, "service '%s'", service);
	*ret = TAKE(body);
	return 0;
}
