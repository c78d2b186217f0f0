#include "context/remote_context.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "context/archive_files.h"
#include "context/git_source.h"
#include "context/http_file.h"
#include "image/layer.h"
#include "registry/download.h"

static bool is_http(const char *text)
{
	return str_has_prefix(text, "http://") || str_has_prefix(text, "https://");
}

bool remote_context_is(const char *text)
{
	struct stat st;

	if (str_eq(text, "-"))
		return true;
	if (stat(text, &st) == 0)
		return false;
	return is_http(text) || git_url_is(text);
}

void remote_context_release(struct remote_context *context)
{
	free(context->dir);
	free(context->shown);
	free(context->commit);
	str_release(&context->dockerfile);
	scratch_release(&context->scratch);
}

int remote_context_read(const char *dir, const char *path, size_t limit, struct str *ret,
			struct err *err)
{
	AUTO(fd_closep) int top = -1, fd = -1;
	struct stat st;

	if (fd_open(AT_FDCWD, dir, O_PATH | O_DIRECTORY, 0, &top, err) < 0 ||
	    fd_open_in_root(top, path, O_RDONLY | O_NONBLOCK, 0, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "'%s' is not a file", path);
	str_clear(ret);
	return fd_read_to_str(fd, ret, limit, path, err);
}

/* --- a tar or a Dockerfile --- */

static int take_dockerfile(int fd, struct remote_context *ret, struct err *err)
{
	ret->is_dockerfile = true;
	if (fd_read_to_str(fd, &ret->dockerfile, LIMIT_DOCKERFILE, "Dockerfile", err) < 0)
		return err_hint(err, "it is taken for a Dockerfile, since it is no tar archive");
	if (ret->dockerfile.len == 0) {
		(void)err_set(err, ERR_INPUT, "it is empty");
		return err_hint(err, "give a Dockerfile or a tar archive");
	}
	return 0;
}

static int take_content(int fd, const struct remote_context_request *request,
			struct remote_context *ret, struct err *err)
{
	bool is_archive = false;

	ret->dir = xstrdup(ret->scratch.dir);
	if (layer_is_archive(fd, &is_archive, err) < 0)
		return -1;
	return is_archive ? archive_files_extract(fd, ret->dir, request->monitor, err)
			  : take_dockerfile(fd, ret, err);
}

/* Whoever writes to us may take his time, or never end. */
static int copy_stdin(int from, int to, const struct monitor *monitor, struct err *err)
{
	struct pollfd fds[2] = {
		{ .fd = from, .events = POLLIN },
		{ .fd = monitor ? monitor->cancel_fd : -1, .events = POLLIN },
	};
	char buffer[64 * 1024];
	ssize_t got;

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_errno(err, "read");
		if (monitor_check(monitor, err) < 0)
			return -1;
		if (!fds[0].revents)
			continue;
		got = read(from, buffer, sizeof(buffer));
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return err_errno(err, "read");
		if (got == 0)
			return 0;
		if (got > 0 && fd_write_all(to, buffer, (size_t)got, "its copy", err) < 0)
			return -1;
	}
}

/* Kept in a file, since it must be looked at before it is read. */
static int load_stdin(const struct remote_context_request *request, struct remote_context *ret,
		      struct err *err)
{
	AUTO(freep) char *path = path_join(ret->scratch.work, "stdin");
	AUTO(fd_closep) int fd = -1;

	if (isatty(request->stdin_fd)) {
		(void)err_set(err, ERR_USAGE, "the standard input is a terminal");
		return err_hint(err, "redirect it: edgectl build - < Dockerfile");
	}
	if (fd_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL, 0600, &fd, err) < 0 ||
	    copy_stdin(request->stdin_fd, fd, request->monitor, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "rewind '%s'", path);
	return take_content(fd, request, ret, err);
}

static int load_http(const struct remote_context_request *request, unsigned step,
		     struct remote_context *ret, struct err *err)
{
	const struct http_file_request question = { .url = request->source,
						    .store = request->store,
						    .monitor = request->monitor,
						    .step = step };
	AUTO(fd_closep) int fd = -1;
	struct http_file file;

	if (http_file_fetch(&question, &file, err) < 0 ||
	    store_open_blob(request->store, &file.digest, &fd, err) < 0)
		return -1;
	return take_content(fd, request, ret, err) < 0 ? err_wrap(err, "'%s'", ret->shown) : 0;
}

static int load_git(const struct remote_context_request *request, const struct git_url *url,
		    unsigned step, struct remote_context *ret, struct err *err)
{
	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
	const struct git_checkout checkout = {
		.url = url,
		.revision = &revision,
		.dir = ret->scratch.dir,
		.keep_git_dir = url->keep_git_dir,
		.keys = { .lent = request->ssh },
		.monitor = request->monitor,
		.step = step,
	};

	if (git_source_resolve(url, &checkout.keys, request->monitor, &revision, err) < 0)
		return -1;
	monitor_text(request->monitor, step, EVENT_STEP_DETAIL, "commit %s", revision.commit);
	ret->commit = xstrdup(revision.commit);
	return git_source_checkout(&checkout, &ret->dir, err);
}

static int load(const struct remote_context_request *request, const struct git_url *url,
		unsigned step, struct remote_context *ret, struct err *err)
{
	if (scratch_make(request->store, &ret->scratch, err) < 0)
		return -1;
	if (str_eq(request->source, "-"))
		return load_stdin(request, ret, err) < 0 ? err_wrap(err, "standard input") : 0;
	if (url->remote)
		return load_git(request, url, step, ret, err);
	return load_http(request, step, ret, err);
}

int remote_context_load(const struct remote_context_request *request, struct remote_context *ret,
			struct err *err)
{
	const struct monitor *monitor = request->monitor;
	AUTO(git_url_release) struct git_url url = GIT_URL_INIT;
	struct remote_context context = REMOTE_CONTEXT_INIT;
	unsigned step;

	if (git_url_is(request->source) && git_url_parse(request->source, &url, err) < 0)
		return -1;
	if (str_eq(request->source, "-"))
		context.shown = xstrdup("standard input");
	else
		context.shown =
			url.remote ? git_url_shown(&url) : download_shown_url(request->source);
	step = monitor_add_step(monitor, "[internal] load build context from %s", context.shown);
	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (load(request, &url, step, &context, err) < 0) {
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
		remote_context_release(&context);
		return -1;
	}
	monitor_step(monitor, step, EVENT_STEP_DONE);
	*ret = context;
	return 0;
}
