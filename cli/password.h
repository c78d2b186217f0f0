/* Secrets from the user. */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include "base/err.h"
#include "base/str.h"

/* A line typed at the terminal after `prompt`, visible; ERR_USAGE without a terminal. */
WARN_UNUSED int password_ask_name(const char *prompt, struct str *ret, struct err *err);
/* The same without echo, which is on again afterwards whatever happens. */
WARN_UNUSED int password_ask(const char *prompt, struct str *ret, struct err *err);
/* All of the standard input, without a line break at its end. */
WARN_UNUSED int password_read_stdin(struct str *ret, struct err *err);
void password_wipe(struct str *password);

#endif
