/* What the kernel looks at before it runs an ELF file, elf(5). */
#ifndef SANDBOX_ELF_FILE_H
#define SANDBOX_ELF_FILE_H

#include <stdbool.h>

struct elf {
	unsigned machine; /* EM_ARM ... */
	bool wide;        /* ELFCLASS64 */
	bool big_endian;
	char *loader; /* PT_INTERP; NULL = statically linked; owned */
};

/* False when it is no ELF file or a broken one. */
bool elf_read(int fd, struct elf *ret);
void elf_release(struct elf *elf);

#endif
