/* One file of the configuration. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "base/arena.h"
#include "base/yaml.h"
#include "config/key.h"

struct config_file {
	char *path; /* as messages call it; NULL = there is none */
	char *dir;  /* absolute */
	struct str text;
	struct diags diags;
	struct yaml *document; /* a map; NULL = empty */
};

#define CONFIG_FILE_INIT          \
	{                         \
		.text = STR_INIT, \
	}

/* Reads and checks `path`. The trees are in the arena, and the file must not move: they refer to it. */
WARN_UNUSED int config_file_read(const char *path, const char *name, enum config_place place,
				 struct arena *arena, struct config_file *ret, struct err *err);
void config_file_release(struct config_file *file);
/* The entry of a key by its full name, "store.limit"; NULL when it is not there. */
const struct yaml_entry *config_file_entry(const struct config_file *file, const char *name);

/*
 * Looks for edgectl.yaml in the working directory and above it. *ret_path is absolute, *ret_name relative; both
 * NULL when there is none. *ret_skipped is one that was found and belongs to a stranger (include/config/config.h).
 * The caller frees.
 */
void config_file_find(char **ret_path, char **ret_name, char **ret_skipped);

#endif
