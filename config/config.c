#include "config/config.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/vec.h"
#include "check.h"
#include "file.h"

/* The texts of variables that were asked for: nodes refer to their diags. */
struct variables {
	struct diags **items;
	size_t len, cap;
};

struct config {
	struct arena *arena;
	struct config_file user, project;
	struct variables variables;
	char *skipped;
};

/* --- loading --- */

static int load_user(struct config *config, struct err *err)
{
	AUTO(freep) char *home = NULL, *path = NULL;

	/* Who has no home has no configuration there. */
	if (fs_config_home(&home, NULL) < 0)
		return 0;
	path = path_join(home, CONFIG_USER_FILE);
	if (!fs_exists(AT_FDCWD, path))
		return 0;
	return config_file_read(path, path, CONFIG_USER, config->arena, &config->user, err);
}

static int load_project(struct config *config, struct err *err)
{
	AUTO(freep) char *path = NULL, *name = NULL;

	config_file_find(&path, &name, &config->skipped);
	if (!path)
		return 0;
	return config_file_read(path, name, CONFIG_PROJECT, config->arena, &config->project, err);
}

int config_load(struct config **ret, struct err *err)
{
	AUTO(config_freep) struct config *config = xcalloc(1, sizeof(*config));

	*config = (struct config){ .arena = arena_new(),
				   .user = CONFIG_FILE_INIT,
				   .project = CONFIG_FILE_INIT };
	if (load_user(config, err) < 0 || load_project(config, err) < 0)
		return -1;
	*ret = TAKE(config);
	return 0;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	config_file_release(&config->user);
	config_file_release(&config->project);
	VEC_FOREACH(diags, &config->variables) {
		diags_release(*diags);
		free(*diags);
	}
	free(config->variables.items);
	free(config->skipped);
	arena_free(config->arena);
	free(config);
}

/* --- values --- */

const char *config_origin_name(enum config_origin origin)
{
	static const char *const names[] = { "default", "user", "project", "variable", "variable" };

	return names[origin];
}

static void add_word(struct config *config, struct config_value *value, const char *word)
{
	*ARENA_ADD(config->arena, &value->words) = word;
}

/* `dir`: what a relative path is relative to; NULL = where we are. */
static void add_scalar(struct config *config, struct config_value *value, const struct yaml *node,
		       const char *dir)
{
	const char *text = yaml_scalar_text(config->arena, node);

	if (dir && value->key->kind == CONFIG_PATH) {
		AUTO(freep) char *path = path_resolve(dir, text);

		text = arena_strdup(config->arena, path);
	}
	add_word(config, value, text);
}

static void take_node(struct config *config, struct config_value *value, const struct yaml *node,
		      const char *dir)
{
	value->node = node;
	switch (value->key->type) {
	case CONFIG_BOOL:
	case CONFIG_INT:
	case CONFIG_TEXT:
	case CONFIG_CHOICE: add_scalar(config, value, node, dir); break;
	case CONFIG_WORDS:
		if (!yaml_is(node, YAML_LIST))
			add_scalar(config, value, node, dir);
		YAML_EACH_ITEM(item, node)
			add_scalar(config, value, *item, dir);
		break;
	case CONFIG_TEXTS:
	case CONFIG_SECTIONS:
	case CONFIG_ITEMS: break;
	}
}

static void take_from_file(struct config *config, const struct config_file *file,
			   struct config_value *value)
{
	const struct yaml_entry *entry = config_file_entry(file, value->key->name);

	value->mark = entry->value->mark;
	value->place = arena_printf(config->arena, "%s:%u", file->path, entry->mark.line);
	take_node(config, value, entry->value, file->dir);
}

/* As it would stand in a file: lists with commas. */
static struct yaml *parse_variable(struct config *config, const struct config_key *key,
				   const char *text, struct yaml_mark mark)
{
	struct yaml at = { .mark = mark };
	struct yaml *list;
	struct span rest = span_of(text), word;

	if (key->type == CONFIG_BOOL || key->type == CONFIG_INT)
		return yaml_resolve_scalar(config->arena, text, mark);
	if (key->type != CONFIG_WORDS)
		return yaml_new_string(config->arena, text, &at);
	list = yaml_new(config->arena, YAML_LIST, &at);
	for (bool more = true; more;) {
		more = span_cut(&rest, ',', &word);
		yaml_append(config->arena, list,
			    yaml_new_string(config->arena,
					    arena_strndup(config->arena, word.ptr, word.len), &at));
	}
	return list;
}

/* Its text; NULL = neither is set. An empty one is none. */
static const char *variable_of(const struct config_key *key, const char **ret_name)
{
	const char *const names[] = { key->env, key->docker_env };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *text = names[i] ? getenv(names[i]) : NULL;

		if (text && *text) {
			*ret_name = names[i];
			return text;
		}
	}
	return NULL;
}

/* There is no place to show, but the name. */
static int fail_with(const struct diags *diags, const char *variable, struct err *err)
{
	const struct diag *diag = &diags->items[0];

	(void)err_set(err, ERR_USAGE, "environment variable %s", diag->message);
	return diag->hint ? err_hint(err, "%s", diag->hint)
			  : err_hint(err, "unset %s, or set it to another value", variable);
}

static int take_from_variable(struct config *config, const char *name, const char *text,
			      struct config_value *value, struct err *err)
{
	struct diags *diags = xcalloc(1, sizeof(*diags));
	struct yaml_mark mark = { .file = diags };
	struct config_key named = *value->key;

	*VEC_ADD(&config->variables) = diags;
	diags_init(diags, name, (struct span){ .ptr = "" });
	value->place = name;
	take_node(config, value, parse_variable(config, value->key, text, mark), NULL);
	named.name = name;
	config_check_value(&named, value->node);
	return diags->errors > 0 ? fail_with(diags, name, err) : 0;
}

static enum config_origin origin_of(const struct config *config, const struct config_key *key)
{
	const char *name = NULL;

	if (variable_of(key, &name))
		return str_eq(name, key->env) ? CONFIG_FROM_VARIABLE : CONFIG_FROM_DOCKER;
	if (config_file_entry(&config->project, key->name))
		return CONFIG_FROM_PROJECT;
	return config_file_entry(&config->user, key->name) ? CONFIG_FROM_USER : CONFIG_FROM_DEFAULT;
}

int config_get(struct config *config, const struct config_key *key, struct config_value *ret,
	       struct err *err)
{
	const struct config_key *rival =
		key->rival ? config_key_find(config_keys, key->rival) : NULL;
	enum config_origin origin = origin_of(config, key);
	const char *name = NULL, *text;

	*ret = (struct config_value){ .key = key };
	if (rival && origin_of(config, rival) > origin)
		return 0;
	ret->origin = origin;
	text = variable_of(key, &name);
	if (text)
		return take_from_variable(config, name, text, ret, err);
	if (origin == CONFIG_FROM_PROJECT)
		take_from_file(config, &config->project, ret);
	else if (origin == CONFIG_FROM_USER)
		take_from_file(config, &config->user, ret);
	else if (key->fallback)
		add_word(config, ret, key->fallback);
	return 0;
}

int config_get_text(struct config *config, const char *name, const char **ret, struct err *err)
{
	const struct config_key *key = config_key_find(config_keys, name);
	struct config_value value;

	if (config_get(config, key, &value, err) < 0)
		return -1;
	*ret = value.words.len > 0 ? value.words.items[0] : NULL;
	return 0;
}

const struct yaml *config_project_node(const struct config *config, const char *name)
{
	const struct yaml_entry *entry = config_file_entry(&config->project, name);

	return entry ? entry->value : NULL;
}

const char *config_project_path(const struct config *config)
{
	return config->project.path;
}

const char *config_user_path(const struct config *config)
{
	return config->user.path;
}

const char *config_project_dir(const struct config *config)
{
	return config->project.dir;
}

const char *config_skipped_file(const struct config *config)
{
	return config->skipped;
}
