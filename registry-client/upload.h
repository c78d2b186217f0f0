/*
 * One blob from the store to a repository: HEAD, and when it is not there, what an earlier run began
 * is finished, or it is mounted from another repository, or sent (upload_session.h).
 */
#ifndef REGISTRY_UPLOAD_H
#define REGISTRY_UPLOAD_H

#include "queue.h"
#include "registry.h"

struct upload;

/*
 * All borrowed, `summary` is added to. `source` is a repository of the registry that may have the
 * blob, NULL = none known.
 */
struct upload *upload_new(struct registry *registry, struct store *store,
			  const struct image_ref *ref, const struct descriptor *blob,
			  const char *source, unsigned step, struct push_summary *summary);
void upload_free(struct upload *upload);
struct job *upload_job(struct upload *upload);
/* When the job has ended: what we sent; NULL when it was there already. Borrowed. */
const struct digest *upload_sent(const struct upload *upload);

#endif
