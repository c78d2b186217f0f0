/* Trees as text. */
#ifndef PRINT_H
#define PRINT_H

#include "base/yaml.h"

/* As JSON, with nothing escaped but what JSON demands. */
void print_tree(const struct yaml *node, struct str *out);

#endif
