/*
 * Lists that come in parts: tags, referrers (distribution-spec, "Content Discovery"). Where the next part is, a Link header
 * says; how many entries a part has says nothing.
 *
 *	while (path) {
 *		call.path = path;
 *		call_perform(&call, err)
 *		...
 *		pages_next(&pages, &call, &next, err)
 *		free(path);
 *		path = TAKE(next);
 *	}
 */
#ifndef REGISTRY_PAGES_H
#define REGISTRY_PAGES_H

#include "base/map.h"
#include "call.h"

struct pages {
	struct strmap asked; /* addresses, so that no registry sends us in circles */
};

void pages_release(struct pages *pages);
/*
 * The address of the part after the one that `call` has answered, NULL = that was the last; the caller frees. It is always
 * one of the registry that was asked: of another scheme, host or port that the link names, only the path counts.
 * ERR_PROTOCOL when it is a part that was asked for before, ERR_LIMIT when there are too many.
 */
WARN_UNUSED int pages_next(struct pages *pages, const struct call *call, char **ret_next,
			   struct err *err);

#endif
