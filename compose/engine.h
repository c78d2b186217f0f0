/* The parts of a container's request. */
#ifndef ENGINE_H
#define ENGINE_H

#include <jansson.h>

#include "base/yaml.h"
#include "compose/engine.h"

struct request {
	const struct compose *compose;
	const struct compose_engine *engine;
	const struct yaml *document, *service;
	const char *name; /* of the service */
	unsigned number;
	char *container; /* its name */
};

/* json_object_set_new() unless there is nothing in the value. */
void set_unless_empty(json_t *object, const char *key, json_t *value);
json_t *texts_json(const struct yaml *list);
json_t *pairs_json(const struct yaml *map);
/* The name of the container `number` of a service; the caller frees. */
char *container_name(const struct compose *compose, const char *service, unsigned number);
/* The first container of a service, as others name it; the caller frees. */
char *container_reference(const struct request *request, const char *service);

WARN_UNUSED int request_config(const struct request *request, json_t *config, struct err *err);
WARN_UNUSED int request_host(const struct request *request, json_t *host, struct err *err);
WARN_UNUSED int request_mounts(const struct request *request, json_t *host, struct err *err);
WARN_UNUSED int request_security(const struct request *request, json_t *host, struct err *err);
WARN_UNUSED int request_networks(const struct request *request, json_t *body, struct err *err);
json_t *request_labels(const struct request *request);
/* "CONTAINER:NAME" of links and external_links. */
json_t *request_links(const struct request *request);
/* Labels of a network or volume. */
json_t *resource_labels(const struct compose *compose, const struct compose_engine *engine,
			const struct yaml *resource, const char *kind, const char *key);

/* "80" or "80-81", with "/udp": each port as "80/udp" through `add`. */
void each_port(const char *text, void (*add)(json_t *to, const char *port), json_t *to);

#endif
