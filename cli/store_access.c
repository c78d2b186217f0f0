#include "store_access.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "interrupt.h"

int store_access_open(struct store_access *ret, struct err *err)
{
	AUTO(freep) char *root = NULL;

	ret->monitor = MONITOR_SILENT;
	/* asked before the ids change: afterwards everybody is root, whose store is another */
	if (fs_data_home(&root, err) < 0 || interrupt_watch(&ret->monitor.cancel_fd, err) < 0 ||
	    identity_enter(&ret->identity, err) < 0)
		return -1;
	return store_open(root, &ret->store, err);
}

void store_access_release(struct store_access *access)
{
	store_closep(&access->store);
	identity_release(&access->identity);
}
