/*
 * YAML maps into structs by tables of their keys. Everything that is wrong becomes a problem at its
 * place: unknown keys with what was meant, missing ones, values of another kind.
 */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/yaml.h"

/* What the value of a key is read by; `out` is the field at `offset`. */
struct field {
	const char *key; /* NULL ends a table */
	bool required;
	void (*read)(struct arena *arena, struct yaml *node, void *out);
	size_t offset;
};

void fields_read(struct arena *arena, struct yaml *map, const struct field *fields, void *out);
/* NULL when there is none of that key. */
const struct field *fields_find(const struct field *fields, const char *key);
/* The key of `entry` is none of `fields`. */
void fields_report_unknown(const struct yaml_entry *entry, const struct field *fields);
/* False, with a problem, when it is of another kind. */
bool field_require_kind(const struct yaml *node, enum yaml_kind kind);

/* A text that is not empty, into a const char *; it lives as long as the tree. */
void field_read_text(struct arena *arena, struct yaml *node, void *out);
/* A list of such texts, into a struct word_list. */
void field_read_words(struct arena *arena, struct yaml *node, void *out);

#endif
