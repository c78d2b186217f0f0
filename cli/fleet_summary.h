/* What `edgectl push FLEET` says in the end: per service and platform what was built, reused and uploaded. */
#ifndef CLI_FLEET_SUMMARY_H
#define CLI_FLEET_SUMMARY_H

#include "base/map.h"
#include "builder/build.h"
#include "image/store.h"
#include "progress.h"
#include "table.h"

struct fleet_summary {
	struct table table;
	struct strmap told;    /* blobs that a row has as sent: another one shares them */
	struct strmap counted; /* blobs that are in `whole_bytes` */
	uint64_t sent_bytes, whole_bytes; /* of all images, each blob once */
};

void fleet_summary_init(struct fleet_summary *summary);
void fleet_summary_release(struct fleet_summary *summary);
/*
 * A row for each platform that the service's image is for, or that its steps ran on. `sent` are the digests of what was
 * sent for it; `platform` is that of an image that is for one only.
 */
WARN_UNUSED int fleet_summary_add(struct fleet_summary *summary, struct store *store,
				  const char *service, const struct platform *platform,
				  const struct build_result *result, const struct strmap *sent,
				  struct err *err);
/* "sent 1.2kB of 3.0MB, 99.9% less" */
void fleet_summary_total(const struct fleet_summary *summary, struct str *out);
/* The rows, unless there are none. */
void fleet_summary_tell(const struct fleet_summary *summary, struct progress *progress);

#endif
