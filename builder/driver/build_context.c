#include "build_context.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "context/http_file.h"
#include "registry/download.h"

void build_context_release(struct build_context *context)
{
	free(context->dir);
	free(context->dockerfile_name);
	str_release(&context->dockerfile);
}

static int check_directory(const char *dir, struct err *err)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return err_errno(err, "build context '%s'", dir);
	if (S_ISDIR(st.st_mode))
		return 0;
	(void)err_set(err, ERR_INPUT, "build context '%s' is not a directory", dir);
	return err_hint(err, "give the directory; the Dockerfile is named with -f");
}

static int take_dockerfile(const struct build_request *request, const struct remote_context *remote,
			   struct build_context *context, struct err *err)
{
	if (!remote->is_dockerfile)
		return 0;
	if (request->dockerfile) {
		(void)err_set(err, ERR_USAGE, "%s is a Dockerfile itself, but -f names another one",
			      remote->shown);
		return err_hint(err, "leave -f out, or give a tar archive as the context");
	}
	context->dockerfile_name = xstrdup("Dockerfile");
	str_addn(&context->dockerfile, remote->dockerfile.ptr, remote->dockerfile.len);
	return 0;
}

static int open_remote(const struct build_request *request, struct context_pool *pool,
		       struct build_context *ret, struct err *err)
{
	const struct remote_context *remote = NULL;
	const struct remote_context_request question = {
		.source = request->context_dir,
		.stdin_fd = request->stdin_fd,
		.ssh = request->ssh,
		.store = request->store,
		.monitor = request->monitor,
	};

	if (str_eq(request->context_dir, "-") && str_eq(request->dockerfile, "-")) {
		(void)err_set(err, ERR_USAGE,
			      "the standard input cannot be both the context and the Dockerfile");
		return err_hint(err, "for a Dockerfile without a context leave '-f -' out");
	}
	if (!request->store)
		return err_set(err, ERR_UNSUPPORTED,
			       "a build context that has to be brought here "
			       "needs a store");
	if (context_pool_bring(pool, &question, &remote, err) < 0)
		return err && err->kind == ERR_CANCELLED ? -1 : err_wrap(err, "build context");
	ret->is_remote = true;
	ret->remote = remote;
	ret->dir = xstrdup(remote->dir);
	return take_dockerfile(request, remote, ret, err);
}

static int read_stdin(const struct build_request *request, struct build_context *ret,
		      struct err *err)
{
	ret->dockerfile_name = xstrdup("standard input");
	return fd_read_to_str(request->stdin_fd, &ret->dockerfile, LIMIT_DOCKERFILE,
			      "standard input", err);
}

static int fetch_dockerfile(const struct build_request *request, struct build_context *ret,
			    struct err *err)
{
	const struct http_file_request question = { .url = request->dockerfile,
						    .store = request->store,
						    .monitor = request->monitor };
	struct http_file file;

	ret->dockerfile_name = download_shown_url(request->dockerfile);
	if (!request->store)
		return err_set(err, ERR_UNSUPPORTED, "a download needs a store");
	if (http_file_fetch(&question, &file, err) < 0)
		return -1;
	return store_read_blob(request->store, &file.digest, LIMIT_DOCKERFILE, &ret->dockerfile,
			       err);
}

/* What -f names, unless it is a file. */
static int read_dockerfile(const struct build_request *request, struct build_context *ret,
			   struct err *err)
{
	const char *name = request->dockerfile ? request->dockerfile : "";
	int result = 0;

	if (request->dockerfile_text) {
		free(ret->dockerfile_name);
		ret->dockerfile_name = xstrdup(name);
		str_clear(&ret->dockerfile);
		str_add(&ret->dockerfile, request->dockerfile_text);
		return 0;
	}
	if (str_eq(name, "-"))
		result = read_stdin(request, ret, err);
	else if (str_has_prefix(name, "http://") || str_has_prefix(name, "https://"))
		result = fetch_dockerfile(request, ret, err);
	if (result == 0 || (err && err->kind == ERR_CANCELLED))
		return result;
	return err_wrap(err, "read Dockerfile");
}

static int open_context(const struct build_request *request, struct context_pool *pool,
			struct build_context *ret, struct err *err)
{
	if (remote_context_is(request->context_dir))
		return open_remote(request, pool, ret, err);
	if (check_directory(request->context_dir, err) < 0)
		return -1;
	return fs_realpath(request->context_dir, &ret->dir, err);
}

int build_context_open(const struct build_request *request, struct context_pool *pool,
		       struct build_context *ret, struct err *err)
{
	return open_context(request, pool, ret, err) < 0 ? -1 : read_dockerfile(request, ret, err);
}
