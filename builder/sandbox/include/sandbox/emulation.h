/*
 * Running programs of another processor: QEMU user mode through binfmt_misc. Since Linux 6.7 binfmt_misc can be mounted
 * in a user namespace: the build registers the static QEMU it found in its own, with flags F (the interpreter is opened
 * now, so that no root file system needs it), C (set-user-ID works), O (C implies it) and P (argv[0] is kept; QEMU 6 and
 * newer understand it). Nothing is registered on the host and nothing is left behind. On older kernels the host's registration serves if it has F.
 */
#ifndef SANDBOX_EMULATION_H
#define SANDBOX_EMULATION_H

#include <stdbool.h>

#include "base/err.h"

/* A processor as platforms, QEMU and ELF name it. */
struct emulated_cpu {
	const char *arch, *variant; /* as in OCI platforms: "arm", "v6"; NULL = any variant */
	const char *qemu;           /* "arm" of qemu-arm-static */
	const char
		*cpu_model; /* value of QEMU_CPU for exactly this variant; NULL = QEMU's default */
	unsigned machine;   /* e_machine of its programs: EM_ARM */
	bool wide, big_endian; /* their class and byte order */
};

/* How a foreign step of a platform will run. */
enum emulation_way {
	EMULATION_NATIVE, /* the processor runs it itself */
	EMULATION_OWN,    /* registered in our namespace */
	EMULATION_HOST,   /* the host's registration */
};

struct emulation {
	enum emulation_way way;
	const struct emulated_cpu *cpu; /* NULL when native */
	char *interpreter;              /* path of QEMU; NULL when native; owned */
	/* Native, but a 32-bit platform on a 64-bit processor: personality(2) makes uname(2) say so. */
	bool compat;
};

/*
 * What it takes to run `arch`/`variant`, decided before any step runs; changes nothing. QEMU is looked for in the directory
 * $EDGECTL_QEMU_PATH and then in PATH, as qemu-<cpu>-static and, where that one is statically linked, as qemu-<cpu>.
 * ERR_UNSUPPORTED says which piece is missing (QEMU, the kernel, flag F) and its hint is the one command that mends it.
 */
WARN_UNUSED int emulation_find(const char *arch, const char *variant, struct emulation *ret,
			       struct err *err);
void emulation_release(struct emulation *emulation);
/* "7.2.22", by running `qemu --version`: for messages. NULL when native or unknown; the caller frees. */
char *emulation_version(const struct emulation *emulation);

#endif
