/* What of the store --filter, --all and the sizes of `edgectl prune` ask to remove. */
#ifndef CLI_PRUNE_FILTER_H
#define CLI_PRUNE_FILTER_H

#include "base/err.h"
#include "base/vec.h"
#include "image/prune.h"

/* The keys, for completion and messages; NULL-ended. */
extern const char *const prune_filter_types[];

/* "until=24h", "type=cachemount", into `request`. ERR_USAGE. */
WARN_UNUSED int prune_filter_add(const char *text, struct prune_request *request, struct err *err);

#endif
