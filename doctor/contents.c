#include "doctor/check.h"
#include "image/store_check.h"

static int run_store(const struct check *check, const struct check_context *context,
		     struct findings *ret, struct err *err)
{
	AUTO(store_findings_release) struct store_findings found = { .items = NULL };

	if (store_check(context->store, context->repair, context->monitor, &found, err) < 0)
		return -1;
	VEC_FOREACH(fault, &found) {
		struct finding *finding =
			findings_add(ret, fault->is_damage ? FINDING_BAD : FINDING_WARNING,
				     check->name, fault->remedy, "%s", fault->text);

		finding->is_repaired = fault->is_repaired;
	}
	if (found.len == 0)
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "all blobs, snapshots and records of '%s' are sound",
			     store_root(context->store));
	return 0;
}

extern const struct check check_store;
const struct check check_store = {
	.name = "store",
	.title = "The store",
	.place = CHECK_STORE,
	.run = run_store,
};
