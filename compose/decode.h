/* The resolved tree to the structures of compose/project.h. */
#ifndef DECODE_H
#define DECODE_H

#include "base/yaml.h"
#include "compose/project.h"

/* All in the arena. */
struct compose_project *decode_project(struct arena *arena, const struct yaml *document,
				       const char *directory);

#endif
