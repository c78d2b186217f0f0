/*
 * Files of git repositories that are kept: what was fetched of an address (context/git_url.h) stays in
 * $XDG_CACHE_HOME/edgectl/KIND, else ~/.cache/edgectl/KIND, until the repository has something newer
 * there, and serves when the server cannot be reached. Nothing of a repository is executed.
 */
#ifndef CONTEXT_GIT_COPY_H
#define CONTEXT_GIT_COPY_H

#include "base/err.h"
#include "base/monitor.h"

struct git_copy {
	char *dir; /* the one that the address means; absolute */
	char commit[41];
	char *unreachable; /* why it is the kept copy, unasked whether there is a newer one; NULL = it is not */
};

void git_copy_release(struct git_copy *copy);
/*
 * `kind` is what the files are for: "templates". Without a copy: ERR_NOT_FOUND when there is no such
 * repository, reference or directory, ERR_NETWORK and ERR_AUTH when it cannot be reached.
 */
WARN_UNUSED int git_copy_fetch(const char *address, const char *kind, const struct monitor *monitor,
			       struct git_copy *ret, struct err *err);

#endif
