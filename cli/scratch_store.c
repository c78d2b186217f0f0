#include "scratch_store.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"

/* In place of what a store says of itself. */
static int hint_place(struct err *err)
{
	if (!err)
		return -1;
	free(err->hint);
	err->hint = NULL;
	return err_hint(err, "choose another place for temporary files: TMPDIR=/other/place");
}

int scratch_store_open(struct scratch_store *ret, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	/* /tmp is often in memory; images are not for that */
	AUTO(freep) char *prefix = path_join(tmp && *tmp ? tmp : "/var/tmp", "edgectl-");

	if (fs_make_temp_dir(AT_FDCWD, prefix, &ret->dir, err) < 0 ||
	    store_open(ret->dir, &ret->store, err) < 0)
		return hint_place(err);
	store_mark_scratch(ret->store);
	return 0;
}

void scratch_store_release(struct scratch_store *scratch)
{
	AUTO(err_release) struct err err = ERR_INIT;

	store_closep(&scratch->store);
	/* what stays is in a place for such things */
	if (scratch->dir && fs_remove_all(AT_FDCWD, scratch->dir, &err) < 0)
		log_debug("store", "%s", err.message);
	free(scratch->dir);
	*scratch = (struct scratch_store)SCRATCH_STORE_INIT;
}
