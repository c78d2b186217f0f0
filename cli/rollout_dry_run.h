/* `edgectl rollout --dry-run`: the waves, and what each board runs now. */
#ifndef CLI_ROLLOUT_DRY_RUN_H
#define CLI_ROLLOUT_DRY_RUN_H

#include "base/str.h"
#include "rollout_site.h"

/* After rollout_site_read(). Asks all boards, and changes nothing. */
WARN_UNUSED int rollout_dry_run(struct rollout_site *site, struct str *out, struct err *err);

#endif
