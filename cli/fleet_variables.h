/* What of the project's variables and configs a release would tell everybody who can pull it. */
#ifndef CLI_FLEET_VARIABLES_H
#define CLI_FLEET_VARIABLES_H

#include "base/err.h"
#include "base/str.h"
#include "compose/load.h"

/* ERR_DENIED when something looks like a credential, unless `is_allowed`. */
WARN_UNUSED int fleet_variables_check(struct compose *compose, bool is_allowed, struct err *err);
/* For people, a line for each service that has any: their names. */
void fleet_variables_tell(struct compose *compose, struct str *out);

#endif
