#ifndef KIND_H
#define KIND_H

#include "base/str.h"
#include "dockerfile/dockerfile.h"

/* The kind of an instruction by its name, in any case; false for an unknown one. */
bool kind_find(struct span name, enum instruction_kind *ret);
/* All names in upper case, ended by NULL. */
const char *const *kind_names(void);

#endif
