#include "build_context.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"

void build_context_release(struct build_context *context)
{
	free(context->dir);
	str_release(&context->dockerfile);
	remote_context_release(&context->remote);
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

static int take_dockerfile(const struct build_request *request, struct build_context *context,
			   struct err *err)
{
	struct remote_context *remote = &context->remote;

	if (!remote->is_dockerfile)
		return 0;
	if (request->dockerfile) {
		(void)err_set(err, ERR_USAGE, "%s is a Dockerfile itself, but -f names another one",
			      remote->shown);
		return err_hint(err, "leave -f out, or give a tar archive as the context");
	}
	context->dockerfile_name = "Dockerfile";
	str_addn(&context->dockerfile, remote->dockerfile.ptr, remote->dockerfile.len);
	return 0;
}

static int open_remote(const struct build_request *request, struct build_context *ret,
		       struct err *err)
{
	const struct remote_context_request question = {
		.source = request->context_dir,
		.stdin_fd = request->stdin_fd,
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
	if (remote_context_load(&question, &ret->remote, err) < 0)
		return err && err->kind == ERR_CANCELLED ? -1 : err_wrap(err, "build context");
	ret->is_remote = true;
	ret->dir = xstrdup(ret->remote.dir);
	return take_dockerfile(request, ret, err);
}

static int read_stdin(const struct build_request *request, struct build_context *ret,
		      struct err *err)
{
	if (!str_eq(request->dockerfile, "-"))
		return 0;
	ret->dockerfile_name = "standard input";
	if (fd_read_to_str(request->stdin_fd, &ret->dockerfile, LIMIT_DOCKERFILE, "standard input",
			   err) < 0)
		return err_wrap(err, "read Dockerfile");
	return 0;
}

static int open_context(const struct build_request *request, struct build_context *ret,
			struct err *err)
{
	if (remote_context_is(request->context_dir))
		return open_remote(request, ret, err);
	if (check_directory(request->context_dir, err) < 0)
		return -1;
	return fs_realpath(request->context_dir, &ret->dir, err);
}

int build_context_open(const struct build_request *request, struct build_context *ret,
		       struct err *err)
{
	return open_context(request, ret, err) < 0 ? -1 : read_stdin(request, ret, err);
}
