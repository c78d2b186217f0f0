/* The functions of libseccomp, loaded when the first step runs (base/library.h). */
#ifndef SANDBOX_LIBSECCOMP_H
#define SANDBOX_LIBSECCOMP_H

#include <seccomp.h>

#include "base/library.h"

/* clang-format off */
#define LIBSECCOMP_FUNCTIONS(X)                                                              \
	X(seccomp, init) X(seccomp, release) X(seccomp, attr_set) X(seccomp, arch_add)       \
	X(seccomp, syscall_resolve_name) X(seccomp, rule_add_array) X(seccomp, export_bpf) \
	X(seccomp, version)

LIBRARY_DECLARE(libseccomp, LIBSECCOMP_FUNCTIONS)
/* clang-format on */

#endif
