/* The program around a command: its configuration, parsing its words, showing its error, the exit code. */
#ifndef CLI_APP_H
#define CLI_APP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"

struct app {
	bool error_is_shown;   /* the command has shown its error itself */
	struct config *config; /* NULL until app_config() */
};

/* Reads it when it is first asked for; it is the app's. ERR_INPUT when a file of it is wrong. */
WARN_UNUSED int app_config(struct app *app, struct config **ret, struct err *err);

int app_main(int argc, char **argv);

/*
 * Writes a command's result to stdout. When nobody reads it any more (`edgectl images | head -1`)
 * the process ends quietly as by SIGPIPE.
 */
WARN_UNUSED int app_print(const struct str *text, struct err *err);

#endif
