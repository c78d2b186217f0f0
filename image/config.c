#include "image/config.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "fields.h"

/* The members that struct image_config holds: what is not here is kept in `unknown`. */
static const char *const known_members[] = { "created", "author",  "architecture",
					     "os",      "variant", "config",
					     "rootfs",  "history", "os.version" };
static const char *const known_config[] = { "User",        "ExposedPorts", "Env",
					    "Entrypoint",  "Cmd",          "Volumes",
					    "WorkingDir",  "Labels",       "StopSignal",
					    "Healthcheck", "OnBuild",      "Shell" };

void image_config_init(struct image_config *config)
{
	*config = (struct image_config){
		.unknown = json_object(),
		.unknown_config = json_object(),
	};
}

static void history_release(struct history *history)
{
	VEC_FOREACH(entry, history) {
		free(entry->created);
		free(entry->created_by);
		free(entry->comment);
		free(entry->author);
	}
	free(history->items);
}

void image_config_release(struct image_config *config)
{
	free(config->os_version);
	free(config->created);
	free(config->author);
	free(config->user);
	free(config->working_dir);
	free(config->stop_signal);
	strmap_release(&config->env);
	strmap_release(&config->labels);
	strmap_release(&config->exposed_ports);
	strmap_release(&config->volumes);
	strvec_release(&config->entrypoint);
	strvec_release(&config->cmd);
	strvec_release(&config->shell);
	strvec_release(&config->on_build);
	strvec_release(&config->healthcheck.test);
	free(config->diff_ids.items);
	history_release(&config->history);
	json_decref(config->unknown);
	json_decref(config->unknown_config);
	*config = (struct image_config){ .unknown = NULL };
}

static void copy_runtime(struct image_config *dst, const struct image_config *src)
{
	dst->user = xstrdup_or_null(src->user);
	dst->working_dir = xstrdup_or_null(src->working_dir);
	dst->stop_signal = xstrdup_or_null(src->stop_signal);
	strmap_set_all(&dst->env, &src->env);
	strmap_set_all(&dst->labels, &src->labels);
	strmap_set_all(&dst->exposed_ports, &src->exposed_ports);
	strmap_set_all(&dst->volumes, &src->volumes);
	strvec_add_all(&dst->entrypoint, &src->entrypoint);
	strvec_add_all(&dst->cmd, &src->cmd);
	strvec_add_all(&dst->shell, &src->shell);
	strvec_add_all(&dst->on_build, &src->on_build);
	dst->entrypoint_is_set = src->entrypoint_is_set;
	dst->cmd_is_set = src->cmd_is_set;
	dst->healthcheck = src->healthcheck;
	dst->healthcheck.test = (struct strvec)STRVEC_INIT;
	strvec_add_all(&dst->healthcheck.test, &src->healthcheck.test);
}

void image_config_copy(struct image_config *dst, const struct image_config *src)
{
	*dst = (struct image_config){
		.platform = src->platform,
		.os_version = xstrdup_or_null(src->os_version),
		.created = xstrdup_or_null(src->created),
		.author = xstrdup_or_null(src->author),
		.unknown = json_deep_copy(src->unknown),
		.unknown_config = json_deep_copy(src->unknown_config),
	};
	copy_runtime(dst, src);
	VEC_FOREACH(diff_id, &src->diff_ids)
		*VEC_ADD(&dst->diff_ids) = *diff_id;
	VEC_FOREACH(entry, &src->history)
		*VEC_ADD(&dst->history) = (struct history_entry){
			.created = xstrdup_or_null(entry->created),
			.created_by = xstrdup_or_null(entry->created_by),
			.comment = xstrdup_or_null(entry->comment),
			.author = xstrdup_or_null(entry->author),
			.empty_layer = entry->empty_layer,
		};
}

void image_config_add_history(struct image_config *config, const char *created,
			      const char *created_by, const char *comment, bool empty_layer)
{
	*VEC_ADD(&config->history) = (struct history_entry){
		.created = xstrdup_or_null(created),
		.created_by = xstrdup_or_null(created_by),
		.comment = xstrdup_or_null(comment),
		.empty_layer = empty_layer,
	};
}

const char *rfc3339_format(time_t when, char *buf)
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(buf, 32, "1970-01-01T00:00:00Z");
	return buf;
}

/* --- reading --- */

static bool is_known(const char *key, const char *const *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(key, known[i]) == 0)
			return true;
	return false;
}

static void keep_unknown(json_t *from, const char *const *known, size_t count, json_t *to)
{
	const char *key;
	json_t *value;

	json_object_foreach(from, key, value) if (!is_known(key, known, count))
		json_object_set(to, key, value);
}

static int parse_healthcheck(const json_t *config, struct healthcheck *ret, struct err *err)
{
	json_t *json = NULL;

	if (field_object(config, "Healthcheck", FIELD_OPTIONAL, &json, err) < 0)
		return -1;
	if (!json)
		return 0;
	ret->is_set = true;
	if (field_strings(json, "Test", &ret->test, NULL, err) < 0 ||
	    field_integer(json, "Interval", FIELD_OPTIONAL, &ret->interval, err) < 0 ||
	    field_integer(json, "Timeout", FIELD_OPTIONAL, &ret->timeout, err) < 0 ||
	    field_integer(json, "StartPeriod", FIELD_OPTIONAL, &ret->start_period, err) < 0 ||
	    field_integer(json, "StartInterval", FIELD_OPTIONAL, &ret->start_interval, err) < 0 ||
	    field_integer(json, "Retries", FIELD_OPTIONAL, &ret->retries, err) < 0)
		return err_wrap(err, "Healthcheck");
	return 0;
}

static int parse_env(const json_t *config, struct strmap *ret, struct err *err)
{
	AUTO(strvec_release) struct strvec pairs = STRVEC_INIT;

	if (field_strings(config, "Env", &pairs, NULL, err) < 0)
		return -1;
	VEC_FOREACH(pair, &pairs)
		strmap_set_pair(ret, *pair);
	return 0;
}

static int parse_runtime(json_t *json, struct image_config *config, struct err *err)
{
	if (field_text(json, "User", &config->user, err) < 0 ||
	    field_text(json, "WorkingDir", &config->working_dir, err) < 0 ||
	    field_text(json, "StopSignal", &config->stop_signal, err) < 0 ||
	    parse_env(json, &config->env, err) < 0 ||
	    field_map(json, "Labels", &config->labels, err) < 0 ||
	    field_set(json, "ExposedPorts", &config->exposed_ports, err) < 0 ||
	    field_set(json, "Volumes", &config->volumes, err) < 0 ||
	    field_strings(json, "Entrypoint", &config->entrypoint, &config->entrypoint_is_set,
			  err) < 0 ||
	    field_strings(json, "Cmd", &config->cmd, &config->cmd_is_set, err) < 0 ||
	    field_strings(json, "Shell", &config->shell, NULL, err) < 0 ||
	    field_strings(json, "OnBuild", &config->on_build, NULL, err) < 0 ||
	    parse_healthcheck(json, &config->healthcheck, err) < 0)
		return err_wrap(err, "config");
	keep_unknown(json, known_config, ARRAY_SIZE(known_config), config->unknown_config);
	return 0;
}

static int parse_diff_ids(const json_t *root, struct digests *ret, struct err *err)
{
	json_t *rootfs = NULL, *array = NULL, *item;
	size_t i;

	if (field_object(root, "rootfs", FIELD_REQUIRED, &rootfs, err) < 0)
		return -1;
	if (field_array(rootfs, "diff_ids", FIELD_OPTIONAL, &array, err) < 0)
		return err_wrap(err, "rootfs");
	json_array_foreach(array, i, item)
	{
		const char *text = json_string_value(item);

		if (!text)
			return err_set(err, ERR_INPUT, "rootfs: diff_ids[%zu] is not a string", i);
		if (digest_parse(text, VEC_ADD(ret), err) < 0)
			return err_wrap(err, "rootfs: diff_ids[%zu]", i);
	}
	return 0;
}

static int parse_history_entry(const json_t *json, struct history_entry *ret, struct err *err)
{
	if (!json_is_object(json))
		return err_set(err, ERR_INPUT, "not an object");
	ret->empty_layer = json_is_true(json_object_get(json, "empty_layer"));
	if (field_text(json, "created", &ret->created, err) < 0 ||
	    field_text(json, "created_by", &ret->created_by, err) < 0 ||
	    field_text(json, "comment", &ret->comment, err) < 0)
		return -1;
	return field_text(json, "author", &ret->author, err);
}

static int parse_history(const json_t *root, struct history *ret, struct err *err)
{
	json_t *array = NULL, *item;
	size_t i;

	if (field_array(root, "history", FIELD_OPTIONAL, &array, err) < 0)
		return -1;
	json_array_foreach(array, i, item) if (parse_history_entry(item, VEC_ADD(ret), err) <
					       0) return err_wrap(err, "history[%zu]", i);
	return 0;
}

static int parse_root(json_t *root, struct image_config *config, struct err *err)
{
	const char *os = NULL, *arch = NULL, *variant = NULL;
	json_t *runtime = NULL;

	if (!json_is_object(root))
		return err_set(err, ERR_INPUT, "not an object");
	if (field_text(root, "created", &config->created, err) < 0 ||
	    field_text(root, "author", &config->author, err) < 0 ||
	    field_text(root, "os.version", &config->os_version, err) < 0 ||
	    field_string(root, "os", FIELD_OPTIONAL, &os, err) < 0 ||
	    field_string(root, "architecture", FIELD_OPTIONAL, &arch, err) < 0 ||
	    field_string(root, "variant", FIELD_OPTIONAL, &variant, err) < 0 ||
	    field_object(root, "config", FIELD_OPTIONAL, &runtime, err) < 0 ||
	    parse_diff_ids(root, &config->diff_ids, err) < 0 ||
	    parse_history(root, &config->history, err) < 0)
		return -1;
	platform_set(&config->platform, os, arch, variant);
	keep_unknown(root, known_members, ARRAY_SIZE(known_members), config->unknown);
	return runtime ? parse_runtime(runtime, config, err) : 0;
}

int image_config_parse(struct span text, struct image_config *ret, struct err *err)
{
	AUTO(json_decrefp) json_t *root = NULL;
	struct image_config config;

	if (text.len > LIMIT_CONFIG)
		return err_set(err, ERR_LIMIT, "image config of %zu bytes: more than %zu", text.len,
			       LIMIT_CONFIG);
	if (json_parse(text, "image config", &root, err) < 0)
		return -1;
	image_config_init(&config);
	if (parse_root(root, &config, err) < 0) {
		image_config_release(&config);
		return err_wrap(err, "image config");
	}
	*ret = config;
	return 0;
}

/* --- writing --- */

static void put_strings(json_t *object, const char *key, const struct strvec *v, bool is_set)
{
	if (is_set || v->len > 0)
		json_object_set_new(object, key, json_from_strvec(v));
}

static void put_integer(json_t *object, const char *key, int64_t value)
{
	if (value)
		json_object_set_new(object, key, json_integer(value));
}

static void put_env(json_t *object, const struct strmap *env)
{
	AUTO(strvec_release) struct strvec pairs = STRVEC_INIT;

	VEC_FOREACH(item, env)
		strvec_addf(&pairs, "%s%s%s", item->key, item->value ? "=" : "",
			    item->value ? item->value : "");
	put_strings(object, "Env", &pairs, false);
}

static void put_healthcheck(json_t *object, const struct healthcheck *check)
{
	json_t *json;

	if (!check->is_set)
		return;
	json = json_object();
	put_strings(json, "Test", &check->test, false);
	put_integer(json, "Interval", check->interval);
	put_integer(json, "Timeout", check->timeout);
	put_integer(json, "StartPeriod", check->start_period);
	put_integer(json, "StartInterval", check->start_interval);
	put_integer(json, "Retries", check->retries);
	json_object_set_new(object, "Healthcheck", json);
}

static json_t *runtime_json(const struct image_config *config)
{
	json_t *json = json_object();

	put_text(json, "User", config->user);
	put_set(json, "ExposedPorts", &config->exposed_ports);
	put_env(json, &config->env);
	put_strings(json, "Entrypoint", &config->entrypoint, config->entrypoint_is_set);
	put_strings(json, "Cmd", &config->cmd, config->cmd_is_set);
	put_set(json, "Volumes", &config->volumes);
	put_text(json, "WorkingDir", config->working_dir);
	put_map(json, "Labels", &config->labels);
	put_text(json, "StopSignal", config->stop_signal);
	put_healthcheck(json, &config->healthcheck);
	put_strings(json, "OnBuild", &config->on_build, false);
	put_strings(json, "Shell", &config->shell, false);
	json_object_update_missing(json, config->unknown_config);
	return json;
}

static json_t *rootfs_json(const struct digests *diff_ids)
{
	json_t *rootfs = json_object(), *array = json_array();

	VEC_FOREACH(diff_id, diff_ids)
		json_array_append_new(array, json_string(diff_id->text));
	json_set_string(rootfs, "type", "layers");
	json_object_set_new(rootfs, "diff_ids", array);
	return rootfs;
}

static json_t *history_json(const struct history *history)
{
	json_t *array = json_array();

	VEC_FOREACH(entry, history) {
		json_t *json = json_object();

		put_text(json, "created", entry->created);
		put_text(json, "created_by", entry->created_by);
		put_text(json, "author", entry->author);
		put_text(json, "comment", entry->comment);
		if (entry->empty_layer)
			json_object_set_new(json, "empty_layer", json_true());
		json_array_append_new(array, json);
	}
	return array;
}

void image_config_write(const struct image_config *config, struct str *out)
{
	AUTO(json_decrefp) json_t *root = json_object();

	put_text(root, "created", config->created);
	put_text(root, "author", config->author);
	json_set_string(root, "architecture", config->platform.arch);
	if (config->platform.variant[0])
		json_set_string(root, "variant", config->platform.variant);
	json_set_string(root, "os", config->platform.os);
	put_text(root, "os.version", config->os_version);
	json_object_set_new(root, "config", runtime_json(config));
	json_object_set_new(root, "rootfs", rootfs_json(&config->diff_ids));
	if (config->history.len > 0)
		json_object_set_new(root, "history", history_json(&config->history));
	json_object_update_missing(root, config->unknown);
	json_write(root, out);
}
