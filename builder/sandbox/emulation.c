#include "sandbox/emulation.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/proc.h"
#include "binfmt_rule.h"
#include "elf_file.h"

#define HOST_BINFMT "/proc/sys/fs/binfmt_misc"

/* Exact variants first. With QEMU's default model `uname -m` of an arm program says armv7l. */
static const struct emulated_cpu cpus[] = {
	{ "arm", "v5", "arm", "arm926", EM_ARM, false, false },
	{ "arm", "v6", "arm", "arm1176", EM_ARM, false, false },
	{ "arm", NULL, "arm", NULL, EM_ARM, false, false },
	{ "arm64", NULL, "aarch64", NULL, EM_AARCH64, true, false },
	{ "amd64", NULL, "x86_64", NULL, EM_X86_64, true, false },
	{ "386", NULL, "i386", NULL, EM_386, false, false },
	{ "riscv64", NULL, "riscv64", NULL, EM_RISCV, true, false },
	{ "ppc64le", NULL, "ppc64le", NULL, EM_PPC64, true, false },
	{ "s390x", NULL, "s390x", NULL, EM_S390, true, true },
	{ "mips64le", NULL, "mips64el", NULL, EM_MIPS, true, false },
	{ "mipsle", NULL, "mipsel", NULL, EM_MIPS, false, false },
	{ "loong64", NULL, "loongarch64", NULL, EM_LOONGARCH, true, false },
};

/* What uname(2) calls the processors. */
static const struct {
	const char *machine, *arch;
} machines[] = {
	{ "x86_64", "amd64" },
	{ "aarch64", "arm64" },
	{ "armv7l", "arm" },
	{ "armv6l", "arm" },
	{ "i686", "386" },
	{ "i386", "386" },
	{ "riscv64", "riscv64" },
	{ "ppc64le", "ppc64le" },
	{ "s390x", "s390x" },
	{ "mips64", "mips64le" },
	{ "loongarch64", "loong64" },
};

void emulation_release(struct emulation *emulation)
{
	free(emulation->interpreter);
	emulation->interpreter = NULL;
}

static const struct emulated_cpu *find_cpu(const char *arch, const char *variant)
{
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++)
		if (str_eq(cpus[i].arch, arch) &&
		    (!cpus[i].variant || str_eq(cpus[i].variant, variant)))
			return &cpus[i];
	return NULL;
}

/* Many 64-bit ARM processors have no 32-bit mode; the kernel then refuses the personality. */
static bool runs_32bit_arm(void)
{
	int before = personality(0xffffffff);

	if (before < 0 || personality(PER_LINUX32) < 0)
		return false;
	(void)personality((unsigned long)before);
	return true;
}

static bool is_native(const char *arch, bool *ret_compat)
{
	struct utsname host;
	const char *host_arch = NULL;

	if (uname(&host) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (str_eq(machines[i].machine, host.machine))
			host_arch = machines[i].arch;
	if (str_eq(host_arch, arch))
		return true;
	*ret_compat = (str_eq(host_arch, "amd64") && str_eq(arch, "386")) ||
		      (str_eq(host_arch, "arm64") && str_eq(arch, "arm") && runs_32bit_arm());
	return *ret_compat;
}

/* --- QEMU --- */

static bool is_static(const char *path)
{
	AUTO(elf_release) struct elf elf = { .loader = NULL };
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && elf_read(fd, &elf) && !elf.loader;
}

static char *find_program(const char *dir, const char *name)
{
	char *path = NULL;

	if (!dir)
		return fs_find_program(name);
	path = path_join(dir, name);
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/*
 * Its libraries would be looked for in the image, therefore a dynamically linked one does not serve. *ret_dynamic is one
 * that was found but does not serve.
 */
static char *find_qemu_in(const char *dir, const struct emulated_cpu *cpu, char **ret_dynamic)
{
	for (int form = 0; form < 2; form++) {
		AUTO(freep)
		char *name = form == 0 ? xasprintf("qemu-%s-static", cpu->qemu)
				       : xasprintf("qemu-%s", cpu->qemu);
		AUTO(freep) char *path = find_program(dir, name);

		if (path && is_static(path))
			return TAKE(path);
		if (path && !*ret_dynamic)
			*ret_dynamic = TAKE(path);
	}
	return NULL;
}

static char *find_qemu(const struct emulated_cpu *cpu, char **ret_dynamic)
{
	const char *dir = getenv("EDGECTL_QEMU_PATH");
	char *path = dir && *dir ? find_qemu_in(dir, cpu, ret_dynamic) : NULL;

	return path ? path : find_qemu_in(NULL, cpu, ret_dynamic);
}

/* --- the kernel --- */

/* binfmt_misc in a user namespace: Linux 6.7. */
static bool kernel_has_own_binfmt(void)
{
	struct utsname host;
	struct span release;
	struct span word;
	unsigned long long major = 0;
	unsigned long long minor = 0;

	if (uname(&host) < 0)
		return false;
	release = span_of(host.release);
	if (!span_cut(&release, '.', &word) || !span_to_u64(word, 1000, &major))
		return false;
	word.ptr = release.ptr;
	word.len = strspn(release.ptr, "0123456789");
	return span_to_u64(word, 1000000, &minor) && (major > 6 || (major == 6 && minor >= 7));
}

/* The host's entry for the processor, the best one there is; false when there is none. */
static bool find_host_entry(const struct emulated_cpu *cpu, struct binfmt_entry *ret)
{
	AUTO(dir_closep) DIR *dir = dir_open(AT_FDCWD, HOST_BINFMT, 0);
	bool found = false;
	const struct dirent *file = NULL;

	while (dir && !(found && ret->fixed) && (file = dir_next(dir))) {
		AUTO(str_release) struct str text = STR_INIT;
		struct binfmt_entry entry;

		if (str_eq(file->d_name, "register") || str_eq(file->d_name, "status") ||
		    fs_read_file(dirfd(dir), file->d_name, 64 * LIMIT_KIB, &text, NULL) < 0 ||
		    !binfmt_entry_parse(str_span(&text), cpu, &entry))
			continue;
		if (!entry.enabled || !entry.serves || (found && !entry.fixed)) {
			binfmt_entry_release(&entry);
			continue;
		}
		if (found)
			binfmt_entry_release(ret);
		*ret = entry;
		found = true;
	}
	return found;
}

static int explain_missing(const struct emulated_cpu *cpu, const char *qemu, const char *dynamic,
			   const struct binfmt_entry *host, struct err *err)
{
	if (host->interpreter) {
		(void)err_set(err, ERR_UNSUPPORTED,
			      "the host's binfmt_misc entry for %s programs ('%s') lacks flag F, "
			      "without which "
			      "images would have to contain QEMU",
			      cpu->arch, host->interpreter);
		return err_hint(err, "sudo apt-get install --reinstall qemu-user-static");
	}
	if (qemu) {
		(void)err_set(err, ERR_UNSUPPORTED,
			      "this kernel is older than Linux 6.7, so QEMU for %s has to be "
			      "registered with "
			      "the host's binfmt_misc, and is not",
			      cpu->arch);
		return err_hint(err,
				"sudo apt-get install --reinstall qemu-user-static binfmt-support");
	}
	if (dynamic)
		(void)err_set(err, ERR_UNSUPPORTED,
			      "'%s' is not statically linked, so it cannot run inside an image",
			      dynamic);
	else
		(void)err_set(err, ERR_UNSUPPORTED,
			      "running %s programs needs 'qemu-%s-static', which is not installed",
			      cpu->arch, cpu->qemu);
	return err_hint(err, "sudo apt-get install qemu-user-static");
}

int emulation_find(const char *arch, const char *variant, struct emulation *ret, struct err *err)
{
	const struct emulated_cpu *cpu = find_cpu(arch, variant);
	AUTO(freep) char *qemu = NULL;
	AUTO(freep) char *dynamic = NULL;
	AUTO(binfmt_entry_release) struct binfmt_entry host = { .interpreter = NULL };

	bool compat = false;

	if (!arch || is_native(arch, &compat)) {
		*ret = (struct emulation){ .way = EMULATION_NATIVE, .compat = compat };
		return 0;
	}
	if (!cpu)
		return err_set(err, ERR_UNSUPPORTED, "no emulator is known for processor '%s'",
			       arch);
	qemu = find_qemu(cpu, &dynamic);
	if (qemu && kernel_has_own_binfmt()) {
		*ret = (struct emulation){ EMULATION_OWN, cpu, TAKE(qemu), false };
		return 0;
	}
	if (!find_host_entry(cpu, &host) || !host.fixed)
		return explain_missing(cpu, qemu, dynamic, &host, err);
	*ret = (struct emulation){ EMULATION_HOST, cpu, TAKE(host.interpreter), false };
	return 0;
}

char *emulation_version(const struct emulation *emulation)
{
	const char *argv[] = { emulation->interpreter, "--version", NULL };
	AUTO(str_release) struct str out = STR_INIT;
	const char *at = NULL;

	if (!emulation->interpreter || proc_check(argv, &out, NULL) < 0)
		return NULL;
	at = strstr(out.ptr, " version ");
	if (!at)
		return NULL;
	at += strlen(" version ");
	return xstrndup(at, strcspn(at, " (\n"));
}
