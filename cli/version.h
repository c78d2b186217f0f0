/* Which edgectl this is. CLI_VERSION comes from CMakeLists.txt. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include "base/err.h"

/* Of the last change of the manual, as mdoc(7) .Dd wants it. */
#define CLI_MANUAL_DATE "November 20, 2026"

WARN_UNUSED int version_print(struct err *err);

#endif
