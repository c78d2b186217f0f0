/* Single requests that change a repository: a manifest under a name, a small blob, a deletion. */
#ifndef REGISTRY_MANIFEST_WRITE_H
#define REGISTRY_MANIFEST_WRITE_H

#include "registry.h"

/*
 * `version` is a tag or a digest. `if_match` NULL = whatever is there; else what is there must have
 * that ETag: *ret_is_current is false and nothing has changed when it has not.
 */
WARN_UNUSED int manifest_write_as(struct registry *registry, const struct image_ref *ref,
				  const char *version, const char *media_type, struct span body,
				  const char *if_match, bool *ret_is_current, struct err *err);
/* The HTTP status, whatever it is; -1 when there is no answer. */
WARN_UNUSED int manifest_ask_deletion(struct registry *registry, const struct image_ref *ref,
				      const char *version, long *ret_status, struct err *err);
WARN_UNUSED int small_blob_push(struct registry *registry, const struct image_ref *ref,
				struct span content, struct digest *ret, struct err *err);

#endif
