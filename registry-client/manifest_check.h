/* Is a manifest in a repository already? */
#ifndef REGISTRY_MANIFEST_CHECK_H
#define REGISTRY_MANIFEST_CHECK_H

#include "push_plan.h"
#include "queue.h"
#include "registry.h"

struct manifest_check;

/*
 * Asks by the digest and sets manifest->is_there; what is neither there nor here is an error. All
 * borrowed.
 */
struct manifest_check *manifest_check_new(struct registry *registry, const struct image_ref *ref,
					  struct push_manifest *manifest);
void manifest_check_free(struct manifest_check *check);
struct job *manifest_check_job(struct manifest_check *check);

#endif
