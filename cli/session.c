#include "session.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "interrupt.h"
#include "store_limit.h"

#define CONFIG_FILE "config.yaml"

static void warn_of_limitation(const struct session *session)
{
	if (session->identity.limitation)
		monitor_text(&session->monitor, 0, EVENT_WARNING, "%s",
			     session->identity.limitation);
}

int session_open(const struct session_options *options, struct session *ret, struct err *err)
{
	struct registry_options registry = { .monitor = &ret->monitor,
					     .insecure = options->insecure,
					     .verbose = options->verbose,
					     .jobs = options->jobs,
					     .rate_limit = options->rate_limit };
	AUTO(freep) char *root = NULL, *config_home = NULL, *config = NULL;
	int cancel_fd = -1;

	/* Asked before the ids change: afterwards everybody is root, whose places are others. */
	if (store_limit_read(&ret->store_limit, err) < 0 || fs_data_home(&root, err) < 0 ||
	    fs_config_home(&config_home, err) < 0 || interrupt_watch(&cancel_fd, err) < 0)
		return -1;
	config = path_join(config_home, CONFIG_FILE);
	if ((options->needs_sandbox || options->makes_snapshots) &&
	    identity_enter(&ret->identity, err) < 0)
		return -1;
	if (!options->without_store && store_open(root, &ret->store, err) < 0)
		return -1;
	if (options->needs_sandbox && sandbox_new(store_dir_fd(ret->store), &ret->sandbox, err) < 0)
		return -1;
	ret->progress = progress_new(options->progress, options->title);
	ret->monitor = progress_monitor(ret->progress, cancel_fd);
	ret->registry = registry_new(&registry);
	if (registry_configure(ret->registry, config, err) < 0)
		return -1;
	warn_of_limitation(ret);
	if (options->secrets)
		return registry_load_secrets(ret->registry, options->secrets, err);
	return 0;
}

static void blame_user(struct err *err)
{
	err_clear(err);
	(void)err_set(err, ERR_CANCELLED, "interrupted");
}

int session_finish(struct session *session, struct app *app, int status, struct err *err)
{
	if (status < 0 && monitor_is_cancelled(&session->monitor))
		blame_user(err);
	/* a command that makes no layers has not filled it, and may not see all that is in it */
	if (status == 0 && session->sandbox)
		store_limit_apply(session->store, session->store_limit, &session->monitor);
	progress_finish(session->progress, status < 0 ? err : NULL);
	app->error_is_shown = progress_shows_errors(session->progress);
	return status;
}

void session_release(struct session *session)
{
	registry_freep(&session->registry);
	progress_freep(&session->progress);
	sandbox_freep(&session->sandbox);
	store_closep(&session->store);
	identity_release(&session->identity);
}
