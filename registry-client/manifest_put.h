/* One manifest to a repository. */
#ifndef REGISTRY_MANIFEST_PUT_H
#define REGISTRY_MANIFEST_PUT_H

#include "push_plan.h"
#include "queue.h"
#include "registry.h"

struct manifest_put;

/*
 * `version` is the name it gets: a tag, or its digest. All borrowed, but `version` is copied.
 * When it is there, manifest->is_listed tells what became of its subject. *ret_blob_unknown becomes true when the registry refuses it because it lacks a blob.
 */
struct manifest_put *manifest_put_new(struct registry *registry, const struct image_ref *ref,
				      struct push_manifest *manifest, const char *version,
				      bool *ret_blob_unknown);
void manifest_put_free(struct manifest_put *put);
struct job *manifest_put_job(struct manifest_put *put);

#endif
