/* `edgectl build --check` and --call: what is done with a Dockerfile instead of building it. */
#ifndef CLI_BUILD_CALL_H
#define CLI_BUILD_CALL_H

#include <stdbool.h>

#include "app.h"
#include "base/err.h"
#include "builder/check.h"
#include "session.h"

struct build_call {
	bool is_check; /* else it is an ordinary build */
	bool json;
	bool ignore_status; /* warnings alone do not make it fail */
};

/*
 * METHOD[,format=text|json][,ignorestatus=true|false], where METHOD is build, check or lint, as buildx has it;
 * NULL = build. `check` is the flag --check. Errors are ERR_USAGE.
 */
WARN_UNUSED int build_call_parse(const char *text, bool check, struct build_call *ret,
				 struct err *err);
/*
 * Checks each, and prints what was found on stdout: the worst of the exit codes, which tell warnings and errors
 * from nothing found, or -1. As JSON it is one document: for requests with names, an object with the report of each.
 * The session is opened only if base images have to be asked.
 */
int build_call_check(struct app *app, const struct build_call *call,
		     const struct build_request *requests, size_t count,
		     const struct session_options *options, struct err *err);
/* One, without printing, for other forms of output. */
WARN_UNUSED int build_call_find(struct app *app, const struct build_request *request,
				bool all_stages, const struct session_options *options,
				struct build_check **ret, struct err *err);

#endif
