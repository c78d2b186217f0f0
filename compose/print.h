/* Trees as text. */
#ifndef PRINT_H
#define PRINT_H

#include <stdbool.h>

#include "base/yaml.h"
#include "compose/load.h"

/* A compose file, its sections in their order; every '$' doubled unless it is raw. */
void print_document(const struct yaml *document, enum compose_format format, bool raw,
		    struct str *out);

#endif
