#include "compose/credentials.h"

#include <fcntl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "credential_form.h"
#include "tree.h"

/* --- the model --- */

struct search {
	struct arena *arena;
	struct strvec *out;
};

static void look(const struct search *search, const struct yaml *node, const char *key,
		 const char *path);

static void look_into_map(const struct search *search, const struct yaml *map, const char *path)
{
	YAML_EACH_ENTRY(entry, map) {
		AUTO(freep) char *below = xasprintf("%s.%s", path, entry->key);

		look(search, entry->value, entry->key, below);
	}
}

/* "--token=x", "DB_PASSWORD=x" */
static void look_at_word(const struct search *search, const struct yaml *scalar, const char *path)
{
	const char *text = yaml_scalar_text(search->arena, scalar);
	const char *equals = strchr(text, '=');
	AUTO(freep) char *key = equals ? xstrndup(text, (size_t)(equals - text)) : NULL;

	if (compose_looks_like_credential(key, equals ? equals + 1 : text))
		strvec_addf(search->out, "%s%s%s", path, key ? ": " : "", key ? key : "");
}

static void look(const struct search *search, const struct yaml *node, const char *key,
		 const char *path)
{
	if (yaml_is(node, YAML_MAP)) {
		look_into_map(search, node, path);
	} else if (yaml_is(node, YAML_LIST)) {
		YAML_EACH_ITEM(item, node) {
			if (yaml_is(*item, YAML_MAP) || yaml_is(*item, YAML_LIST))
				look(search, *item, NULL, path);
			else
				look_at_word(search, *item, path);
		}
	} else if (compose_looks_like_credential(key, yaml_scalar_text(search->arena, node))) {
		strvec_add(search->out, path);
	}
}

/* What stays on this machine. */
static bool is_left_out(const char *key)
{
	static const char *const keys[] = { "build", "develop", "env_file", "label_file",
					    "secrets" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(key, keys[i]) == 0)
			return true;
	}
	return false;
}

static void look_at_services(const struct search *search, const struct yaml *services)
{
	YAML_EACH_ENTRY(service, services) {
		YAML_EACH_ENTRY(entry, service->value) {
			AUTO(freep)
			char *path = xasprintf("services.%s.%s", service->key, entry->key);

			if (!is_left_out(entry->key))
				look(search, entry->value, NULL, path);
		}
	}
}

/* --- the text of configs --- */

/* "key = value", "key: value", '"key": "value",' */
static bool is_suspicious_line(struct span line, char **ret_key)
{
	size_t len = 0;
	struct span key, value;
	AUTO(freep) char *key_text = NULL, *value_text = NULL;

	while (len < line.len && line.ptr[len] != '=' && line.ptr[len] != ':')
		len++;
	if (len == line.len)
		return false;
	key = span_trim((struct span){ .ptr = line.ptr, .len = len });
	value = span_trim((struct span){ .ptr = line.ptr + len + 1, .len = line.len - len - 1 });
	while (value.len > 0 && strchr("\"',; ", value.ptr[value.len - 1]))
		value.len--;
	while (value.len > 0 && strchr("\"'", *value.ptr)) {
		value.ptr++;
		value.len--;
	}
	key_text = span_dup(key);
	value_text = span_dup(value);
	if (!credential_is_name(key_text) || credential_is_harmless(value_text))
		return false;
	*ret_key = span_dup(key);
	return true;
}

static void look_at_text(const struct search *search, const char *name, struct span text)
{
	AUTO(freep) char *whole = span_dup(text);
	struct span line;

	if (credential_is_value(whole))
		strvec_addf(search->out, "configs.%s", name);
	while (text.len > 0) {
		AUTO(freep) char *key = NULL;

		(void)span_cut(&text, '\n', &line);
		if (is_suspicious_line(line, &key))
			strvec_addf(search->out, "configs.%s: %s", name, key);
	}
}

/* A file that cannot be read is an error elsewhere. */
static void look_at_config(const struct search *search, const char *name, const struct yaml *config)
{
	const char *path = yaml_get_text(config, "file");
	const char *content = yaml_get_text(config, "content");
	AUTO(str_release) struct str text = STR_INIT;

	if (content)
		look_at_text(search, name, span_of(content));
	else if (path && fs_read_file(AT_FDCWD, path, LIMIT_YAML, &text, NULL) == 0)
		look_at_text(search, name, str_span(&text));
}

void compose_find_credentials(struct compose *compose, struct strvec *out)
{
	const struct yaml *document = compose_document(compose);
	const struct search search = { .arena = compose_arena(compose), .out = out };
	static const char *const others[] = { "networks", "volumes" };

	look_at_services(&search, yaml_get(document, "services"));
	YAML_EACH_ENTRY(config, yaml_get(document, "configs"))
		look_at_config(&search, config->key, config->value);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		look_into_map(&search, yaml_get(document, others[i]), others[i]);
}
