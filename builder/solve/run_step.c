#include "run_step.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "chain.h"
#include "flat_root.h"
#include "layer_output.h"
#include "run_log.h"
#include "run_mounts.h"
#include "sandbox/emulation.h"
#include "sandbox/sandbox.h"

/* "RUN make": enough to know which one, on one line. */
#define TITLE_MAX 72
/* A package that is compiled under QEMU may say nothing for as long. */
#define IDLE_NOTICE_MS 60000

static void add_environment(const struct strmap *map, struct strvec *out)
{
	for (size_t i = 0; i < map->len; i++)
		strvec_addf(out, "%s=%s", map->items[i].key,
			    map->items[i].value ? map->items[i].value : "");
}

/* A name that is there twice has its first value for some programs, and its last for others. */
static void override_environment(const struct strvec *variables, struct strvec *env)
{
	VEC_FOREACH(variable, variables) {
		size_t len = strcspn(*variable, "=") + 1;

		for (size_t i = env->len; i > 0; i--)
			if (!strncmp(env->items[i - 1], *variable, len))
				strvec_remove(env, i - 1);
		strvec_add(env, *variable);
	}
}

/* Signals that stand for a mistake of the program, or of what runs it. */
static bool is_crash(int signal_number)
{
	return signal_number == SIGSEGV || signal_number == SIGILL || signal_number == SIGABRT ||
	       signal_number == SIGBUS;
}

/* "QEMU 7.2.22", as far as it says. */
static char *emulator_name(const struct vertex *vertex)
{
	struct emulation emulation = { .interpreter = NULL };
	AUTO(freep) char *version = NULL;
	char *name = NULL;

	if (emulation_find(vertex->platform.arch, vertex->platform.variant, &emulation, NULL) == 0)
		version = emulation_version(&emulation);
	name = version ? xasprintf("QEMU %s (%s)", version, emulation.interpreter)
		       : xstrdup("QEMU");
	emulation_release(&emulation);
	return name;
}

static const char *remedy(const struct vertex *vertex, int signal_number)
{
	if (signal_number == SIGILL && strmap_has(&vertex->run.env, "QEMU_CPU"))
		return "the program has instructions that the board's processor lacks, as QEMU_CPU "
		       "says: build it for that processor, or for --platform instead of --board";
	if (signal_number == SIGILL)
		return "the program may have instructions that the platform's processor lacks: "
		       "build it for that one, or set QEMU_CPU=max in this step; or try a newer "
		       "QEMU, whose directory EDGECTL_QEMU_PATH names";
	return "a newer QEMU often mends it: EDGECTL_QEMU_PATH names the directory of another "
	       "qemu-*-static; or do this step on the workstation's own processor, in a stage "
	       "FROM --platform=$BUILDPLATFORM";
}

static int command_failed(const struct solver *solver, const struct vertex *vertex,
			  const struct sandbox_result *result, const struct run_log *log,
			  struct err *err)
{
	int crash_signal = result->emulated ? log->crash_signal : 0;
	int signal_number =
		result->status > 128 && result->status - 128 < NSIG ? result->status - 128 : 0;
	bool is_long = strlen(vertex->title) > TITLE_MAX;
	AUTO(str_release) struct str message = STR_INIT;

	if (!crash_signal && result->emulated && is_crash(signal_number))
		crash_signal = signal_number;
	str_addf(&message, "%.*s%s: ", TITLE_MAX, vertex->title, is_long ? "..." : "");
	if (signal_number)
		str_addf(&message, "killed by signal %d (%s)", signal_number,
			 strsignal(signal_number));
	else
		str_addf(&message, "exit status %d", result->status);
	if (crash_signal) {
		AUTO(freep) char *emulator = emulator_name(vertex);

		str_addf(&message, ": an emulated program crashed with signal %d (%s) under %s",
			 crash_signal, strsignal(crash_signal), emulator);
	}
	(void)err_set(err, ERR_CHILD, "%s", message.ptr);
	if (err) {
		err->child_status = result->status;
		err->errnum = log->said_full ? ENOSPC : 0;
	}
	if (crash_signal)
		return err_hint(err, "%s", remedy(vertex, crash_signal));
	/* now, while what it has written is still there */
	return store_explain_failure(solver->store, err);
}

/* The step went on without it: dpkg forgives some of its triggers. */
static void warn_of_crash(const struct solver *solver, const struct vertex *vertex,
			  int crash_signal)
{
	AUTO(freep) char *emulator = emulator_name(vertex);

	monitor_text(solver->monitor, vertex->step, EVENT_WARNING,
		     "an emulated program crashed with signal %d (%s) under %s, and the step went "
		     "on; %s",
		     crash_signal, strsignal(crash_signal), emulator, remedy(vertex, crash_signal));
}

static int conclude(const struct solver *solver, struct vertex *vertex,
		    const struct sandbox_result *result, const struct run_log *log, struct err *err)
{
	vertex->emulated = result->emulated;
	vertex->elapsed_ns = result->elapsed_ns;
	if (result->status)
		return command_failed(solver, vertex, result, log, err);
	if (result->emulated && log->crash_signal)
		warn_of_crash(solver, vertex, log->crash_signal);
	return 0;
}

/* `lowers` NULL: `snapshot` has all files. */
static int run_in_sandbox(struct solver *solver, struct vertex *vertex, const struct strvec *lowers,
			  const char *snapshot, const struct step_mounts *mounts, struct err *err)
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
		.hostname = run->hostname,
		.arch = vertex->platform.arch,
		.variant = vertex->platform.variant,
		.mounts = &mounts->mounts,
		.network = run->network,
		.insecure = run->insecure,
		.options = vertex->settings->options,
		.idle_notice_ms = platform_is_native(&vertex->platform) ? 0 : IDLE_NOTICE_MS,
		.scripts = &run->scripts,
	};
	struct sandbox_result result = { .status = 0 };
	struct run_log log;
	int status = 0;

	add_environment(&run->env, &env);
	add_environment(&run->proxies, &env);
	override_environment(&mounts->env, &env);
	run_log_begin(&log, solver->monitor, &mounts->mask);
	status = sandbox_run(solver->sandbox, &step, &log.monitor, vertex->step, &result, err);
	run_log_end(&log);
	if (status < 0)
		return err && err->kind == ERR_CANCELLED ? -1 : err_wrap(err, "RUN");
	return conclude(solver, vertex, &result, &log, err);
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

static int run_on_overlay(struct solver *solver, struct vertex *vertex, const struct strvec *lowers,
			  bool *ret_changed, struct err *err)
{
	AUTO(layer_output_release) struct layer_output output = { .solver = solver };
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;

	if (step_mounts_make(solver, vertex, &mounts, err) < 0 ||
	    layer_output_open_snapshot(solver, vertex, &output, err) < 0 ||
	    run_in_sandbox(solver, vertex, lowers, output.snapshot, &mounts, err) < 0)
		return -1;
	if (pack(solver, &output, err) < 0)
		return err_wrap(err, "layer of %s", vertex->title);
	*ret_changed = mounts.changed;
	return layer_output_finish(&output, vertex, err);
}

static int run_on_copy(struct solver *solver, struct vertex *vertex, const struct strvec *lowers,
		       bool *ret_changed, struct err *err)
{
	AUTO(layer_output_release) struct layer_output output = { .solver = solver };
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;
	AUTO(flat_root_release) struct flat_root root = FLAT_ROOT_INIT;

	if (step_mounts_make(solver, vertex, &mounts, err) < 0)
		return -1;
	monitor_text(solver->monitor, vertex->step, EVENT_STEP_DETAIL,
		     "copying all files below this step: overlayfs is not to be had");
	if (flat_root_make(solver, lowers, &root, err) < 0)
		return err_wrap(err, "copy the files below %s", vertex->title);
	if (run_in_sandbox(solver, vertex, NULL, root.snapshot, &mounts, err) < 0 ||
	    layer_output_open(solver, vertex, &output, err) < 0)
		return -1;
	if (flat_root_pack(&root, layer_output_sink(&output), solver->monitor, err) < 0)
		return err_wrap(err, "layer of %s", vertex->title);
	*ret_changed = mounts.changed;
	return layer_output_finish(&output, vertex, err);
}

int run_execute(struct solver *solver, struct vertex *vertex, bool *ret_changed, struct err *err)
{
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;

	if (!solver->sandbox)
		return err_set(err, ERR_UNSUPPORTED, "no sandbox to run commands in");
	if (chain_unpack(solver, vertex->parent, &lowers, err) < 0)
		return -1;
	if (!solver_has_flat_roots(solver)) {
		int result = run_on_overlay(solver, vertex, &lowers, ret_changed, err);

		if (result == 0 || !solver_turns_to_flat_roots(solver, vertex, err))
			return result;
	}
	return run_on_copy(solver, vertex, &lowers, ret_changed, err);
}
