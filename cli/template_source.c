#include "template_source.h"

#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "context/git_copy.h"
#include "context/git_url.h"
#include "interrupt.h"
#include "progress.h"
#include "report.h"

static int fetch(const char *address, struct git_copy *ret, struct err *err)
{
	AUTO(progress_freep) struct progress *progress = NULL;
	struct monitor monitor;
	int cancel_fd, status;

	if (interrupt_watch(&cancel_fd, err) < 0)
		return -1;
	progress = progress_new(PROGRESS_AUTO, "Fetching");
	monitor = progress_monitor(progress, cancel_fd);
	status = git_copy_fetch(address, "templates", &monitor, ret, err);
	if (status < 0 && monitor_is_cancelled(&monitor)) {
		err_clear(err);
		(void)err_set(err, ERR_CANCELLED, "interrupted");
	}
	progress_finish(progress, status < 0 ? err : NULL);
	return status;
}

static bool is_name(const char *where)
{
	return !strchr(where, '/') && !str_eq(where, ".") && !str_eq(where, "..");
}

static int fetch_repository(const char *address, struct template **ret,
			    struct template_origin *ret_origin, char **ret_unreachable,
			    struct err *err)
{
	struct git_copy fetched = { .dir = NULL };
	int status = fetch(address, &fetched, err);

	if (status == 0)
		status = template_load_dir(fetched.dir, ret, err);
	if (status == 0) {
		ret_origin->where = xstrdup(address);
		ret_origin->commit = xstrdup(fetched.commit);
		*ret_unreachable = TAKE(fetched.unreachable);
	}
	git_copy_release(&fetched);
	return status;
}

int template_source_fetch(const char *where, struct template **ret,
			  struct template_origin *ret_origin, char **ret_unreachable,
			  struct err *err)
{
	*ret_unreachable = NULL;
	if (is_name(where)) {
		(void)err_set(err, ERR_USAGE,
			      "'%s' is neither a directory nor the address of a repository", where);
		return err_hint(err, "a directory is named with a slash, as ./%s", where);
	}
	if (access(where, F_OK) < 0 && git_url_is(where))
		return fetch_repository(where, ret, ret_origin, ret_unreachable, err);
	if (template_load_dir(where, ret, err) < 0)
		return -1;
	return fs_realpath(where, &ret_origin->where, err);
}

int template_source_load(const char *where, struct template **ret, struct err *err)
{
	struct template_origin origin = { .where = NULL };
	AUTO(freep) char *unreachable = NULL;
	int status;

	if (is_name(where))
		return template_load(where, ret, err);
	status = template_source_fetch(where, ret, &origin, &unreachable, err);
	if (unreachable) {
		AUTO(freep)
		char *line =
			xasprintf("warning: %s; using the copy of commit %.12s that is kept here",
				  unreachable, origin.commit);

		report_line(line);
	}
	template_origin_release(&origin);
	return status;
}
