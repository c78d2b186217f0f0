/* compose: what docker compose sends to create containers, networks and volumes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "compose/engine.h"
#include "suite.h"

/* Members whose emptiness says something. */
static bool keeps_empty(const char *key)
{
	static const char *const keys[] = { "Init", "Cmd", "Entrypoint", "MaskedPaths",
					    "ReadonlyPaths" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

/* Maps with keys of the user's own: nothing is dropped from them. */
static bool is_user_map(const char *key)
{
	static const char *const keys[] = { "Labels",      "Options",    "DriverOpts",
					    "Config",      "Sysctls",    "Tmpfs",
					    "Annotations", "StorageOpt", "ExposedPorts",
					    "PortBindings" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static bool says_nothing(const json_t *value)
{
	if (json_is_string(value))
		return !*json_string_value(value);
	if (json_is_number(value))
		return json_number_value(value) == 0;
	if (json_is_array(value))
		return !json_array_size(value);
	if (json_is_object(value))
		return !json_object_size(value);
	return !json_is_true(value);
}

static void drop_nothings(json_t *value)
{
	const char *key = NULL;
	json_t *member = NULL;
	void *next = NULL;
	size_t i = 0;

	json_array_foreach(value, i, member) drop_nothings(member);
	json_object_foreach_safe(value, next, key, member)
	{
		/* The top-level Config is one of the API's. */
		if (!is_user_map(key) || json_object_get(member, "Image"))
			drop_nothings(member);
		if (says_nothing(member) && !keeps_empty(key))
			json_object_del(value, key);
	}
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A list whose order does not count, as sorted texts. */
static json_t *sorted(const json_t *list)
{
	AUTO(strvec_release) struct strvec texts = STRVEC_INIT;
	json_t *item = NULL;
	size_t i = 0;

	json_array_foreach((json_t *)list, i, item)
		strvec_take(&texts, json_dumps(item, JSON_SORT_KEYS | JSON_ENCODE_ANY));
	if (texts.len)
		qsort(texts.items, texts.len, sizeof(*texts.items), compare_texts);
	return json_from_strvec(&texts);
}

static void sort_free_lists(json_t *body)
{
	static const char *const keys[] = { "Binds", "Mounts", "Ulimits", "ExtraHosts" };
	json_t *host = json_object_get(body, "HostConfig");
	json_t *config = json_object_get(body, "Config");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(host, keys[i]))
			json_object_set_new(host, keys[i], sorted(json_object_get(host, keys[i])));
	if (json_object_get(config, "Env"))
		json_object_set_new(config, "Env", sorted(json_object_get(config, "Env")));
}

/* Our own hashes are put where the data has a placeholder. */
static void take_hash(json_t *want, const json_t *have)
{
	json_t *want_labels = json_object_get(want, "Labels");
	const json_t *hash =
		json_object_get(json_object_get(have, "Labels"), "com.docker.compose.config-hash");

	if (want_labels && hash)
		json_object_set(want_labels, "com.docker.compose.config-hash", (json_t *)hash);
}

static void check_body(struct suite *suite, const char *id, const char *key, json_t *want,
		       json_t *have)
{
	AUTO(freep) char *want_text = NULL;
	AUTO(freep) char *have_text = NULL;

	take_hash(json_object_get(want, "Config"), json_object_get(have, "Config"));
	take_hash(want, have);
	drop_nothings(want);
	drop_nothings(have);
	sort_free_lists(want);
	sort_free_lists(have);
	want_text = json_dumps(want, JSON_SORT_KEYS | JSON_COMPACT);
	have_text = have ? json_dumps(have, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
	suite_case(suite, have && json_equal(want, have), id, "%s:\n want %s\n have %s", key,
		   want_text, have_text);
}

struct row {
	struct suite *suite;
	const char *id;
	const json_t *expected;
	struct compose *compose;
	struct compose_engine engine;
};

/* The data stops at the create call. */
static json_t *without_later(json_t *body)
{
	json_object_del(body, "Connect");
	return body;
}

static void check_containers(const struct row *row)
{
	const char *service = NULL;
	json_t *want = NULL;

	json_object_foreach(json_object_get(row->expected, "containers"), service, want)
	{
		AUTO(err_release) struct err err = ERR_INIT;
		json_t *have = NULL;

		if (compose_engine_container(row->compose, &row->engine, service, 1, &have, &err) <
		    0)
			suite_case(row->suite, false, row->id, "refused: %s", err.message);
		else
			check_body(row->suite, row->id, service, want, without_later(have));
		json_decref(have);
	}
}

static void check_resources(const struct row *row)
{
	const char *key = NULL;
	json_t *want = NULL;

	json_object_foreach(json_object_get(row->expected, "networks"), key, want)
	{
		json_t *have = compose_engine_network(row->compose, &row->engine, key);

		check_body(row->suite, row->id, key, want, have);
		json_decref(have);
	}
	json_object_foreach(json_object_get(row->expected, "volumes"), key, want)
	{
		json_t *have = compose_engine_volume(row->compose, &row->engine, key);

		check_body(row->suite, row->id, key, want, have);
		json_decref(have);
	}
}

/* Refused when it is loaded, or when the container is made. */
static void check_refusal(const struct row *row)
{
	AUTO(err_release) struct err err = ERR_INIT;
	json_t *have = NULL;
	int result = compose_engine_container(row->compose, &row->engine, "a", 1, &have, &err);

	suite_case(row->suite, result < 0, row->id, "must be refused");
	json_decref(have);
}

static void write_files(const json_t *files, const char *directory)
{
	const char *name = NULL;
	json_t *text = NULL;

	json_object_foreach((json_t *)files, name, text)
	{
		AUTO(freep) char *path = path_join(directory, name);
		AUTO(freep) char *above = path_dir(path);

		if (fs_mkdir_all(AT_FDCWD, above, 0755, NULL) < 0 ||
		    fs_write_file_atomic(AT_FDCWD, path, json_string_value(text),
					 json_string_length(text), 0644, NULL) < 0)
			exit(1);
	}
}

/* The placeholders of the data by what they stand for here. */
static json_t *expected_row(const json_t *row, const char *directory)
{
	const char *const values[][2] = { { "@DIR@", directory },
					  { "@VERSION@", "test" },
					  { "@IMAGE_ID@", "sha256:1234" } };
	AUTO(freep) char *text = json_dumps(row, 0);
	json_t *json = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct str out = STR_INIT;
		const char *at = text;

		for (const char *hit = NULL; (hit = strstr(at, values[i][0]));
		     at = hit + strlen(values[i][0])) {
			str_addn(&out, at, (size_t)(hit - at));
			str_add(&out, values[i][1]);
		}
		str_add(&out, at);
		free(text);
		text = str_detach(&out);
	}
	json = json_loads(text, 0, NULL);
	return json;
}

static void check_row(struct suite *suite, const json_t *data)
{
	AUTO(freep) char *temp = NULL;
	AUTO(compose_freep) struct compose *compose = NULL;
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	const char *version = json_get_string(data, "api_version");
	struct compose_options options = { .env = &env, .project_name = "demo" };
	struct row row = { .suite = suite, .id = json_get_string(data, "id") };
	const char *key = NULL;
	json_t *value = NULL;
	json_t *expected = NULL;

	if (fs_make_temp_dir(AT_FDCWD, "/tmp/compose-conformance-", &temp, NULL) < 0)
		exit(1);
	write_files(json_object_get(data, "files"), temp);
	json_object_foreach(json_object_get(data, "env"), key, value)
		strmap_set(&env, key, json_string_value(value));
	options.cwd = temp;
	row.engine =
		(struct compose_engine){ .api_minor = (unsigned)strtoul(version + 2, NULL, 10),
					 .version = "test",
					 .platform = strmap_get(&env, "DOCKER_DEFAULT_PLATFORM"),
					 .image_id = "sha256:1234" };
	expected = expected_row(data, temp);
	row.expected = expected;
	if (compose_load(&options, &compose, &err) < 0) {
		suite_case(suite, json_object_get(data, "error") != NULL, row.id, "refused: %s",
			   err.message);
	} else {
		row.compose = compose;
		if (json_object_get(data, "error"))
			check_refusal(&row);
		check_containers(&row);
		check_resources(&row);
	}
	json_decref(expected);
	if (fs_remove_all(AT_FDCWD, temp, NULL) < 0)
		perror(temp);
}

int main(void)
{
	struct suite suite = { .name = "compose-engine" };
	json_t *data = suite_load("compose/tables/engine_create.json");
	json_t *row = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "rows"), i, row) check_row(&suite, row);
	json_decref(data);
	return suite_end(&suite);
}
