/* The resolved services: which are wanted, what they need, whether they fit together. */
#ifndef SERVICE_H
#define SERVICE_H

#include "loader.h"

/* Splits the services into those of the active profiles and the others, which are taken out. */
WARN_UNUSED int profiles_apply(struct loader *loader, struct yaml *document,
			       struct yaml **ret_inactive, struct err *err);
/* References, contradictions, cycles of dependencies. */
void check_consistency(struct loader *loader, const struct yaml *document,
		       const struct yaml *inactive);
/*
 * Where the keys of a service's `networks` begin with "x-" they are extensions. The reference, and so
 * the model, keeps one entry in their place, "#extensions".
 */
void set_extensions_apart(struct arena *arena, struct yaml *document);
/* Keeps the services that were named, with what they depend on. */
void select_services(struct loader *loader, struct yaml *document);
/* Drops networks, volumes, secrets, configs and models that no service uses. */
void prune_resources(struct arena *arena, struct yaml *document);
/* env_file into environment, label_file into labels. */
void read_env_files(struct loader *loader, struct yaml *document);
void read_label_files(struct loader *loader, struct yaml *document);

#endif
