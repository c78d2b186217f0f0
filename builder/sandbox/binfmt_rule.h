/* The two texts of binfmt_misc: what is written to its "register" file, and what an entry's file says. Pure functions. */
#ifndef SANDBOX_BINFMT_RULE_H
#define SANDBOX_BINFMT_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "sandbox/emulation.h"

/* e_ident, e_type and e_machine of an ELF header. */
#define BINFMT_MAGIC_LEN 20

struct binfmt_magic {
	unsigned char magic[BINFMT_MAGIC_LEN], mask[BINFMT_MAGIC_LEN];
};

/* Executables and shared objects of that processor, whatever their OS ABI. */
void binfmt_magic_of(const struct emulated_cpu *cpu, struct binfmt_magic *ret);
/* ":qemu-arm:M::\x7f...:/usr/bin/qemu-arm-static:PCF", Documentation/admin-guide/binfmt-misc.rst of the kernel. */
void binfmt_rule_write(const struct emulated_cpu *cpu, const char *interpreter, struct str *out);

/* What a file in /proc/sys/fs/binfmt_misc says. */
struct binfmt_entry {
	bool enabled;
	bool fixed;        /* flag F */
	bool credentials;  /* flag C */
	bool serves;       /* its magic and mask match programs of the processor asked for */
	char *interpreter; /* owned */
};

/* False when the text is not that of an entry by magic. */
bool binfmt_entry_parse(struct span text, const struct emulated_cpu *cpu, struct binfmt_entry *ret);
void binfmt_entry_release(struct binfmt_entry *entry);

#endif
