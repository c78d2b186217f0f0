/* A file of the configuration against the table of its keys. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "base/yaml.h"
#include "config/key.h"

/*
 * Adds a problem for everything that is wrong with the document: unknown keys with what was meant, keys
 * that belong into the other file, values of another kind. `place` is the file's.
 */
void config_check_document(struct yaml *document, enum config_place place);

/* The same for one value. */
void config_check_value(const struct config_key *key, const struct yaml *node);

/* Is `name` "SECTION.MEMBER" and `key` SECTION? Then MEMBER; else NULL. */
const char *config_key_member(const char *name, const char *section);

#endif
