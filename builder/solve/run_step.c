#include "run_step.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "chain.h"
#include "layer_output.h"
#include "run_mounts.h"
#include "sandbox/sandbox.h"

/* "RUN make": enough to know which one, on one line. */
#define TITLE_MAX 72

static void add_environment(const struct strmap *map, struct strvec *out)
{
	for (size_t i = 0; i < map->len; i++)
		strvec_addf(out, "%s=%s", map->items[i].key,
			    map->items[i].value ? map->items[i].value : "");
}

static int command_failed(const struct vertex *vertex, const struct sandbox_result *result,
			  struct err *err)
{
	int signal_number = result->status > 128 ? result->status - 128 : 0;
	bool is_long = strlen(vertex->title) > TITLE_MAX;

	if (signal_number)
		(void)err_set(err, ERR_CHILD, "%.*s%s: killed by signal %d (%s)", TITLE_MAX,
			      vertex->title, is_long ? "..." : "", signal_number,
			      strsignal(signal_number));
	else
		(void)err_set(err, ERR_CHILD, "%.*s%s: exit status %d", TITLE_MAX, vertex->title,
			      is_long ? "..." : "", result->status);
	if (err)
		err->child_status = result->status;
	if (result->emulated &&
	    (signal_number == SIGSEGV || signal_number == SIGILL || signal_number == SIGABRT))
		(void)err_hint(
			err,
			"the command ran under QEMU: a newer qemu-user-static often mends crashes");
	return -1;
}

static int run_in_sandbox(struct solver *solver, struct vertex *vertex, const struct strvec *lowers,
			  const char *snapshot, const struct sandbox_mounts *mounts,
			  struct err *err)
{
	const struct run_vertex *run = &vertex->run;
	AUTO(strvec_release) struct strvec env = STRVEC_INIT;
	AUTO(freep) char *upper = xasprintf("%s/fs", snapshot);
	AUTO(freep) char *work = xasprintf("%s/work", snapshot);
	struct sandbox_step step = {
		.lowers = lowers,
		.upper = upper,
		.work = work,
		.argv = &run->argv,
		.env = &env,
		.cwd = run->cwd,
		.user = run->user,
		.arch = vertex->platform.arch,
		.variant = vertex->platform.variant,
		.mounts = mounts,
		.network = run->network,
		.scripts = &run->scripts,
	};
	struct sandbox_result result = { .status = 0 };

	add_environment(&run->env, &env);
	add_environment(&run->proxies, &env);
	if (sandbox_run(solver->sandbox, &step, solver->monitor, vertex->step, &result, err) < 0)
		return err && err->kind == ERR_CANCELLED ? -1 : err_wrap(err, "RUN");
	vertex->emulated = result.emulated;
	vertex->elapsed_ns = result.elapsed_ns;
	return result.status ? command_failed(vertex, &result, err) : 0;
}

static int pack(struct solver *solver, struct layer_output *output, struct err *err)
{
	struct layer_pack_options options = { .overlay = true };
	AUTO(freep) char *upper = xasprintf("%s/fs", output->snapshot);
	AUTO(fd_closep) int fd = -1;

	if (fd_open(store_dir_fd(solver->store), upper, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	return layer_pack_dir(fd, &options, layer_output_sink(output), solver->monitor, err);
}

int run_execute(struct solver *solver, struct vertex *vertex, bool *ret_changed, struct err *err)
{
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;
	AUTO(layer_output_release) struct layer_output output = { .solver = solver };
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;

	if (!solver->sandbox)
		return err_set(err, ERR_UNSUPPORTED, "no sandbox to run commands in");
	if (chain_unpack(solver, vertex->parent, &lowers, err) < 0 ||
	    step_mounts_make(solver, vertex, &mounts, err) < 0 ||
	    layer_output_open_snapshot(solver, vertex, &output, err) < 0)
		return -1;
	if (run_in_sandbox(solver, vertex, &lowers, output.snapshot, &mounts.mounts, err) < 0)
		return -1;
	if (pack(solver, &output, err) < 0)
		return err_wrap(err, "layer of %s", vertex->title);
	*ret_changed = mounts.changed;
	return layer_output_finish(&output, vertex, err);
}
