#include "context/ignore.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "glob.h"

struct rule {
	struct glob glob;
	bool again; /* `!`: what matches is not ignored after all */
};

struct ignore {
	struct rule *items;
	size_t len, cap;
	bool has_again;
};

/* By rule: does it match this directory or one of its parents? */
struct ignore_state {
	size_t len;
	bool matched[];
};

static void drop_bom(struct span *text)
{
	if (span_has_prefix(*text, "\xef\xbb\xbf")) {
		text->ptr += 3;
		text->len -= 3;
	}
}

/* One line as the pattern that it means; NULL = none. The caller frees. */
static char *read_line(struct span line)
{
	bool again = false;
	AUTO(freep) char *text = NULL;
	AUTO(freep) char *clean = NULL;

	if (line.len && line.ptr[0] == '#')
		return NULL;
	line = span_trim(line);
	if (!line.len)
		return NULL;
	if (line.ptr[0] == '!') {
		again = true;
		line = span_trim((struct span){ .ptr = line.ptr + 1, .len = line.len - 1 });
	}
	text = span_dup(line);
	clean = line.len ? path_clean(text) : xstrdup("");
	return xasprintf("%s%s", again ? "!" : "", clean + (clean[0] == '/' && clean[1] != '\0'));
}

void ignore_read_patterns(struct span text, struct strvec *ret)
{
	struct span line = { 0 };

	drop_bom(&text);
	for (bool more = true; more;) {
		char *pattern = NULL;

		more = span_cut(&text, '\n', &line);
		pattern = read_line(line);
		if (pattern)
			strvec_take(ret, pattern);
	}
}

static int add_rule(struct ignore *ignore, const char *text, struct err *err)
{
	AUTO(freep) char *trimmed = span_dup(span_trim(span_of(text)));
	AUTO(freep) char *clean = NULL;
	struct glob glob = { .literals = STR_INIT };
	bool again = false;

	if (!*trimmed)
		return 0;
	clean = path_clean(trimmed);
	again = clean[0] == '!';
	if (again && !clean[1]) {
		(void)err_set(err, ERR_INPUT, "the pattern '!' names nothing");
		return err_hint(err, "write behind it what is to be kept: !name");
	}
	if (glob_compile(clean + again, GLOB_DEEP, &glob, err) < 0)
		return -1;
	*VEC_ADD(ignore) = (struct rule){ .glob = glob, .again = again };
	ignore->has_again |= again;
	return 0;
}

int ignore_new(const struct strvec *patterns, struct ignore **ret, struct err *err)
{
	AUTO(ignore_freep) struct ignore *ignore = xcalloc(1, sizeof(*ignore));

	for (size_t i = 0; i < patterns->len; i++)
		if (add_rule(ignore, patterns->items[i], err) < 0)
			return -1;
	*ret = TAKE(ignore);
	return 0;
}

int ignore_parse(struct span text, const char *name, struct ignore **ret, struct err *err)
{
	AUTO(ignore_freep) struct ignore *ignore = xcalloc(1, sizeof(*ignore));
	struct span line = { 0 };
	bool more = true;

	if (text.len > LIMIT_IGNORE_FILE)
		return err_set(err, ERR_LIMIT, "'%s' is larger than %zu bytes", name,
			       LIMIT_IGNORE_FILE);
	drop_bom(&text);
	for (unsigned number = 1; more; number++) {
		AUTO(freep) char *pattern = NULL;

		more = span_cut(&text, '\n', &line);
		pattern = read_line(line);
		if (pattern && add_rule(ignore, pattern, err) < 0) {
			(void)err_wrap(err, "%s:%u", name, number);
			return err_at(err, name, number, 1, (unsigned)line.len);
		}
	}
	*ret = TAKE(ignore);
	return 0;
}

void ignore_free(struct ignore *ignore)
{
	if (!ignore)
		return;
	VEC_FOREACH(rule, ignore)
		glob_release(&rule->glob);
	free(ignore->items);
	free(ignore);
}

bool ignore_has_exceptions(const struct ignore *ignore)
{
	return ignore && ignore->has_again;
}

/* The path itself or one of its parents. */
static bool rule_covers(const struct rule *rule, struct span path)
{
	if (!glob_begins_alike(&rule->glob, path))
		return false;
	for (size_t len = 1; len < path.len; len++)
		if (path.ptr[len] == '/' &&
		    glob_matches(&rule->glob, (struct span){ .ptr = path.ptr, .len = len }))
			return true;
	return glob_matches(&rule->glob, path);
}

static bool covered(const struct ignore *ignore, struct span path)
{
	bool ignored = false;

	VEC_FOREACH(rule, ignore)
		if (rule->again == ignored && rule_covers(rule, path))
			ignored = !ignored;
	return ignored;
}

static bool is_clean(const char *path)
{
	size_t len = strlen(path);

	return len && path[0] != '/' && path[0] != '.' && path[len - 1] != '/' &&
	       !strstr(path, "//") && !strstr(path, "/.");
}

bool ignore_match(const struct ignore *ignore, const char *path)
{
	AUTO(freep) char *clean = NULL;

	if (!ignore)
		return false;
	if (!is_clean(path))
		path = clean = path_clean(path);
	return strcmp(path, ".") != 0 && covered(ignore, span_of(path));
}

/*
 * Of a path that is ignored: can no exception behind the last rule that covers it bring back something that begins
 * with `prefix`?
 */
static bool stays_ignored(const struct ignore *ignore, struct span path, struct span prefix)
{
	size_t last = 0;

	for (size_t i = 0; i < ignore->len; i++)
		if (!ignore->items[i].again && rule_covers(&ignore->items[i], path))
			last = i + 1;
	for (size_t i = last; i < ignore->len; i++)
		if (ignore->items[i].again && glob_may_begin_with(&ignore->items[i].glob, prefix))
			return false;
	return true;
}

bool ignore_covers_source(const struct ignore *ignore, const char *source)
{
	AUTO(freep) char *path = path_in_root(source);
	/* A name that only `*`, `**` and their like match. */
	struct span name = str_eq(path, ".") ? SPAN_LIT("\x01") : span_of(path);
	AUTO(str_release) struct str prefix = STR_INIT;

	if (!ignore || !covered(ignore, name))
		return false;
	if (glob_is_pattern(path))
		str_addn(&prefix, path, strcspn(path, "*?[\\"));
	else if (!str_eq(path, "."))
		str_addf(&prefix, "%s/", path);
	return stays_ignored(ignore, name, span_of(prefix.ptr));
}

static struct ignore_state *state_new(const struct ignore *ignore)
{
	size_t len = ignore ? ignore->len : 0;
	struct ignore_state *state = xcalloc(1, sizeof(*state) + len * sizeof(state->matched[0]));

	state->len = len;
	return state;
}

struct ignore_state *ignore_root(const struct ignore *ignore)
{
	return state_new(ignore);
}

void ignore_state_free(struct ignore_state *state)
{
	free(state);
}

bool ignore_step(const struct ignore *ignore, const struct ignore_state *parent, const char *path,
		 struct ignore_state **ret_below)
{
	struct ignore_state *below = ret_below ? state_new(ignore) : NULL;
	struct span name = span_of(path);
	bool ignored = false;

	for (size_t i = 0; ignore && i < ignore->len; i++) {
		const struct rule *rule = &ignore->items[i];
		bool matched = parent->matched[i];

		/* A rule that changes nothing here may still matter below. */
		if (!matched && (below || rule->again == ignored))
			matched = glob_matches(&rule->glob, name);
		if (below)
			below->matched[i] = matched;
		if (matched)
			ignored = !rule->again;
	}
	if (ret_below)
		*ret_below = below;
	return ignored;
}

bool ignore_prunes(const struct ignore *ignore, const char *dir)
{
	AUTO(freep) char *prefix = NULL;

	if (!ignore || !ignore->has_again)
		return true;
	prefix = xasprintf("%s/", dir);
	return stays_ignored(ignore, span_of(dir), span_of(prefix));
}
