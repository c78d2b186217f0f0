/* Options of every command that talks to registries, and what they make of its session. */
#ifndef CLI_REGISTRY_OPTION_H
#define CLI_REGISTRY_OPTION_H

#include <stdbool.h>

#include "option.h"
#include "progress.h"
#include "rate_option.h"
#include "session.h"

struct registry_args {
	bool insecure, verbose;
	const char *secrets;
};

/* Entries of a table; `field` is a struct registry_args. */
#define OPTION_REGISTRY(T, field)                                                                 \
	OPTION_SWITCH(T, field.insecure, 0, "insecure",                                           \
		      "Allow plain HTTP, and certificates that cannot be verified"),              \
		OPTION_STRING(T, field.secrets, 0, "registry-secrets", "FILE", VALUE_FILE,        \
			      "Credentials in balena's form: a YAML or JSON map from registries " \
			      "to username and password"),                                        \
		OPTION_FLAG(T, field.verbose, 0, "verbose",                                       \
			    "Show requests to registries and their answers, secrets masked")

/* For a command that asks something: no view of what goes on, but what there is to be warned of. */
struct session_options registry_args_to_ask(const struct registry_args *args);

/* Of commands that move images. */
struct transfer_args {
	struct registry_args registry;
	const char *limit_rate;
	int progress, jobs;
	bool quiet;
};

/* Entries of a table; `field` is a struct transfer_args. */
#define OPTION_TRANSFER(T, field, jobs_help)                                                    \
	OPTION_REGISTRY(T, field.registry),                                                     \
		OPTION_INT(T, field.jobs, 'j', "jobs", "N", 1, 32, jobs_help, .fallback = "4"), \
		OPTION_LIMIT_RATE(T, field.limit_rate), OPTION_PROGRESS(T, field.progress),     \
		OPTION_FLAG(T, field.quiet, 'q', "quiet", "Print only the digest")

/* `title` as of struct session_options. ERR_USAGE. */
WARN_UNUSED int transfer_args_session(const struct transfer_args *args, const char *title,
				      struct session_options *ret, struct err *err);
/* session_finish(), and then, with --quiet, `digests` is all that is printed. */
WARN_UNUSED int transfer_args_finish(const struct transfer_args *args, struct session *session,
				     struct app *app, int status, const struct str *digests,
				     struct err *err);

#endif
