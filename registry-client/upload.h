/* One blob from the store to a repository: HEAD, then POST and PUT when the repository lacks it. */
#ifndef REGISTRY_UPLOAD_H
#define REGISTRY_UPLOAD_H

#include "queue.h"
#include "registry.h"

struct upload;

/* All borrowed, `summary` is added to. */
struct upload *upload_new(struct registry *registry, struct store *store,
			  const struct image_ref *ref, const struct descriptor *blob, unsigned step,
			  struct push_summary *summary);
void upload_free(struct upload *upload);
struct job *upload_job(struct upload *upload);

#endif
