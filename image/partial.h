/*
 * Blobs of which only a part is there: downloads that were interrupted. Each is named by the digest
 * that it shall have, and locked while somebody writes it. Nothing reads them but who goes on.
 */
#ifndef IMAGE_PARTIAL_H
#define IMAGE_PARTIAL_H

#include "base/err.h"
#include "image/digest.h"
#include "image/store.h"

#define PARTIAL_PATH_MAX (sizeof("partial/sha512-") + 128)

/*
 * The file of that digest, made when it is not there, and its path below the store. *ret_fd is -1
 * while another process or thread is at it.
 */
WARN_UNUSED int partial_open(struct store *store, const struct digest *digest,
			     char path[PARTIAL_PATH_MAX], int *ret_fd, struct err *err);
/* Removes those that nobody has gone on with for a week. */
void partial_sweep(struct store *store);

#endif
