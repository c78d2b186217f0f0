#include "context/scratch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"

int scratch_make(struct store *store, struct scratch *ret, struct err *err)
{
	AUTO(freep) char *root = NULL;

	if (fs_realpath(store_root(store), &root, err) < 0 ||
	    store_new_snapshot(store, ret->path, err) < 0)
		return -1;
	ret->store = store;
	ret->dir = xasprintf("%s/%s/fs", root, ret->path);
	ret->work = xasprintf("%s/%s/work", root, ret->path);
	return 0;
}

void scratch_release(struct scratch *scratch)
{
	AUTO(err_release) struct err err = ERR_INIT;

	/* What stays goes with the next snapshot that is made. */
	if (scratch->store && store_drop_snapshot(scratch->store, scratch->path, &err) < 0)
		log_debug("context", "%s: %s", scratch->path, err.message);
	free(scratch->dir);
	free(scratch->work);
	*scratch = (struct scratch){ .store = NULL };
}
