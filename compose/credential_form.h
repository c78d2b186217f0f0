/* What names and values of credentials look like. */
#ifndef CREDENTIAL_FORM_H
#define CREDENTIAL_FORM_H

#include <stdbool.h>

/* "DB_PASSWORD", "apiToken2"? */
bool credential_is_name(const char *key);
/* Even under such a name: nothing, a switch, or a path to where the secret is. */
bool credential_is_harmless(const char *value);
/* Of a known form, whatever it is called: a private key, a token, an address with a password in it. */
bool credential_is_value(const char *value);

#endif
