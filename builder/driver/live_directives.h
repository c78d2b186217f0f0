/*
 * balena's live directives: comments of a Dockerfile that change what it makes for a session of live sync.
 *
 *	#dev-cmd-live=CMD	what the container runs instead; steps behind it that only make the real image are left out
 *	#dev-run=COMMAND	#dev-copy=SOURCE DEST	#dev-env=NAME=VALUE	RUN, COPY and ENV for such a session only
 */
#ifndef DRIVER_LIVE_DIRECTIVES_H
#define DRIVER_LIVE_DIRECTIVES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/*
 * The text that is built, line by line the same: directives become instructions; behind the live command, RUN, CMD and
 * later stages (not with `keep_stages`) become empty. *ret_line is that of the live command, 0 = there is none. ERR_INPUT for a second one, and for a
 * directive that a next line would belong to. `name` is for messages.
 */
WARN_UNUSED int live_directives_apply(struct span text, const char *name, bool keep_stages,
				      struct str *ret, unsigned *ret_line, struct err *err);

#endif
