#include "probe.h"

#include <elf.h>
#include <stdint.h>

#include "base/attr.h"

#define BASE 0x10000 /* where it is loaded: page-aligned for pages up to 64 KiB */

/* exit(42): the number of the call, its argument, the call; little-endian. */
static const uint8_t arm_code[] = {
	0x01, 0x70, 0xa0, 0xe3, /* mov r7, #1 */
	0x2a, 0x00, 0xa0, 0xe3, /* mov r0, #42 */
	0x00, 0x00, 0x00, 0xef, /* svc #0 */
};
static const uint8_t arm64_code[] = {
	0xa8, 0x0b, 0x80, 0xd2, /* mov x8, #93 */
	0x40, 0x05, 0x80, 0xd2, /* mov x0, #42 */
	0x01, 0x00, 0x00, 0xd4, /* svc #0 */
};
static const uint8_t riscv64_code[] = {
	0x93, 0x08, 0xd0, 0x05, /* li a7, 93 */
	0x13, 0x05, 0xa0, 0x02, /* li a0, 42 */
	0x73, 0x00, 0x00, 0x00, /* ecall */
};
static const uint8_t amd64_code[] = {
	0xb8, 0x3c, 0x00, 0x00, 0x00, /* mov $60, %eax */
	0xbf, 0x2a, 0x00, 0x00, 0x00, /* mov $42, %edi */
	0x0f, 0x05,                   /* syscall */
};
static const uint8_t i386_code[] = {
	0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1, %eax */
	0xbb, 0x2a, 0x00, 0x00, 0x00, /* mov $42, %ebx */
	0xcd, 0x80,                   /* int $0x80 */
};

struct probe {
	const char *arch;
	uint16_t machine;
	bool wide;
	uint32_t flags; /* e_flags */
	const uint8_t *code;
	size_t code_len;
};

#define CODE(code) (code), sizeof(code)

static const struct probe probes[] = {
	{ "arm", EM_ARM, false, EF_ARM_EABI_VER5, CODE(arm_code) },
	{ "arm64", EM_AARCH64, true, 0, CODE(arm64_code) },
	{ "riscv64", EM_RISCV, true, 0, CODE(riscv64_code) },
	{ "amd64", EM_X86_64, true, 0, CODE(amd64_code) },
	{ "386", EM_386, false, 0, CODE(i386_code) },
};

/* All processors of the table, and all that run edgectl, are little-endian: the structs are the file. */
#define IDENT(wide)                                                                                \
	{                                                                                          \
		ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, (wide) ? ELFCLASS64 : ELFCLASS32, ELFDATA2LSB, \
			EV_CURRENT                                                                 \
	}

static void add_wide(const struct probe *probe, struct str *out)
{
	const size_t start = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	const Elf64_Ehdr head = {
		.e_ident = IDENT(true),
		.e_type = ET_EXEC,
		.e_machine = probe->machine,
		.e_version = EV_CURRENT,
		.e_entry = BASE + start,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_flags = probe->flags,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	const Elf64_Phdr load = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = BASE,
		.p_paddr = BASE,
		.p_filesz = start + probe->code_len,
		.p_memsz = start + probe->code_len,
		.p_align = BASE,
	};

	str_addn(out, &head, sizeof(head));
	str_addn(out, &load, sizeof(load));
}

static void add_narrow(const struct probe *probe, struct str *out)
{
	const size_t start = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr);
	const Elf32_Ehdr head = {
		.e_ident = IDENT(false),
		.e_type = ET_EXEC,
		.e_machine = probe->machine,
		.e_version = EV_CURRENT,
		.e_entry = (Elf32_Addr)(BASE + start),
		.e_phoff = sizeof(Elf32_Ehdr),
		.e_flags = probe->flags,
		.e_ehsize = sizeof(Elf32_Ehdr),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 1,
	};
	const Elf32_Phdr load = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = BASE,
		.p_paddr = BASE,
		.p_filesz = (Elf32_Word)(start + probe->code_len),
		.p_memsz = (Elf32_Word)(start + probe->code_len),
		.p_align = BASE,
	};

	str_addn(out, &head, sizeof(head));
	str_addn(out, &load, sizeof(load));
}

bool probe_make(const char *arch, struct str *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!str_eq(probes[i].arch, arch))
			continue;
		if (probes[i].wide)
			add_wide(&probes[i], ret);
		else
			add_narrow(&probes[i], ret);
		str_addn(ret, probes[i].code, probes[i].code_len);
		return true;
	}
	return false;
}
