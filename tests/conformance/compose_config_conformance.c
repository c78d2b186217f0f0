/*
 * compose: whole projects, documents that must be refused, and the types that attributes take, as the reference loader
 * has them. The README of the data says how results compare.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/proc.h"
#include "compose/load.h"
#include "suite.h"

/* Accidents of the reference need not be followed: a difference is told, and not counted. */
static bool may_differ(const json_t *test)
{
	return str_eq(json_get_string(test, "level"), "quirk");
}

static char *replace_all(const char *text, const char *from, const char *to)
{
	struct str out = STR_INIT;

	for (const char *hit = NULL; (hit = strstr(text, from)); text = hit + strlen(from)) {
		str_addn(&out, text, (size_t)(hit - text));
		str_add(&out, to);
	}
	str_add(&out, text);
	return str_detach(&out);
}

static bool is_empty_object(const json_t *value)
{
	return json_is_object(value) && !json_object_size(value);
}

/* An empty map, and a default that is said, are the same as nothing. */
static void tidy_volume(json_t *volume)
{
	static const char *const keys[] = { "bind", "volume", "tmpfs", "image" };
	json_t *bind = json_object_get(volume, "bind");

	if (json_is_true(json_object_get(bind, "create_host_path")))
		json_object_del(bind, "create_host_path");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (is_empty_object(json_object_get(volume, keys[i])))
			json_object_del(volume, keys[i]);
}

static void tidy(json_t *model)
{
	const char *name = NULL;
	json_t *service = NULL;
	json_t *item = NULL;
	size_t i = 0;

	json_object_foreach(json_object_get(model, "services"), name, service)
	{
		json_array_foreach(json_object_get(service, "volumes"), i, item) tidy_volume(item);
		json_array_foreach(json_object_get(service, "env_file"), i,
				   item) if (json_is_true(json_object_get(item, "required")))
			json_object_del(item, "required");
	}
}

static bool same(const json_t *want, const json_t *have, struct str *where);

static bool same_objects(const json_t *want, const json_t *have, struct str *where)
{
	const char *key = NULL;
	json_t *value = NULL;
	size_t len = where->len;

	json_object_foreach((json_t *)have, key, value)
	{
		str_addf(where, ".%s", key);
		if (!json_object_get(want, key))
			return false;
		str_truncate(where, len);
	}
	json_object_foreach((json_t *)want, key, value)
	{
		str_addf(where, ".%s", key);
		if (!same(value, json_object_get(have, key), where))
			return false;
		str_truncate(where, len);
	}
	return true;
}

static bool same_arrays(const json_t *want, const json_t *have, struct str *where)
{
	size_t len = where->len;

	if (json_array_size(want) != json_array_size(have))
		return false;
	for (size_t i = 0; i < json_array_size(want); i++) {
		str_addf(where, "[%zu]", i);
		if (!same(json_array_get(want, i), json_array_get(have, i), where))
			return false;
		str_truncate(where, len);
	}
	return true;
}

/* Numbers by value; `where` holds the place of the first difference. */
static bool same(const json_t *want, const json_t *have, struct str *where)
{
	if (!have)
		return false;
	if (json_is_number(want) && json_is_number(have))
		return json_number_value(want) == json_number_value(have);
	if (json_is_object(want) && json_is_object(have))
		return same_objects(want, have, where);
	if (json_is_array(want) && json_is_array(have))
		return same_arrays(want, have, where);
	return json_equal(want, have);
}

static void take_options(const json_t *args, struct compose_options *options)
{
	json_to_strvec(json_object_get(args, "files"), &options->files);
	json_to_strvec(json_object_get(args, "env_files"), &options->env_files);
	json_to_strvec(json_object_get(args, "profiles"), &options->profiles);
	json_to_strvec(json_object_get(args, "services"), &options->services);
	options->project_directory = json_get_string(args, "project_directory");
	options->project_name = json_get_string(args, "project_name");
	options->no_interpolate = json_is_true(json_object_get(args, "no_interpolate"));
	options->no_normalize = json_is_true(json_object_get(args, "no_normalize"));
	options->no_path_resolution = json_is_true(json_object_get(args, "no_path_resolution"));
	options->no_consistency = json_is_true(json_object_get(args, "no_consistency"));
	options->no_env_resolution = json_is_true(json_object_get(args, "no_env_resolution"));
	options->all_resources = json_is_true(json_object_get(args, "all_resources"));
}

static void release_options(struct compose_options *options)
{
	strvec_release(&options->files);
	strvec_release(&options->env_files);
	strvec_release(&options->profiles);
	strvec_release(&options->services);
}

/* The model as JSON; NULL with err when it was refused. */
static json_t *load(const json_t *args, const struct strmap *env, const char *cwd, struct err *err)
{
	AUTO(release_options) struct compose_options options = { .cwd = cwd, .env = env };
	AUTO(compose_freep) struct compose *compose = NULL;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *plain = NULL;
	json_t *model = NULL;

	take_options(args, &options);
	if (compose_load(&options, &compose, err) < 0)
		return NULL;
	compose_print(compose, COMPOSE_JSON, &text);
	plain = replace_all(text.ptr, "$$", "$");
	if (json_parse(span_of(options.no_interpolate ? text.ptr : plain), "output", &model, err) <
	    0)
		return NULL;
	tidy(model);
	return model;
}

static void take_env(const json_t *object, struct strmap *env)
{
	const char *key = NULL;
	json_t *value = NULL;

	json_object_foreach((json_t *)object, key, value)
		strmap_set(env, key, json_string_value(value));
}

/* A copy of the case's files in a directory of its own, whose name is "project". */
static char *copy_project(const char *id)
{
	AUTO(freep) char *temp = NULL;
	AUTO(freep)
	char *from = xasprintf("%s/compose/config/%s/project", getenv("CONFORMANCE_DIR"), id);
	AUTO(freep) char *link = NULL;
	char *real = NULL;
	const char *argv[] = { "cp", "-r", from, NULL, NULL };

	if (fs_make_temp_dir(AT_FDCWD, "/tmp/compose-conformance-", &temp, NULL) < 0)
		exit(1);
	link = path_join(temp, "project");
	argv[3] = link;
	if (proc_check(argv, NULL, NULL) < 0 || fs_realpath(link, &real, NULL) < 0)
		exit(1);
	return real;
}

static void prepare(const json_t *test, const char *directory)
{
	const char *link = NULL;
	json_t *value = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(test, "mkdir"), i, value)
	{
		AUTO(freep) char *path = path_join(directory, json_string_value(value));

		if (fs_mkdir_all(AT_FDCWD, path, 0755, NULL) < 0)
			perror(path);
	}
	json_object_foreach(json_object_get(test, "symlinks"), link, value)
	{
		AUTO(freep) char *path = path_join(directory, link);

		if (symlink(json_string_value(value), path) < 0)
			perror(path);
	}
}

static json_t *read_expected(const char *id, const char *directory)
{
	AUTO(freep) char *relative = xasprintf("compose/config/%s/expected.json", id);
	AUTO(freep) char *parent = path_dir(directory);
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *once = NULL;
	AUTO(freep) char *twice = NULL;
	json_t *json = NULL;

	if (!suite_read(relative, &text))
		return NULL;
	once = replace_all(text.ptr, "@DIR@", directory);
	twice = replace_all(once, "@PARENT@", parent);
	if (json_parse(span_of(twice), relative, &json, NULL) < 0)
		exit(1);
	tidy(json);
	return json;
}

static void check_outcome(struct suite *suite, const json_t *test, const char *id,
			  const json_t *want, const json_t *have, const struct err *err)
{
	AUTO(str_release) struct str where = STR_INIT;
	bool holds = want && have ? same(want, have, &where) : !want && !have;
	AUTO(freep) char *dump = !holds && have ? json_dumps(have, JSON_COMPACT) : NULL;

	if (holds)
		suite_case(suite, true, id, "%s", "");
	else if (may_differ(test))
		(void)printf("differs from the reference: %s\n", id);
	else if (!have)
		suite_case(suite, false, id, "refused: %s", err->message);
	else
		suite_case(suite, false, id, "%s%s: %.1500s",
			   want ? "differs at " : "must be refused", where.ptr, dump);
}

static void check_case(struct suite *suite, const char *id)
{
	AUTO(freep) char *relative = xasprintf("compose/config/%s/case.json", id);
	json_t *test = suite_load(relative);
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *directory = copy_project(id);
	AUTO(freep) char *temp = path_dir(directory);
	AUTO(freep) char *cwd = path_resolve(directory, json_get_string(test, "cwd"));
	json_t *want = read_expected(id, directory);
	json_t *have = NULL;

	prepare(test, directory);
	take_env(json_object_get(test, "env"), &env);
	have = load(json_object_get(test, "args"), &env, cwd, &err);
	check_outcome(suite, test, id, want, have, &err);
	json_decref(have);
	json_decref(want);
	json_decref(test);
	if (fs_remove_all(AT_FDCWD, temp, NULL) < 0)
		perror(temp);
}

static json_t *load_text(const char *text, const json_t *args, const struct strmap *env,
			 struct err *err)
{
	AUTO(freep) char *temp = NULL;
	AUTO(freep) char *directory = NULL;
	AUTO(freep) char *path = NULL;
	json_t *model = NULL;

	if (fs_make_temp_dir(AT_FDCWD, "/tmp/compose-conformance-", &temp, NULL) < 0)
		exit(1);
	directory = path_join(temp, "project");
	path = path_join(directory, "compose.yaml");
	if (mkdir(directory, 0755) < 0 ||
	    fs_write_file_atomic(AT_FDCWD, path, text, strlen(text), 0644, NULL) < 0)
		exit(1);
	model = load(args, env, directory, err);
	if (fs_remove_all(AT_FDCWD, temp, NULL) < 0)
		perror(temp);
	return model;
}

static void check_rejects(struct suite *suite)
{
	json_t *data = suite_load("compose/tables/rejects.json");
	json_t *row = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "rows"), i, row)
	{
		const char *id = json_get_string(row, "id");
		AUTO(strmap_release) struct strmap env = STRMAP_INIT;
		AUTO(err_release) struct err err = ERR_INIT;
		json_t *args = json_object_get(row, "args");
		json_t *model = NULL;

		/* The row says what is missing in its message alone. */
		if (!strcmp(id, "discover-f-missing"))
			json_object_set_new(row, "args",
					    args = json_pack("{s:[s]}", "files", "nope.yaml"));
		take_env(json_object_get(row, "env"), &env);
		model = load_text(json_get_string(row, "yaml"), args, &env, &err);
		if (getenv("COMPOSE_SHOW_MESSAGES") && err.message)
			(void)printf("--- %s\n%s\n", id, err.message);
		if (!may_differ(row))
			suite_case(suite, !model, id, "must be refused");
		json_decref(model);
	}
	json_decref(data);
}

/* The rest of a document, minimal and valid, around the attribute. */
static const char *const minimal[][2] = {
	{ "services.*.build", "{\"context\":\".\"}" },
	{ "services.*.ports[]", "{\"target\":80}" },
	{ "services.*.volumes[]", "{\"type\":\"volume\",\"target\":\"/t\"}" },
	{ "services.*.develop.watch[]", "{\"path\":\"p\",\"action\":\"rebuild\"}" },
	{ "services.*.depends_on.*", "{\"condition\":\"service_started\"}" },
	{ "services.*.env_file[]", "{\"path\":\"e.env\",\"required\":false}" },
	{ "services.*.secrets[]", "{\"source\":\"s\"}" },
	{ "services.*.configs[]", "{\"source\":\"s\"}" },
	{ "services.*.devices[]", "{\"source\":\"/dev/x\"}" },
	{ "services.*.build.secrets[]", "{\"source\":\"s\"}" },
	{ "services.*.post_start[]", "{\"command\":\"c\"}" },
	{ "services.*.pre_stop[]", "{\"command\":\"c\"}" },
	{ "services.*.develop.watch[].exec", "{\"command\":\"c\"}" },
	{ "services.*.deploy.resources.reservations.devices[]", "{\"capabilities\":[\"c\"]}" },
	{ "services.*.ulimits.*", "{\"soft\":1,\"hard\":2}" },
	{ "services.*.provider", "{\"type\":\"t\"}" },
	{ "services.*.extends", "{\"service\":\"s\"}" },
	{ "models.*", "{\"model\":\"m\"}" },
	{ "secrets.*", "{\"file\":\"f\"}" },
	{ "configs.*", "{\"file\":\"f\"}" },
};

static json_t *minimal_at(const char *at)
{
	for (size_t i = 0; i < ARRAY_SIZE(minimal); i++)
		if (!strcmp(minimal[i][0], at))
			return json_loads(minimal[i][1], 0, NULL);
	return json_object();
}

/* "services.*.ports[]": the object that the attribute goes into, made with all that is around it. */
static json_t *make_path(json_t *document, const char *at)
{
	AUTO(str_release) struct str so_far = STR_INIT;
	struct span rest = span_of(at);
	struct span step = { 0 };
	json_t *node = document;
	bool more = strcmp(at, "top-level") != 0;

	while (more) {
		AUTO(freep) char *key = NULL;
		bool is_list = false;
		json_t *next = NULL;

		more = span_cut(&rest, '.', &step);
		str_addf(&so_far, "%s%.*s", so_far.len ? "." : "", SPAN_FMT(step));
		is_list = step.len > 2 && step.ptr[step.len - 1] == ']';
		key = xstrndup(step.ptr, is_list ? step.len - 2 : step.len);
		next = minimal_at(so_far.ptr);
		if (!strcmp(so_far.ptr, "services.*"))
			json_object_set_new(next, "image", json_string("i"));
		if (is_list)
			json_object_set_new(node, key, json_pack("[o]", next));
		else
			json_object_set_new(node, strcmp(key, "*") == 0 ? "n" : key, next);
		node = next;
	}
	return node;
}

static void prepare_at(json_t *target, const char *at, const char *attribute)
{
	/* What contradicts the attribute, and is there to make the rest valid. */
	if (!strcmp(at, "secrets.*") && !strcmp(attribute, "environment"))
		json_object_del(target, "file");
	if (!strcmp(at, "configs.*") &&
	    (!strcmp(attribute, "content") || !strcmp(attribute, "environment")))
		json_object_del(target, "file");
	if (!strcmp(at, "services.*.build") && !strcmp(attribute, "dockerfile_inline"))
		json_object_del(target, "dockerfile");
}

static void check_value(struct suite *suite, const json_t *row, json_t *value, bool accept)
{
	const char *at = json_get_string(row, "at");
	const char *attribute = json_get_string(row, "attribute");
	AUTO(freep) char *id = xasprintf("%s.%s", at, attribute);
	json_t *document = json_pack("{s:{s:{s:s}}}", "services", "n", "image", "i");
	json_t *args = json_pack("{s:b}", "no_consistency", 1);
	json_t *target = make_path(document, at);
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *text = NULL;
	AUTO(freep) char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	json_t *model = NULL;

	prepare_at(target, at, attribute);
	json_object_set(target, attribute, value);
	text = json_dumps(document, 0);
	model = load_text(text, args, &env, &err);
	suite_case(suite, accept == (model != NULL), id, "%s must be %s: %s", shown,
		   accept ? "accepted" : "refused", err.message ? err.message : "");
	json_decref(model);
	json_decref(document);
	json_decref(args);
}

static void check_types(struct suite *suite)
{
	json_t *data = suite_load("compose/tables/type_matrix.json");
	json_t *row = NULL;
	json_t *value = NULL;
	size_t i = 0, j = 0;

	json_array_foreach(json_object_get(data, "rows"), i, row)
	{
		json_array_foreach(json_object_get(row, "accept"), j, value)
			check_value(suite, row, value, true);
		json_array_foreach(json_object_get(row, "reject"), j, value)
			check_value(suite, row, value, false);
	}
	json_decref(data);
}

int main(int argc, char **argv)
{
	struct suite suite = { .name = "compose-config" };
	json_t *ids = suite_list("compose/config");
	json_t *id = NULL;
	size_t i = 0;

	/* Some cases only, by name. */
	for (int arg = 1; arg < argc; arg++)
		check_case(&suite, argv[arg]);
	if (argc > 1)
		return suite_end(&suite);
	json_array_foreach(ids, i, id) check_case(&suite, json_string_value(id));
	json_decref(ids);
	check_rejects(&suite);
	check_types(&suite);
	return suite_end(&suite);
}
