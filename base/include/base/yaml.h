/*
 * YAML documents as trees. Every node knows where it was written, so that whatever is found out about
 * it later can be shown at its place. A tree lives in an arena and is freed with it; nodes may be
 * changed in place, and no two places of a parsed tree share one (aliases are copied).
 *
 * The dialect is the one of compose files: the core schema of YAML 1.2, and of 1.1 the octal 0755,
 * digits grouped by '_' and the merge key '<<' (yaml.org/type/merge.html). Keys are strings.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

/* The order is that of the bits of YAML_BIT(). */
enum yaml_kind {
	YAML_NULL,
	YAML_BOOL,
	YAML_INT,
	YAML_FLOAT,
	YAML_STRING,
	YAML_LIST,
	YAML_MAP,
};

#define YAML_BIT(kind) (1U << (kind))

struct yaml_mark {
	struct diags *file; /* takes the problems of that file; NULL = made by the program */
	unsigned line, column, length;
};

struct yaml_entry {
	const char *key;
	struct yaml *value;
	struct yaml_mark mark; /* of the key */
};

struct yaml {
	enum yaml_kind kind;
	struct yaml_mark mark;
	const char *tag; /* as written ("!reset") when it is one of the user's own; else NULL */
	union {
		bool boolean;
		int64_t integer;
		struct {
			double number;
			const char *digits; /* set for an integer that fits only in uint64_t */
		} real;
		const char *text;
		struct {
			struct yaml **items;
			size_t len, cap;
		} list;
		struct {
			struct yaml_entry *items;
			size_t len, cap;
			uint32_t *index; /* hash over the keys, made when the map is large */
			size_t index_len;
		} map;
	};
};

struct yaml_documents {
	struct yaml **items;
	size_t len, cap;
};

/*
 * Parses the text that `file` holds, all its documents. Syntax errors, keys that are repeated or are
 * not strings, cycles of aliases and the limits (LIMIT_YAML_DEPTH, LIMIT_YAML_ALIAS_NODES) are added
 * to `file`; -1 when there was any. `file` must outlive the trees.
 */
WARN_UNUSED int yaml_parse(struct arena *arena, struct diags *file, struct yaml_documents *ret);
/* The value that a plain scalar has, written at `mark`. */
struct yaml *yaml_resolve_scalar(struct arena *arena, const char *text, struct yaml_mark mark);

/* New nodes; `at` gives the mark and may be NULL. */
struct yaml *yaml_new(struct arena *arena, enum yaml_kind kind, const struct yaml *at);
struct yaml *yaml_new_string(struct arena *arena, const char *text, const struct yaml *at);
struct yaml *yaml_new_stringf(struct arena *arena, const struct yaml *at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
struct yaml *yaml_new_int(struct arena *arena, int64_t integer, const struct yaml *at);
struct yaml *yaml_new_bool(struct arena *arena, bool boolean, const struct yaml *at);
struct yaml *yaml_copy(struct arena *arena, const struct yaml *node);
/* Same kinds and values; the order of keys does not count. */
bool yaml_equal(const struct yaml *a, const struct yaml *b);

/* NULL when absent; and when `map` is NULL or no map. */
struct yaml *yaml_get(const struct yaml *map, const char *key);
struct yaml_entry *yaml_entry(const struct yaml *map, const char *key);
bool yaml_has(const struct yaml *map, const char *key);
/* The text of a string member; NULL when it is absent or of another kind. */
const char *yaml_get_text(const struct yaml *map, const char *key);
/* Replaces the value of a key that is there. The key is copied, the mark of a new one is that of `value`. */
void yaml_set(struct arena *arena, struct yaml *map, const char *key, struct yaml *value);
/* The same with the mark of the entry; a key that is there keeps its place, and takes the mark. */
void yaml_set_entry(struct arena *arena, struct yaml *map, const struct yaml_entry *entry);
/* Keeps the order of the others. */
void yaml_remove(struct yaml *map, const char *key);
void yaml_sort(struct yaml *map);
void yaml_append(struct arena *arena, struct yaml *list, struct yaml *item);

/* Is it there, and of that kind? */
static inline bool yaml_is(const struct yaml *node, enum yaml_kind kind)
{
	return node && node->kind == kind;
}

/* Number of entries or items; 0 for anything else. */
size_t yaml_len(const struct yaml *node);

/* NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared cannot stand in them */
#define YAML_EACH_ENTRY(entry, node)                                                        \
	for (struct yaml_entry *entry = yaml_is(node, YAML_MAP) ? (node)->map.items : NULL; \
	     entry && entry < (node)->map.items + (node)->map.len; entry++)
#define YAML_EACH_ITEM(item, node)                                                      \
	for (struct yaml **item = yaml_is(node, YAML_LIST) ? (node)->list.items : NULL; \
	     item && item < (node)->list.items + (node)->list.len; item++)
/* NOLINTEND(bugprone-macro-parentheses) */

/* "a string", "a list": for messages. */
const char *yaml_kind_name(enum yaml_kind kind);
/*
 * A scalar as text, with its value rather than its spelling: 0x10 gives "16", 1.10 "1.1", TRUE "true", null
 * "". Lists and maps give NULL.
 */
const char *yaml_scalar_text(struct arena *arena, const struct yaml *scalar);
/* The shortest decimal that reads back as the same number; with an exponent from 10^digits_max on. */
void yaml_format_float(double number, int digits_max, struct str *out);

/* A problem at this place. Without a file nothing is added and NULL returned. */
struct diag *yaml_problem(const struct yaml_mark *mark, enum diag_level level, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
