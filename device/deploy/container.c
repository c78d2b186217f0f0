#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "deploy.h"
#include "device/archive.h"
#include "device/container.h"
#include "device/resource.h"
#include "image/digest.h"
#include "image/tar.h"

/* A container on its way. */
struct making {
	struct deploy *deploy;
	const struct compose_service *service;
	const struct deployed *old; /* NULL = none */
	struct deployed aside;      /* that ran before `old`, of a deployment that was killed */
	bool has_aside;
	struct deployed
		before; /* `old`, as it is to be again if this fails; its strings are borrowed */
	json_t *body;   /* as compose/engine.h makes it */
	char *name;     /* that it is to have */
	char *id;
	unsigned number, step;
};

static void making_release(struct making *making)
{
	json_decref(making->body);
	if (making->has_aside)
		deployed_release(&making->aside);
	free(making->name);
	free(making->id);
}

static void tell(const struct making *making, enum event_kind kind, const char *text)
{
	monitor_text(making->deploy->request->monitor, making->step, kind, "%s", text);
}

/* --- what it is made of --- */

/* A name of 64 hex digits is one that the engine gave. */
static bool is_anonymous(const char *volume)
{
	return volume && strlen(volume) == 64 && strspn(volume, "0123456789abcdef") == 64;
}

/* Does the new container have something of its own there? An anonymous volume becomes the old one instead. */
static bool is_taken(const json_t *host, const char *target, const char *volume)
{
	json_t *item = NULL;
	size_t i = 0, len = strlen(target);

	json_array_foreach(json_get_array(host, "Mounts"), i, item)
	{
		if (!str_eq(json_get_string(item, "Target"), target))
			continue;
		if (str_eq(json_get_string(item, "Type"), "volume") &&
		    !json_get_string(item, "Source"))
			json_set_string(item, "Source", volume);
		return true;
	}
	json_array_foreach(json_get_array(host, "Binds"), i, item)
	{
		const char *text = json_string_value(item),
			   *colon = text ? strchr(text, ':') : NULL;

		if (colon && strncmp(colon + 1, target, len) == 0 &&
		    (colon[1 + len] == ':' || !colon[1 + len]))
			return true;
	}
	return false;
}

/* Anonymous volumes go from the old container to the new one: they hold its data. */
static void inherit_volumes(const json_t *old, json_t *body)
{
	json_t *host = json_get_object(body, "HostConfig"), *binds = json_get_array(host, "Binds");
	json_t *mount = NULL;
	size_t i = 0;

	json_array_foreach(json_get_array(old, "Mounts"), i, mount)
	{
		const char *name = json_get_string(mount, "Name");
		const char *target = json_get_string(mount, "Destination");

		if (!is_anonymous(name) || !target || is_taken(host, target, name))
			continue;
		if (!binds) {
			binds = json_array();
			json_object_set_new(host, "Binds", binds);
		}
		json_array_append_new(binds, json_sprintf("%s:%s", name, target));
	}
}

static json_t *create_body(const struct making *making)
{
	const struct strmap *more = making->deploy->request->labels;
	json_t *body = json_deep_copy(json_get_object(making->body, "Config"));
	json_t *networking = json_get_object(making->body, "NetworkingConfig");
	json_t *labels = json_get_object(body, "Labels");

	for (size_t i = 0; more && i < more->len; i++)
		json_set_string(labels, more->items[i].key, more->items[i].value);
	json_object_set(body, "HostConfig", json_get_object(making->body, "HostConfig"));
	if (networking)
		json_object_set(body, "NetworkingConfig", networking);
	return body;
}

/* --- secrets and configs that are no files of the board --- */

static int write_files(void *data, int fd, struct err *err)
{
	const struct compose_injected_files *files = data;
	AUTO(tar_writer_freep) struct tar_writer *tar = tar_writer_new(fd, "secrets and configs");
	struct layer_sink *sink = tar_writer_sink(tar);

	VEC_FOREACH(file, files) {
		struct layer_entry entry = {
			.path = file->path + (*file->path == '/'),
			.type = LAYER_FILE,
			.mode = file->mode ? file->mode : 0444,
			.uid = file->uid ? (unsigned)strtoul(file->uid, NULL, 10) : 0,
			.gid = file->gid ? (unsigned)strtoul(file->gid, NULL, 10) : 0,
			.size = strlen(file->content),
		};

		if (sink->entry(sink, &entry, err) < 0 ||
		    sink->data(sink, file->content, strlen(file->content), err) < 0)
			return -1;
	}
	return tar_writer_finish(tar, err);
}

static int inject_files(const struct making *making, struct err *err)
{
	AUTO(compose_injected_files_release)
	struct compose_injected_files files = { .items = NULL };
	struct piped_source *pipe = NULL;
	struct byte_source source;

	if (compose_engine_files(making->deploy->request->compose, making->service->name, &files,
				 err) < 0)
		return -1;
	if (files.len == 0)
		return 0;
	if (piped_source_new(write_files, &files, &pipe, err) < 0)
		return -1;
	source = piped_source_bytes(pipe);
	return piped_source_finish(
		pipe, container_put_archive(making->deploy->engine, making->id, "/", &source, err),
		err);
}

/* --- making it --- */

static int create(struct making *making, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec warnings = STRVEC_INIT;
	json_auto_t *body = create_body(making);
	const char *network = NULL;
	json_t *endpoint = NULL;

	if (container_create(making->deploy->engine, name,
			     json_get_string(making->body, "platform"), body, &making->id,
			     &warnings, err) < 0) {
		if (strstr(err->message, "is already in use"))
			return err_hint(err,
					"something else has a container of that name, or another "
					"deployment is under way: see 'edgectl device ps --all'");
		return -1;
	}
	if (making->old)
		journal_replaced(&making->deploy->journal, making->id, &making->before);
	else
		journal_made(&making->deploy->journal, making->id);
	VEC_FOREACH(warning, &warnings)
		monitor_text(making->deploy->request->monitor, 0, EVENT_WARNING, "service '%s': %s",
			     making->service->name, *warning);
	json_object_foreach(json_get_object(making->body, "Connect"), network, endpoint)
	{
		if (network_connect(making->deploy->engine, network, making->id, endpoint, err) < 0)
			return -1;
	}
	return inject_files(making, err);
}

static int start(struct making *making, struct err *err)
{
	if (making->number == 1 && deploy_pre_start(making->deploy, making->step, making->id,
						    making->body, making->service, err) < 0)
		return -1;
	if (container_start(making->deploy->engine, making->name, err) < 0) {
		if (strstr(err->message, "port is already allocated") ||
		    strstr(err->message, "address already in use"))
			return err_hint(err,
					"another program of the board has that port: stop it, or "
					"choose another one in the compose file");
		return -1;
	}
	if (deploy_check_foreign(making->deploy, making->id, making->service, err) < 0)
		return -1;
	return deploy_post_start(making->deploy, making->step, making->id, making->service, err);
}

static int make_first(struct making *making, struct err *err)
{
	tell(making, EVENT_STEP_DETAIL, "creating");
	return create(making, making->name, err) < 0 ? -1 : start(making, err);
}

/* Under a name for the meantime, so that the old one runs until the new one is ready to start. */
static int replace(struct making *making, struct err *err)
{
	struct engine *engine = making->deploy->engine;
	const struct deployed *old = making->old;
	AUTO(freep) char *meantime = xasprintf("%.12s_%s", old->id, making->name);
	AUTO(freep) char *set_aside = xasprintf("%.12s_%s_old", old->id, making->before.name);
	json_auto_t *container = NULL;

	/* A deployment that was killed may have left one of that name. */
	if (making->deploy->before.leftovers.len > 0 &&
	    container_remove(engine, meantime, false, err) < 0)
		return -1;
	if (container_inspect(engine, old->id, &container, err) < 0)
		return -1;
	inherit_volumes(container, making->body);
	if (create(making, meantime, err) < 0 ||
	    deploy_stop(making->deploy, making->step, old, making->service, err) < 0 ||
	    (!str_eq(old->name, set_aside) &&
	     container_rename(engine, old->id, set_aside, err) < 0) ||
	    container_rename(engine, making->id, making->name, err) < 0)
		return -1;
	return start(making, err);
}

/* NULL when it can stay as it is. */
static const char *why_anew(const struct making *making)
{
	const struct deploy *deploy = making->deploy;
	const json_t *labels = json_get_object(json_get_object(making->body, "Config"), "Labels");

	if (deploy->request->recreate)
		return "recreating, as told";
	if (!str_eq(making->old->hash, json_get_string(labels, COMPOSE_LABEL "config-hash")))
		return "recreating: its configuration has changed";
	if (!str_eq(making->old->image, json_get_string(labels, COMPOSE_LABEL "image")))
		return "recreating: its image has changed";
	if (strvec_contains(&deploy->displaced, making->old->id))
		return "recreating: its network is new";
	VEC_FOREACH(dependency, &making->service->depends_on) {
		if (dependency->restart && strvec_contains(&deploy->renewed, dependency->name))
			return "recreating: what it depends on is new";
	}
	return NULL;
}

static int keep(struct making *making, struct err *err)
{
	bool has_other = !str_eq(making->before.id, making->old->id);

	making->id = xstrdup(making->old->id);
	/* Of a deployment that was killed. */
	if (deployed_name_is_temporary(making->old->name) &&
	    container_rename(making->deploy->engine, making->id, making->name, err) < 0)
		return -1;
	if (has_other)
		journal_replaced(&making->deploy->journal, making->id, &making->before);
	if (making->old->is_running) {
		making->deploy->result->unchanged++;
		tell(making, EVENT_STEP_DETAIL, "unchanged");
		return 0;
	}
	tell(making, EVENT_STEP_DETAIL, "starting");
	making->deploy->result->started++;
	if (!has_other)
		journal_touched(&making->deploy->journal, &making->before);
	return start(making, err);
}

/* What an interrupted deployment began, and nobody has found good, is not what to go back to. */
static int bring_back(struct making *making, struct err *err)
{
	struct engine *engine = making->deploy->engine;

	tell(making, EVENT_STEP_DETAIL, "undoing a deployment that was interrupted");
	if (container_remove(engine, making->old->id, false, err) < 0 ||
	    container_rename(engine, making->aside.id, making->name, err) < 0 ||
	    container_start(engine, making->aside.id, err) < 0)
		return -1;
	making->old = &making->before;
	return 0;
}

/* What is to be there again if this fails: what ran before the deployment that was interrupted, if one was. */
static void find_before(struct making *making)
{
	struct deployment *before = &making->deploy->before;

	if (!making->old)
		return;
	making->before = *making->old;
	if (!deployment_was_interrupted(before, making->old))
		return;
	making->has_aside = deployment_take_aside(before, making->old, &making->aside);
	if (making->has_aside)
		making->before = making->aside;
	making->before.name = making->name;
	making->before.is_running = true;
}

static int make(struct making *making, struct err *err)
{
	struct deploy_result *result = making->deploy->result;
	const char *why = NULL;
	int status = 0;

	find_before(making);
	why = making->old ? why_anew(making) : NULL;
	if (making->has_aside && why) {
		if (bring_back(making, err) < 0)
			return -1;
		why = why_anew(making);
	}
	if (making->old && !why)
		return keep(making, err);
	if (why)
		tell(making, EVENT_STEP_DETAIL, why);
	status = making->old ? replace(making, err) : make_first(making, err);
	if (status < 0)
		return -1;
	strvec_add(&making->deploy->renewed, making->service->name);
	result->recreated += making->old != NULL;
	result->created += making->old == NULL;
	return 0;
}

/* "SERVICE:NAME=VALUE" for that service, "NAME=VALUE" for all; NULL when it is for another one. */
static const char *own_variable(const struct making *making, const char *text)
{
	const char *service = making->service->name;
	size_t len = strlen(service), name = strcspn(text, ":=");

	if (text[name] != ':')
		return text;
	return name == len && strncmp(text, service, len) == 0 ? text + len + 1 : NULL;
}

static json_t *environment_of(json_t *config)
{
	json_t *env = json_get_array(config, "Env");

	if (env)
		return env;
	env = json_array();
	json_object_set_new(config, "Env", env);
	return env;
}

static void set_variable(json_t *env, const char *pair)
{
	size_t len = strcspn(pair, "="), i = 0;
	json_t *item = NULL;

	json_array_foreach(env, i, item)
	{
		if (strncmp(json_string_value(item), pair, len) == 0 &&
		    strchr("=", json_string_value(item)[len]))
			break;
	}
	if (i < json_array_size(env))
		json_array_remove(env, i);
	json_array_append_new(env, json_string(pair));
}

static bool has_variable(const json_t *env, const char *name)
{
	size_t len = strlen(name), i = 0;
	json_t *item = NULL;

	json_array_foreach(env, i, item)
	{
		const char *pair = json_string_value(item);

		if (strncmp(pair, name, len) == 0 && strchr("=", pair[len]))
			return true;
	}
	return false;
}

static void add_proxies(struct making *making)
{
	const struct strmap *proxies = making->deploy->request->proxies;
	json_t *config = json_get_object(making->body, "Config");

	for (size_t i = 0; proxies && i < proxies->len; i++) {
		const struct strmap_item *proxy = &proxies->items[i];
		json_t *env = environment_of(config);

		if (!has_variable(env, proxy->key))
			json_array_append_new(env, json_sprintf("%s=%s", proxy->key, proxy->value));
	}
}

/* Variables of the command line count for the configuration as those of the file do. */
static void add_variables(struct making *making)
{
	const struct strvec *wanted = making->deploy->request->env;
	json_t *config = json_get_object(making->body, "Config");
	json_t *labels = json_get_object(config, "Labels");
	AUTO(str_release) struct str hashed = STR_INIT;
	struct digest digest;

	str_add(&hashed, json_get_string(labels, COMPOSE_LABEL "config-hash") ?: "");
	for (size_t i = 0; wanted && i < wanted->len; i++) {
		const char *pair = own_variable(making, wanted->items[i]);

		if (!pair)
			continue;
		set_variable(environment_of(config), pair);
		str_addf(&hashed, "\n%s", pair);
	}
	if (!strchr(hashed.ptr, '\n'))
		return;
	digest_of(hashed.ptr, hashed.len, &digest);
	json_set_string(labels, COMPOSE_LABEL "config-hash", digest_hex(&digest));
}

static int prepare(struct making *making, unsigned number, struct err *err)
{
	struct deploy *deploy = making->deploy;

	deploy->target.image_id = strmap_get(&deploy->image_ids, making->service->name);
	deploy->target.containers = &deploy->result->containers;
	if (compose_engine_container(deploy->request->compose, &deploy->target,
				     making->service->name, number, &making->body, err) < 0)
		return -1;
	add_variables(making);
	add_proxies(making);
	making->name = xstrdup(json_get_string(making->body, "name") ?: "");
	return 0;
}

int deploy_container(struct deploy *deploy, const struct compose_service *service, unsigned number,
		     struct err *err)
{
	AUTO(making_release)
	struct making making = { .deploy = deploy,
				 .service = service,
				 .number = number,
				 .old = deployment_find(&deploy->before, service->name, number) };

	if (prepare(&making, number, err) < 0)
		return -1;
	making.step = monitor_add_step(deploy->request->monitor, "container %s", making.name);
	tell(&making, EVENT_STEP_STARTED, "");
	if (make(&making, err) < 0) {
		tell(&making, EVENT_STEP_FAILED, err->message);
		return err_wrap(err, "service '%s'", service->name);
	}
	tell(&making, EVENT_STEP_DONE, "");
	if (!strmap_has(&deploy->result->containers, service->name))
		strmap_set(&deploy->result->containers, service->name, making.id);
	return 0;
}
