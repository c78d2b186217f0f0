/* Options of every command that talks to registries. */
#ifndef CLI_REGISTRY_OPTION_H
#define CLI_REGISTRY_OPTION_H

#include <stdbool.h>

#include "option.h"

struct registry_args {
	bool insecure, verbose;
	const char *secrets;
};

/* Entries of a table; `field` is a struct registry_args. */
#define OPTION_REGISTRY(T, field)                                                                 \
	OPTION_SWITCH(T, field.insecure, 0, "insecure",                                           \
		      "Allow plain HTTP, and certificates that cannot be verified"),              \
		OPTION_STRING(T, field.secrets, 0, "registry-secrets", "FILE", VALUE_FILE,        \
			      "Credentials in balena's form: a YAML or JSON map from registries " \
			      "to username and password"),                                        \
		OPTION_FLAG(T, field.verbose, 0, "verbose",                                       \
			    "Show requests to registries and their answers, secrets masked")

#endif
