/*
 * What in a model looks like a password, a token or a private key: by the names that such variables have, and by the forms
 * that known kinds have. It is a guess, for whoever is about to publish the model: neither is all of it secret, nor is all found.
 */
#ifndef COMPOSE_CREDENTIALS_H
#define COMPOSE_CREDENTIALS_H

#include <stdbool.h>

#include "base/vec.h"
#include "compose/load.h"

/*
 * Appends where they are: "services.app.environment.DB_PASSWORD", "configs.settings: password" for a line of a config's
 * text, whose file is read if it can be. Never the values.
 */
void compose_find_credentials(struct compose *compose, struct strvec *out);
/* One variable; `key` may be NULL, for a value without a name. */
bool compose_looks_like_credential(const char *key, const char *value);

#endif
