/*
 * The helper from a copy of our program that nobody can change. A step finds what its processes were before their first
 * execve(2) at /proc/self/exe, and gets hold of it by a script that begins with "#!/proc/self/exe" (CVE-2019-5736 was that of
 * runc): of the file on the host it could change the mode, and on some kernels the content.
 */
#ifndef SANDBOX_OWN_PROGRAM_H
#define SANDBOX_OWN_PROGRAM_H

#include <stdbool.h>

#include "base/err.h"

/* What helper_main() leaves open for itself over its own execve(2); everything above is closed. */
#define HELPER_CONTROL_FD 3
#define HELPER_DIR_FD     4

/* Has the program said by sandbox_program_begin() that it can be started as the helper? */
bool own_program_is_ready(void);
/* Goes on as the helper in a sealed copy (memfd_create(2)) of this program; returns only if that fails. */
WARN_UNUSED int own_program_exec(struct err *err);

#endif
