#include "definition_diff.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/path.h"

#define VALUE_SHOWN 60 /* bytes of a value in a message */

void definition_names_release(struct definition_names *names)
{
	strvec_release(&names->sources);
	strvec_release(&names->args);
}

/* --- reading: each line becomes a key that is unique in the definition, and a value --- */

struct reading_state {
	struct strmap *items;
	struct strmap counts; /* how often a name came */
	unsigned sources;
};

/* "N:" and as many bytes; false when it is not that. */
static bool take_text(struct span *rest, struct span *ret)
{
	struct span head = *rest;
	unsigned long long len = 0;

	if (!span_cut(rest, ':', &head) || !span_to_u64(head, rest->len, &len))
		return false;
	*ret = (struct span){ rest->ptr, (size_t)len };
	rest->ptr += len;
	rest->len -= (size_t)len;
	return true;
}

static void add(struct reading_state *state, const char *key, struct span value)
{
	AUTO(freep) char *text = span_dup(value);

	strmap_set(state->items, key, text);
}

/* "argument 0", "argument 1" ... */
static void add_numbered(struct reading_state *state, const char *name, struct span value)
{
	const char *known = strmap_get(&state->counts, name);
	unsigned long number = known ? strtoul(known, NULL, 10) : 0;
	AUTO(freep) char *key = xasprintf("%s %lu", name, number);
	AUTO(freep) char *next = xasprintf("%lu", number + 1);

	strmap_set(&state->counts, name, next);
	add(state, key, value);
}

/* "N:PATH f 0644 HASH", "N:PATH l N:TARGET": both may hold line breaks. */
static bool read_file(struct reading_state *state, struct span *rest)
{
	struct span path = { NULL, 0 }, attributes, target;
	AUTO(freep) char *key = NULL;

	if (!take_text(rest, &path))
		return false;
	attributes = *rest;
	if (span_has_prefix(*rest, " l ")) {
		rest->ptr += 3;
		rest->len -= 3;
		if (!take_text(rest, &target) || rest->len == 0)
			return false;
		rest->ptr++;
		rest->len--;
		attributes.len = (size_t)(target.ptr + target.len - attributes.ptr);
	} else {
		(void)span_cut(rest, '\n', &attributes);
	}
	key = xasprintf("file %u %.*s", state->sources, (int)path.len, path.ptr);
	add(state, key, attributes);
	return true;
}

static void add_pair(struct reading_state *state, const char *name, struct span pair)
{
	struct span variable;
	AUTO(freep) char *key = NULL;

	(void)span_cut(&pair, '=', &variable);
	key = xasprintf("%s %.*s", name, (int)variable.len, variable.ptr);
	add(state, key, pair);
}

/* "name N:value", or "name anything" to the end of the line. */
static bool read_line(struct reading_state *state, struct span *rest)
{
	size_t len = 0;
	struct span value = { NULL, 0 };
	AUTO(freep) char *name = NULL;

	while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\n')
		len++;
	name = xstrndup(rest->ptr, len);
	rest->ptr += len;
	rest->len -= len;
	if (rest->len > 1 && *rest->ptr == ' ') {
		struct span text = { rest->ptr + 1, rest->len - 1 };

		if (take_text(&text, &value) && text.len > 0 && *text.ptr == '\n')
			*rest = text;
		else
			value = (struct span){ NULL, 0 };
	}
	if (value.ptr) {
		rest->ptr++;
		rest->len--;
	} else {
		(void)span_cut(rest, '\n', &value);
	}
	if (str_eq(name, "source"))
		state->sources++;
	else if (str_eq(name, "env") || str_eq(name, "script"))
		add_pair(state, name, value);
	else
		add_numbered(state, name, value);
	return true;
}

/* What cannot be read, as a record that was cut off, ends it. */
static void read_definition(struct span text, struct strmap *ret)
{
	struct reading_state state = { .items = ret };
	bool good = true;

	while (good && text.len > 0)
		good = isdigit((unsigned char)*text.ptr) ? read_file(&state, &text)
							 : read_line(&state, &text);
	strmap_release(&state.counts);
}

/* --- saying --- */

static char *shorten(const char *value)
{
	const char *end = strchr(value, '\n');
	size_t len = end ? (size_t)(end - value) : strlen(value);
	bool is_long = len > VALUE_SHOWN || end;

	return xasprintf("'%.*s%s'", (int)(len > VALUE_SHOWN ? VALUE_SHOWN : len), value,
			 is_long ? "..." : "");
}

static char *say_values(const char *what, const char *before, const char *after)
{
	AUTO(freep) char *old = before ? shorten(before) : NULL;
	AUTO(freep) char *new = after ? shorten(after) : NULL;

	if (old && new)
		return xasprintf("%s: %s -> %s", what, old, new);
	return new ? xasprintf("%s: %s is new", what, new)
		   : xasprintf("%s: %s is gone", what, old ? old : "''");
}

/* "12 dir/name" of a file's key: its path as a person knows it. */
static char *file_path(const char *key, const struct definition_names *names)
{
	char *rest = NULL;
	unsigned long source = strtoul(key, &rest, 10);
	const char *path = *rest ? rest + 1 : rest;
	const char *written = source > 0 && source <= names->sources.len
				      ? names->sources.items[source - 1]
				      : NULL;

	if (!written)
		return xstrdup(path);
	/* a single file is named by what was written, or by the match of a pattern */
	if (str_eq(path_base(written), path))
		return xstrdup(written);
	return str_eq(written, "") || str_eq(written, ".") ? xstrdup(path)
							   : path_join(written, path);
}

/* " f 0644 ..." */
static struct span mode_of(const char *attributes)
{
	size_t len = strlen(attributes);

	return len > 7 ? (struct span){ attributes + 3, 4 } : (struct span){ "", 0 };
}

static char *say_file(const char *key, const char *before, const char *after,
		      const struct definition_names *names)
{
	AUTO(freep) char *path = file_path(key, names);
	struct span old_mode, new_mode;

	if (!before || !after)
		return xasprintf("%s is %s", path, after ? "new" : "gone");
	old_mode = mode_of(before);
	new_mode = mode_of(after);
	/* the same kind, and the same but for the mode */
	if (old_mode.len > 0 && new_mode.len > 0 && before[1] == after[1] && before[1] != 'l' &&
	    str_eq(before + 7, after + 7))
		return xasprintf("%s: mode %.*s -> %.*s", path, (int)old_mode.len, old_mode.ptr,
				 (int)new_mode.len, new_mode.ptr);
	return xasprintf("%s changed", path);
}

/* A log is no place for it, though the image keeps it. */
static bool is_secret(const char *name)
{
	static const char *const words[] = { "token",   "secret",     "passw", "apikey",
					     "api_key", "credential", "auth" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasestr(name, words[i]))
			return true;
	}
	return false;
}

static char *say_variable(const char *name, const char *before, const char *after,
			  const struct definition_names *names)
{
	AUTO(freep)
	char *what = xasprintf("%s %s", strvec_contains(&names->args, name) ? "ARG" : "ENV", name);

	return is_secret(name) ? xasprintf("%s changed", what) : say_values(what, before, after);
}

static char *say(const char *key, const char *before, const char *after,
		 const struct definition_names *names)
{
	static const struct {
		const char *name, *shown; /* NULL: without values, which would say nothing */
	} known[] = {
		{ "argument", "command" },
		{ "destination", "destination" },
		{ "owner", "--chown" },
		{ "mode", "--chmod" },
		{ "user", "USER" },
		{ "directory", "WORKDIR" },
		{ "path", "path" },
		{ "platform", "platform" },
		{ "epoch", "SOURCE_DATE_EPOCH" },
		{ "exclude", "--exclude" },
	};
	AUTO(freep) char *name = NULL;
	struct span rest = span_of(key), head;

	(void)span_cut(&rest, ' ', &head);
	name = span_dup(head);
	if (str_eq(name, "file"))
		return say_file(rest.ptr, before, after, names);
	if (str_eq(name, "env"))
		return say_variable(rest.ptr, before, after, names);
	if (str_eq(name, "script") || str_eq(name, "text"))
		return xasprintf("its heredoc changed");
	if (str_has_prefix(name, "volume"))
		return xasprintf("volume: its source or content changed");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (str_eq(name, known[i].name))
			return say_values(known[i].shown, before, after);
	}
	return xasprintf("its %s changed", str_eq(name, "flags") ? "options" : name);
}

char *definition_compare(struct span before, struct span after,
			 const struct definition_names *names)
{
	AUTO(strmap_release) struct strmap old = STRMAP_INIT;
	AUTO(strmap_release) struct strmap new = STRMAP_INIT;

	read_definition(before, &old);
	read_definition(after, &new);
	VEC_FOREACH(item, &new) {
		const char *value = strmap_get(&old, item->key);

		if (!str_eq(value, item->value))
			return say(item->key, value, item->value, names);
	}
	VEC_FOREACH(item, &old) {
		if (!strmap_has(&new, item->key))
			return say(item->key, item->value, NULL, names);
	}
	return NULL;
}
