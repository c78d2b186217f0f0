/* The resolved model as a tree: for this room only. */
#ifndef TREE_H
#define TREE_H

#include "base/yaml.h"
#include "compose/load.h"

/* Borrowed from the model. */
const struct yaml *compose_tree(const struct compose *compose);
/* The same for whoever changes it, and where new nodes live. */
struct yaml *compose_document(struct compose *compose);
struct arena *compose_arena(struct compose *compose);
/* Absolute names of the files that were given or found, without those that they include. */
const struct strvec *compose_files(const struct compose *compose);
/* Those of --env-file. */
const struct strvec *compose_env_files(const struct compose *compose);
/* Profiles of all services, each as often as it is there. */
const struct strvec *compose_profiles(const struct compose *compose);
/* What joins the parts of a container's name. */
char compose_separator(const struct compose *compose);
/* Are the variables still in it? */
bool compose_is_raw(const struct compose *compose);

#endif
