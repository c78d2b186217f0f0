/*
 * Where RUN steps execute: fresh mount, pid, ipc, uts (and, on request, network) namespaces over an overlay of snapshots.
 * All mounts are made in the step's own mount namespace, so that no end of it, SIGKILL included, leaves one behind.
 *
 * sandbox_new() forks a small single-threaded helper, before the caller starts threads; each step is a child of that helper
 * with a reaper as process 1. Errors of the child come back whole, as struct err. If the caller dies, all of it dies.
 *
 *	identity_enter(&identity, err);
 *	sandbox_new(store_dir_fd(store), &sandbox, err);
 *	sandbox_run(sandbox, &step, monitor, step_id, &status, err);
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "sandbox/step_options.h"

enum sandbox_mount_kind {
	SANDBOX_BIND, /* a file or directory of the host; device nodes work only in a source below /dev */
	SANDBOX_TMPFS, /* size in bytes, 0 = the kernel's default */
	SANDBOX_TREE,  /* `source` within the root that `lowers` make: a directory or file */
	SANDBOX_FILE,  /* a file with `content`, in memory; read-only */
};

struct sandbox_mount {
	enum sandbox_mount_kind kind;
	/* SANDBOX_BIND: an absolute path on the host; file or directory. SANDBOX_TREE: in that root, relative or absolute. */
	char *source;
	/* Absolute, in the step's root; missing ones are created, and removed again afterwards unless within another bind. */
	char *target;
	struct strvec lowers; /* SANDBOX_TREE: as those of the step */
	/* SANDBOX_TREE: as those of the step, for what is written to it; NULL = it is read-only. */
	char *upper, *work;
	bool read_only;
	uint64_t size;
	/* SANDBOX_FILE. Any bytes; wiped by nobody: short-lived copies of it are in the sandbox's processes. */
	char *content;
	size_t content_len;
	unsigned mode, uid, gid;
};

struct sandbox_mounts {
	struct sandbox_mount *items;
	size_t len, cap;
};

struct sandbox_step {
	/* Root file system: directories relative to the helper's directory, lowest first; none = empty. */
	const struct strvec *lowers;
	/*
	 * The same; on one file system; changes go to `upper`, in overlayfs form with user.* attributes. Mode, owner and times of
	 * the root directory are those of `upper`. Both NULL = read-only, and the mount points must be there. The mount is
	 * volatile, overlayfs(5): what is to survive a power failure is the caller's to sync.
	 */
	const char *upper, *work;

	const struct strvec *argv; /* argv[0] is looked up in the step's PATH */
	const struct strvec *env;
	const char *cwd; /* absolute; created when missing */
	const char *
		user; /* "name", "uid", "name:group", "uid:gid"; looked up in the root's passwd and group; NULL = root */
	const char *hostname; /* NULL = "buildkitsandbox", as Dockerfiles know it */

	const char *arch,
		*variant; /* the platform of the root file system: decides about emulation */
	const struct sandbox_mounts *mounts;
	enum sandbox_network network;
	bool insecure; /* all capabilities that the caller has, no system call filter, nothing masked */
	const struct step_options *options; /* but for their network; NULL = none */
	/* So long without output, an emulated step says so by EVENT_STEP_DETAIL, and again after as long; 0 = never. */
	unsigned idle_notice_ms;
	/* A file to appear at /dev/pipes/<name>, mode 0755: heredocs that start with "#!". */
	const struct strmap *scripts; /* name -> text; NULL = none */
};

struct sandbox_result {
	int status; /* exit status of the command, 128 + signal when it was killed */
	bool emulated;
	uint64_t elapsed_ns;
};

struct sandbox;

/*
 * To be called first of all in main(): the process from which steps start is then one of its own, in a sealed copy of the program,
 * so that steps cannot get at the file of the program (own_program.h); this function does not return in that process. Without
 * it, that process is a fork of the caller.
 */
void sandbox_program_begin(int argc, char **argv);
/*
 * `dir_fd` is the directory that lowers, upper and work are relative to; it must keep its name. To be called by the thread that
 * lives longest: the end of the caller's thread is the end of the helper (prctl(2), PR_SET_PDEATHSIG).
 */
WARN_UNUSED int sandbox_new(int dir_fd, struct sandbox **ret, struct err *err);
void sandbox_freep(struct sandbox **sandbox);

/*
 * Runs one step to its end; output arrives as EVENT_LOG of `step_id`. A command that fails is not an error of this
 * function: ret->status tells. ERR_CANCELLED kills the step first. What the mounts needed in the way of mount points is
 * gone from `upper` afterwards, and parents have their mtimes back. A program that is not there, or cannot be started, is an
 * error (ERR_NOT_FOUND, ERR_DENIED, ERR_INPUT), not a status. What a container does not allow is an EVENT_WARNING, once. May be
 * called from several threads at once.
 */
WARN_UNUSED int sandbox_run(struct sandbox *sandbox, const struct sandbox_step *step,
			    const struct monitor *monitor, unsigned step_id,
			    struct sandbox_result *ret, struct err *err);
/*
 * Was that the kernel, or the file system of the directories, which gives no overlay? A step without lowers, whose upper has
 * all of its files, needs none.
 */
bool sandbox_refused_overlay(const struct err *err);

#endif
