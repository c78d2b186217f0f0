/*
 * Templates in git repositories: `https://HOST/PATH.git#TAG:SUBDIR` and the other addresses that
 * context/git_url.h knows. What was fetched is kept in $XDG_CACHE_HOME/edgectl/templates, else
 * ~/.cache/edgectl/templates, and serves when the server cannot be reached. Nothing of a repository is
 * executed.
 */
#ifndef TEMPLATES_TEMPLATE_FETCH_H
#define TEMPLATES_TEMPLATE_FETCH_H

#include "base/err.h"
#include "base/monitor.h"

struct fetched_template {
	char *dir; /* for template_load_dir() */
	char commit[41];
	char *unreachable; /* why it is the kept copy, unasked whether there is a newer one; NULL = it is not */
};

void fetched_template_release(struct fetched_template *fetched);
/*
 * Without a copy: ERR_NOT_FOUND when there is no such repository, reference or directory, ERR_NETWORK and ERR_AUTH
 * when it cannot be reached.
 */
WARN_UNUSED int template_fetch(const char *address, const struct monitor *monitor,
			       struct fetched_template *ret, struct err *err);

#endif
