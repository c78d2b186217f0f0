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

static int load_repository(const char *address, struct template **ret, struct err *err)
{
	struct git_copy fetched = { .dir = NULL };
	int status = fetch(address, &fetched, err);

	if (status == 0 && fetched.unreachable) {
		AUTO(freep)
		char *line =
			xasprintf("warning: %s; using the copy of commit %.12s that is kept here",
				  fetched.unreachable, fetched.commit);

		report_line(line);
	}
	if (status == 0)
		status = template_load_dir(fetched.dir, ret, err);
	git_copy_release(&fetched);
	return status;
}

int template_source_load(const char *where, struct template **ret, struct err *err)
{
	if (!strchr(where, '/') && !str_eq(where, ".") && !str_eq(where, ".."))
		return template_load(where, ret, err);
	if (access(where, F_OK) < 0 && git_url_is(where))
		return load_repository(where, ret, err);
	return template_load_dir(where, ret, err);
}
