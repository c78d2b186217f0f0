/* HostConfig.Binds, Mounts, Tmpfs and VolumesFrom. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "engine.h"

struct mounts {
	const struct request *request;
	json_t *binds, *mounts;
};

static bool is_set(const struct yaml *map, const char *key)
{
	const struct yaml *value = yaml_get(map, key);

	return yaml_is(value, YAML_BOOL) && value->boolean;
}

/* Unless it is said not to. */
static bool creates_host_path(const struct yaml *mount)
{
	const struct yaml *value = yaml_get(yaml_get(mount, "bind"), "create_host_path");

	return !yaml_is(value, YAML_BOOL) || value->boolean;
}

/* The short form of the API creates what is missing on the host, and knows no more than "ro" and "z". */
static bool fits_binds(const struct yaml *mount, const char *type)
{
	const struct yaml *bind = yaml_get(mount, "bind");
	const struct yaml *volume = yaml_get(mount, "volume");

	if (!yaml_has(mount, "source"))
		return false;
	if (!strcmp(type, "bind"))
		return creates_host_path(mount) && !yaml_has(bind, "propagation") &&
		       !yaml_has(bind, "recursive");
	return !strcmp(type, "volume") && !yaml_has(volume, "nocopy") &&
	       !yaml_has(volume, "subpath") && !yaml_has(volume, "labels");
}

static void add_bind(struct mounts *m, const struct yaml *mount, const char *source)
{
	const char *selinux = yaml_get_text(yaml_get(mount, "bind"), "selinux");
	AUTO(freep)
	char *text = xasprintf("%s:%s:%s%s%s", source, yaml_get_text(mount, "target") ?: "",
			       is_set(mount, "read_only") ? "ro" : "rw", selinux ? "," : "",
			       selinux ? selinux : "");

	json_array_append_new(m->binds, json_string(text));
}

static void set_flag(json_t *object, const char *key, bool on)
{
	if (on)
		json_object_set_new(object, key, json_true());
}

static json_t *bind_options(const struct yaml *mount)
{
	const struct yaml *bind = yaml_get(mount, "bind");
	const char *propagation = yaml_get_text(bind, "propagation");
	const char *recursive = yaml_get_text(bind, "recursive");
	json_t *options = json_object();

	if (propagation)
		json_set_string(options, "Propagation", propagation);
	set_flag(options, "NonRecursive", str_eq(recursive, "disabled"));
	set_flag(options, "CreateMountpoint", creates_host_path(mount));
	set_flag(options, "ReadOnlyNonRecursive", str_eq(recursive, "writable"));
	set_flag(options, "ReadOnlyForceRecursive", str_eq(recursive, "readonly"));
	return options;
}

static json_t *volume_options(const struct yaml *mount)
{
	const struct yaml *volume = yaml_get(mount, "volume");
	const char *subpath = yaml_get_text(volume, "subpath");
	json_t *options = json_object();

	set_flag(options, "NoCopy", is_set(volume, "nocopy"));
	if (subpath)
		json_set_string(options, "Subpath", subpath);
	set_unless_empty(options, "Labels", pairs_json(yaml_get(volume, "labels")));
	return options;
}

static json_t *tmpfs_options(const struct yaml *mount)
{
	const struct yaml *tmpfs = yaml_get(mount, "tmpfs");
	const char *size = yaml_get_text(tmpfs, "size");
	const struct yaml *mode = yaml_get(tmpfs, "mode");
	json_t *options = json_object();

	if (size)
		json_object_set_new(options, "SizeBytes", json_integer(strtoll(size, NULL, 10)));
	if (yaml_is(mode, YAML_INT))
		json_object_set_new(options, "Mode", json_integer(mode->integer));
	return options;
}

static json_t *image_options(const struct yaml *mount)
{
	const char *subpath = yaml_get_text(yaml_get(mount, "image"), "subpath");
	json_t *options = json_object();

	if (subpath)
		json_set_string(options, "Subpath", subpath);
	return options;
}

static int add_mount(struct mounts *m, const struct yaml *mount, const char *type,
		     const char *source, struct err *err)
{
	const char *consistency = yaml_get_text(mount, "consistency");
	json_t *body = json_object();

	if (!strcmp(type, "image") && m->request->engine->api_minor < 48) {
		json_decref(body);
		return err_set(
			err, ERR_UNSUPPORTED,
			"a volume of the type 'image' needs API 1.48, and the engine has 1.%u",
			m->request->engine->api_minor);
	}
	json_set_string(body, "Type", type);
	if (source)
		json_set_string(body, "Source", source);
	json_set_string(body, "Target", yaml_get_text(mount, "target") ?: "");
	set_flag(body, "ReadOnly", is_set(mount, "read_only"));
	if (consistency)
		json_set_string(body, "Consistency", consistency);
	if (!strcmp(type, "bind"))
		set_unless_empty(body, "BindOptions", bind_options(mount));
	else if (!strcmp(type, "volume"))
		set_unless_empty(body, "VolumeOptions", volume_options(mount));
	else if (!strcmp(type, "tmpfs"))
		set_unless_empty(body, "TmpfsOptions", tmpfs_options(mount));
	else if (!strcmp(type, "image"))
		set_unless_empty(body, "ImageOptions", image_options(mount));
	json_array_append_new(m->mounts, body);
	return 0;
}

static int add_volume(struct mounts *m, const struct yaml *mount, struct err *err)
{
	const char *type = yaml_get_text(mount, "type") ?: "volume";
	const char *source = yaml_get_text(mount, "source");
	const struct yaml *volumes = yaml_get(m->request->document, "volumes");

	if (source && !strcmp(type, "volume"))
		source = yaml_get_text(yaml_get(volumes, source), "name") ?: source;
	if (fits_binds(mount, type)) {
		add_bind(m, mount, source);
		return 0;
	}
	return add_mount(m, mount, type, source, err);
}

/* Secrets and configs that are files; the others are put into the container before it starts. */
static int add_files(struct mounts *m, const char *kind, const char *below, struct err *err)
{
	const struct yaml *defined = yaml_get(m->request->document, kind);

	YAML_EACH_ITEM(item, yaml_get(m->request->service, kind)) {
		const char *source = yaml_get_text(*item, "source") ?: "";
		const char *target = yaml_get_text(*item, "target") ?: source;
		const struct yaml *resource = yaml_get(defined, source);
		const char *file = yaml_get_text(resource, "file");
		AUTO(freep) char *path = xasprintf("%s%s", *target == '/' ? "" : below, target);

		if (yaml_has(resource, "external"))
			return err_set(err, ERR_UNSUPPORTED,
				       "'%s' of %s is external, which only a swarm knows", source,
				       kind);
		if (file)
			json_array_append_new(m->mounts, json_pack("{s:s,s:s,s:s,s:b}", "Type",
								   "bind", "Source", file, "Target",
								   path, "ReadOnly", 1));
	}
	return 0;
}

static void set_tmpfs(const struct yaml *service, json_t *host)
{
	json_t *body = json_object();

	YAML_EACH_ITEM(item, yaml_get(service, "tmpfs")) {
		size_t len = strcspn((*item)->text, ":");
		AUTO(freep) char *path = xstrndup((*item)->text, len);

		json_set_string(body, path, (*item)->text[len] ? (*item)->text + len + 1 : "");
	}
	set_unless_empty(host, "Tmpfs", body);
}

/* "service:ro" and "container:name:ro" as the names of containers. */
static void set_volumes_from(const struct request *request, json_t *host)
{
	json_t *array = json_array();

	YAML_EACH_ITEM(item, yaml_get(request->service, "volumes_from")) {
		const char *text = (*item)->text;
		size_t len = strcspn(text, ":");
		AUTO(freep) char *service = xstrndup(text, len);
		AUTO(freep) char *container = container_reference(request, service);
		AUTO(freep) char *from = xasprintf("%s%s", container, text + len);

		json_array_append_new(array, json_string(str_has_prefix(text, "container:")
								 ? text + strlen("container:")
								 : from));
	}
	set_unless_empty(host, "VolumesFrom", array);
}

int request_mounts(const struct request *request, json_t *host, struct err *err)
{
	struct mounts m = { .request = request, .binds = json_array(), .mounts = json_array() };
	int result = 0;

	YAML_EACH_ITEM(mount, yaml_get(request->service, "volumes"))
		if (result == 0)
			result = add_volume(&m, *mount, err);
	if (result == 0)
		result = add_files(&m, "configs", "/", err);
	if (result == 0)
		result = add_files(&m, "secrets", "/run/secrets/", err);
	set_unless_empty(host, "Binds", m.binds);
	set_unless_empty(host, "Mounts", m.mounts);
	set_tmpfs(request->service, host);
	set_volumes_from(request, host);
	return result;
}
