/* A store for the time of one command, beside the user's: in $TMPDIR, else /var/tmp. */
#ifndef CLI_SCRATCH_STORE_H
#define CLI_SCRATCH_STORE_H

#include "image/store.h"

struct scratch_store {
	struct store *store;
	char *dir; /* NULL = there is none */
};

#define SCRATCH_STORE_INIT    \
	{                     \
		.store = NULL \
	}

WARN_UNUSED int scratch_store_open(struct scratch_store *ret, struct err *err);
/* Removes it with all that is in it. */
void scratch_store_release(struct scratch_store *scratch);

#endif
