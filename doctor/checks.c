#include "doctor/check.h"

/* In the order in which they are shown. */
#define CHECKS(X)        \
	X(configuration) \
	X(kernel)        \
	X(ids)           \
	X(steps)         \
	X(emulation)     \
	X(disk)          \
	X(registries)    \
	X(boards)        \
	X(store)

#define DECLARE(name) extern const struct check check_##name;
#define LIST(name)    &check_##name,
#define NAME(name)    #name,

CHECKS(DECLARE)

const struct check *const doctor_checks[] = { CHECKS(LIST) NULL };
const char *const doctor_check_names[] = { CHECKS(NAME) NULL };
