#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "probe.h"

/* Directories of one step, relative to that of the sandbox. */
struct place {
	char *root, *lower, *upper, *work;
};

static void place_release(struct place *place)
{
	free(place->root);
	free(place->lower);
	free(place->upper);
	free(place->work);
}

static int make_dir(int dir_fd, const char *path, struct err *err)
{
	if (mkdirat(dir_fd, path, 0755) < 0)
		return err_errno(err, "make '%s'", path);
	return 0;
}

static int make_place(int dir_fd, const char *scratch, struct place *ret, struct err *err)
{
	AUTO(freep) char *prefix = path_join(scratch, "step-");

	if (fs_make_temp_dir(dir_fd, prefix, &ret->root, err) < 0)
		return -1;
	ret->lower = path_join(ret->root, "lower");
	ret->upper = path_join(ret->root, "upper");
	ret->work = path_join(ret->root, "work");
	if (make_dir(dir_fd, ret->lower, err) < 0 || make_dir(dir_fd, ret->upper, err) < 0)
		return -1;
	return make_dir(dir_fd, ret->work, err);
}

static int put_program(int dir_fd, const char *dir, const struct platform *platform,
		       struct err *err)
{
	AUTO(str_release) struct str elf = STR_INIT;
	AUTO(freep) char *path = path_join(dir, "probe");
	AUTO(fd_closep) int fd = -1;

	if (!probe_make(platform->arch, &elf))
		return err_set(err, ERR_UNSUPPORTED, "no program is known for '%s'",
			       platform->arch);
	fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0)
		return err_errno(err, "make '%s'", path);
	return fd_write_all(fd, elf.ptr, elf.len, path, err);
}

static int run(const struct check_context *context, const struct platform *platform,
	       const struct place *place, bool overlay, struct err *err)
{
	AUTO(strvec_release)
	struct strvec lowers = STRVEC_INIT, argv = STRVEC_INIT, env = STRVEC_INIT;
	struct sandbox_step step = { .lowers = &lowers,
				     .upper = place->upper,
				     .work = place->work,
				     .argv = &argv,
				     .env = &env,
				     .cwd = "/",
				     .arch = platform->arch,
				     .variant = platform->variant,
				     .network = SANDBOX_NETWORK_NONE };
	struct sandbox_result result = { .status = -1 };

	strvec_add(&argv, "/probe");
	if (overlay)
		strvec_add(&lowers, place->lower);
	if (sandbox_run(context->sandbox, &step, context->monitor, 0, &result, err) < 0)
		return -1;
	if (result.status != PROBE_STATUS)
		return err_set(err, ERR_CHILD, "a program that should end with %d ended with %d",
			       PROBE_STATUS, result.status);
	return 0;
}

int step_try(const struct check_context *context, const struct platform *platform, bool overlay,
	     struct err *err)
{
	AUTO(place_release) struct place place = { .root = NULL };
	int dir_fd = store_dir_fd(context->store);

	/* What is left is removed with the scratch directory. */
	if (make_place(dir_fd, context->scratch, &place, err) < 0 ||
	    put_program(dir_fd, overlay ? place.lower : place.upper, platform, err) < 0)
		return -1;
	return run(context, platform, &place, overlay, err);
}
