#include "own_program.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/memfd.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/fd.h"
#include "helper.h"
#include "sandbox/sandbox.h"

#define TITLE "edgectl: sandbox" /* argv[0] of the helper; its only argument */
/* Linux 6.3; Debian 12 has older headers. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static bool is_ready;

bool own_program_is_ready(void)
{
	return is_ready;
}

void sandbox_program_begin(int argc, char **argv)
{
	is_ready = true;
	if (argc == 1 && str_eq(argv[0], TITLE))
		helper_continue();
}

/* Linux before 6.3 knows no MFD_EXEC, and needs none. */
static int open_memory(void)
{
	int fd = memfd_create("edgectl", MFD_ALLOW_SEALING | MFD_EXEC);

	return fd < 0 && errno == EINVAL ? memfd_create("edgectl", MFD_ALLOW_SEALING) : fd;
}

/* What the kernel maps of the file, elf(5): what lies behind is for debuggers, and several times as much. */
static size_t loaded_size(void)
{
	const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM);
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		size_t end = headers[i].p_offset + headers[i].p_filesz;

		if (headers[i].p_type == PT_LOAD && end > size)
			size = end;
	}
	return size;
}

static int copy_program(int to_fd, struct err *err)
{
	AUTO(fd_closep) int from_fd = -1;
	size_t size = loaded_size();
	off_t offset = 0;

	if (fd_open(AT_FDCWD, "/proc/self/exe", O_RDONLY, 0, &from_fd, err) < 0)
		return -1;
	while ((size_t)offset < size) {
		ssize_t n = sendfile(to_fd, from_fd, &offset, size - (size_t)offset);

		if (n <= 0)
			return err_errno(err, "copy our own program");
	}
	return fcntl(to_fd, F_ADD_SEALS, SEALS) < 0 ? err_errno(err, "seal a copy of our program")
						    : 0;
}

int own_program_exec(struct err *err)
{
	static char *const argv[] = { (char *)TITLE, NULL };
	AUTO(fd_closep) int fd = open_memory();

	if (fd < 0) {
		int errnum = errno;

		(void)err_errno(err, "make a copy of our program for the sandbox");
		return errnum == EACCES ? err_hint(err, "sudo sysctl vm.memfd_noexec=1") : -1;
	}
	if (copy_program(fd, err) < 0)
		return -1;
	if (fcntl(HELPER_CONTROL_FD, F_SETFD, 0) == 0 && fcntl(HELPER_DIR_FD, F_SETFD, 0) == 0)
		(void)fexecve(fd, argv, environ);
	return err_errno(err, "start a copy of our program for the sandbox");
}
