#include "registry_option.h"

#include "app.h"

struct session_options registry_args_to_ask(const struct registry_args *args)
{
	return (struct session_options){ .title = "Asking",
					 .progress = PROGRESS_MESSAGES,
					 .insecure = args->insecure,
					 .verbose = args->verbose,
					 .secrets = args->secrets };
}

int transfer_args_session(const struct transfer_args *args, const char *title,
			  struct session_options *ret, struct err *err)
{
	*ret = registry_args_to_ask(&args->registry);
	ret->title = title;
	ret->progress = args->quiet ? PROGRESS_QUIET : (enum progress_mode)args->progress;
	ret->jobs = (unsigned)args->jobs;
	return rate_option_parse(args->limit_rate, &ret->rate_limit, err);
}

int transfer_args_finish(const struct transfer_args *args, struct session *session, struct app *app,
			 int status, const struct str *digests, struct err *err)
{
	if (session_finish(session, app, status, err) < 0)
		return -1;
	return args->quiet ? app_print(digests, err) : 0;
}
