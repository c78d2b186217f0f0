/* Compose files for commands: read with the process's environment and directory, warnings shown. */
#ifndef CLI_COMPOSE_FILE_H
#define CLI_COMPOSE_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "compose/load.h"

/* `options` without cwd and env, which are this process's. The caller frees *ret. */
WARN_UNUSED int compose_file_load(const struct compose_options *options, struct compose **ret,
				  struct err *err);
/* Without showing warnings. */
WARN_UNUSED int compose_file_load_silently(const struct compose_options *options,
					   struct compose **ret, struct err *err);
/* Is there one in the working directory, or named by COMPOSE_FILE? */
bool compose_file_is_here(void);
/* Is there one in a directory above? */
bool compose_file_is_above(void);
/* "compose.yaml": by its ending; "oci://...", which can be nothing else. */
bool compose_file_is_name(const char *path);

#endif
