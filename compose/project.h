/* Which files make the project, where it is, what it is called, and the environment that its files see. */
#ifndef PROJECT_H
#define PROJECT_H

#include "loader.h"

/*
 * Finds and reads the files and the environment, from the options, COMPOSE_* variables and by
 * looking around. Fills the loader's sources, directory and env.
 */
WARN_UNUSED int project_find(struct loader *loader, struct err *err);
/* Decides on the name of the project, once the files are parsed, and puts it into the environment. */
WARN_UNUSED int project_name(struct loader *loader, struct err *err);
/*
 * Lower case, only [a-z0-9_-], beginning with a letter or digit. The caller frees; may be "".
 */
char *project_name_normalize(const char *name);

#endif
