/* Finding the program of a step in its root, and starting it; and when it does not start, why. */
#ifndef SANDBOX_PROGRAM_H
#define SANDBOX_PROGRAM_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

#define PROGRAM_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * execve(2) with argv[0] looked up in the PATH of `env`. Comes back only with an error: what is not there, or what it
 * lacks (interpreter of a script, loader of an ELF file), or that it is for another processor. `foreign`: programs run
 * under an emulator, which would start and then fail where the kernel says ENOENT.
 */
WARN_UNUSED int program_exec(struct strvec *argv, struct strvec *env, bool foreign,
			     struct err *err);

#endif
