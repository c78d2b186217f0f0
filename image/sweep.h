/* Files that belong to whoever has them locked: ingest/, leases/; and directories: snapshots/. */
#ifndef IMAGE_SWEEP_H
#define IMAGE_SWEEP_H

#include <stdbool.h>

/* Removes those that nobody has locked: their process died. */
void sweep_files(int dir_fd);
/* Has a process locked it (flock(2))? False when it is not there. */
bool sweep_is_locked(int dir_fd, const char *path);

#endif
