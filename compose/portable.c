/*
 * What a model has of the machine it was read on, taken out: how images are built, what is watched, the files of configs.
 */
#include "compose/portable.h"

#include <fcntl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "tree.h"

/* An engine takes a config of at most so much. */
#define CONFIG_MAX ((size_t)1000 * 1024)

struct travelling {
	struct arena *arena;
	const char *directory;
};

/* --- services --- */

static void remove_local_keys(struct yaml *service)
{
	static const char *const keys[] = { "build", "develop", "profiles", "env_file",
					    "label_file" };
	const char *policy = yaml_get_text(service, "pull_policy");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		yaml_remove(service, keys[i]);
	if (policy && strcmp(policy, "build") == 0)
		yaml_remove(service, "pull_policy");
}

/* A path elsewhere is the board's own: /dev, /run/dbus. */
static int check_volumes(const struct travelling *t, const char *name, const struct yaml *service,
			 struct err *err)
{
	YAML_EACH_ITEM(volume, yaml_get(service, "volumes")) {
		const char *type = yaml_get_text(*volume, "type");
		const char *source = yaml_get_text(*volume, "source");

		if (!type || strcmp(type, "bind") != 0 || !source ||
		    !path_is_within(source, t->directory))
			continue;
		(void)err_set(err, ERR_INPUT, "service '%s' mounts '%s', which is on this machine",
			      name, source);
		return err_hint(err,
				"COPY it in the Dockerfile, or make it a config; a path of the "
				"board is fine");
	}
	return 0;
}

static int change_services(const struct travelling *t, struct yaml *services, struct err *err)
{
	YAML_EACH_ENTRY(service, services) {
		if (!yaml_get_text(service->value, "image"))
			return err_set(err, ERR_INPUT, "service '%s' has no image", service->key);
		if (check_volumes(t, service->key, service->value, err) < 0)
			return -1;
		remove_local_keys(service->value);
		yaml_sort(service->value);
	}
	return 0;
}

/* --- configs and secrets --- */

static int take_in(const struct travelling *t, const char *name, struct yaml *config,
		   struct err *err)
{
	const char *path = yaml_get_text(config, "file");
	AUTO(str_release) struct str text = STR_INIT;

	if (!path)
		return 0;
	if (fs_read_file(AT_FDCWD, path, CONFIG_MAX, &text, err) < 0)
		return err_wrap(err, "config '%s'", name);
	if (memchr(text.ptr, '\0', text.len)) {
		(void)err_set(err, ERR_INPUT, "config '%s': '%s' is no text", name, path);
		return err_hint(err, "COPY it in the Dockerfile");
	}
	yaml_remove(config, "file");
	yaml_set(t->arena, config, "content", yaml_new_string(t->arena, text.ptr, config));
	return 0;
}

static int change_configs(const struct travelling *t, struct yaml *configs, struct err *err)
{
	YAML_EACH_ENTRY(config, configs) {
		if (take_in(t, config->key, config->value, err) < 0)
			return -1;
	}
	return 0;
}

static int check_secrets(const struct yaml *secrets, struct err *err)
{
	YAML_EACH_ENTRY(secret, secrets) {
		if (!yaml_has(secret->value, "file"))
			continue;
		(void)err_set(err, ERR_INPUT, "secret '%s' is a file of this machine", secret->key);
		return err_hint(err, "everybody who can pull can read what is published: make it "
				     "'environment', which is set where it runs");
	}
	return 0;
}

int compose_make_portable(struct compose *compose, struct err *err)
{
	struct yaml *document = compose_document(compose);
	const struct travelling t = { .arena = compose_arena(compose),
				      .directory = compose_directory(compose) };

	if (change_services(&t, yaml_get(document, "services"), err) < 0 ||
	    change_configs(&t, yaml_get(document, "configs"), err) < 0)
		return -1;
	return check_secrets(yaml_get(document, "secrets"), err);
}
