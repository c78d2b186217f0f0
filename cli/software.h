/* What edgectl stands on, here and now: `edgectl version --json`. */
#ifndef CLI_SOFTWARE_H
#define CLI_SOFTWARE_H

#include "base/json.h"

/*
 * An object with the members edgectl, kernel, libraries (an object: name to version), emulation (platform to how it runs) and,
 * where an engine listens on this machine, engine. What cannot be found out is left out. The caller owns it.
 */
json_t *json_of_software(void);

#endif
