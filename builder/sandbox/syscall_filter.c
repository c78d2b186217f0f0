#include "syscall_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "libseccomp.h"

/* removexattrat, Linux 6.13. Processors have had the same numbers for new calls since 5.1. */
#define LAST_KNOWN_CALL 466
/* lsm_get_self_attr to lsm_list_modules: refused, and too new for the names of Debian 12's libseccomp. */
#define FIRST_LSM_CALL 459
#define LAST_LSM_CALL  461
/* Of 32-bit ARM alone: cacheflush, set_tls. */
#define ARM_PRIVATE_CALLS 0xf0000
/* Calls of the x32 ABI, which needs a kernel parameter and is not worth a table of its own. */
#define X32_CALLS 0x40000000

/* What the capabilities of a step do not forbid already is here as well: the kernel need not even look. */
static const char *const refused[] = {
	"_sysctl",
	"acct",
	"add_key",
	"afs_syscall",
	"bdflush",
	"bpf",
	"clock_settime",
	"clock_settime64",
	"create_module",
	"delete_module",
	"fanotify_init",
	"finit_module",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"get_kernel_syms",
	"get_mempolicy",
	"init_module",
	"io_uring_enter",
	"io_uring_register",
	"io_uring_setup",
	"ioperm",
	"iopl",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"lookup_dcookie",
	"mbind",
	"migrate_pages",
	"mount",
	"mount_setattr",
	"move_mount",
	"move_pages",
	"nfsservctl",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"pidfd_getfd",
	"pivot_root",
	"process_madvise",
	"query_module",
	"quotactl",
	"quotactl_fd",
	"reboot",
	"request_key",
	"security",
	"set_mempolicy",
	"set_mempolicy_home_node",
	"setdomainname",
	"sethostname",
	"setns",
	"settimeofday",
	"stime",
	"swapoff",
	"swapon",
	"sysfs",
	"syslog",
	"tuxcall",
	"umount",
	"umount2",
	"unshare",
	"uselib",
	"userfaultfd",
	"ustat",
	"vhangup",
	"vm86",
	"vm86old",
	"vserver",
};

static const int refused_families[] = {
	/* AF_DECnet, AF_ECONET and the like, which Linux has given up; AF_ALG; AF_VSOCK. */
	12,
	19,
	20,
	23,
	25,
	34,
	37,
	38,
	AF_VSOCK,
	/* Docker's containers have a network of their own; a step that is root would read along on the machine's. */
	AF_PACKET,
};

static const unsigned long refused_clone_flags[] = {
	CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET,
};

/* Left are PER_LINUX32, UNAME26 and asking, which sets all bits. */
static const unsigned long refused_personality_bits[] = {
	0x01,
	0x02,
	0x04,
	0x10,
	ADDR_NO_RANDOMIZE,
	MMAP_PAGE_ZERO,
	ADDR_COMPAT_LAYOUT,
	READ_IMPLIES_EXEC,
	ADDR_LIMIT_32BIT,
	SHORT_INODE,
	WHOLE_SECONDS,
	STICKY_TIMEOUTS,
	ADDR_LIMIT_3GB,
};
#define PERSONALITY_ASKED 0x80000000UL

#ifdef __s390__
#define CLONE_FLAGS_ARGUMENT 1
#else
#define CLONE_FLAGS_ARGUMENT 0
#endif

void syscall_filter_release(struct syscall_filter *filter)
{
	free(filter->items);
	*filter = (struct syscall_filter)SYSCALL_FILTER_INIT;
}

static void context_release(scmp_filter_ctx *context)
{
	if (*context)
		libseccomp.release(*context);
}

/* --- rules --- */

static int add_name(scmp_filter_ctx context, const char *name, uint32_t action,
		    const struct scmp_arg_cmp *condition)
{
	int number = libseccomp.syscall_resolve_name(name);

	/* A newer library may have forgotten it. */
	return number == __NR_SCMP_ERROR ? 0
					 : libseccomp.rule_add_array(context, action, number,
								     condition ? 1 : 0, condition);
}

static int add_conditions(scmp_filter_ctx context)
{
	const uint32_t action = SCMP_ACT_ERRNO(EPERM);
	int result = 0;

	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(refused_families); i++)
		result = add_name(context, "socket", action,
				  &SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)refused_families[i], 0));
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(refused_clone_flags); i++)
		result = add_name(context, "clone", action,
				  &SCMP_CMP64(CLONE_FLAGS_ARGUMENT, SCMP_CMP_MASKED_EQ,
					      refused_clone_flags[i], refused_clone_flags[i]));
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(refused_personality_bits); i++)
		result = add_name(context, "personality", action,
				  &SCMP_A0(SCMP_CMP_MASKED_EQ,
					   PERSONALITY_ASKED | refused_personality_bits[i],
					   refused_personality_bits[i]));
	return result;
}

static int add_rules(scmp_filter_ctx context)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(refused); i++)
		result = add_name(context, refused[i], SCMP_ACT_ERRNO(EPERM), NULL);
	/* Its flags lie in memory, where a filter cannot look. */
	if (result == 0)
		result = add_name(context, "clone3", SCMP_ACT_ERRNO(ENOSYS), NULL);
	return result == 0 ? add_conditions(context) : result;
}

/* The processors that a kernel for this one can run programs of. */
static int add_processors(scmp_filter_ctx context)
{
#if defined(__x86_64__)
	return libseccomp.arch_add(context, SCMP_ARCH_X86);
#elif defined(__aarch64__)
	return libseccomp.arch_add(context, SCMP_ARCH_ARM);
#else
	(void)context;
	return 0;
#endif
}

static int fill(scmp_filter_ctx context)
{
	int result = add_processors(context);

	if (result == 0)
		result = libseccomp.attr_set(context, SCMP_FLTATR_ACT_BADARCH,
					     SCMP_ACT_ERRNO(ENOSYS));
	/* A tree instead of a list; libseccomp before 2.5 has none. */
	if (result == 0)
		(void)libseccomp.attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return result == 0 ? add_rules(context) : result;
}

/* --- the program --- */

/* In front of the others: what is newer than the library or the table. MIPS counts from elsewhere. */
#ifndef __mips__
#define NUMBER_OFFSET offsetof(struct seccomp_data, nr)
static const struct sock_filter newer[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NUMBER_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_LSM_CALL, 0, 6),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_LSM_CALL, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN_CALL, 0, 3),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ARM_PRIVATE_CALLS, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
};
#define NEWER_LEN ARRAY_SIZE(newer)
#else
static const struct sock_filter newer[1];
#define NEWER_LEN 0
#endif

static int read_program(int fd, struct syscall_filter *ret, struct err *err)
{
	struct stat st;
	size_t size = 0;

	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "read a system call filter");
	size = (size_t)st.st_size;
	ret->items = xcalloc(NEWER_LEN + size / sizeof(*ret->items) + 1, sizeof(*ret->items));
	memcpy(ret->items, newer, NEWER_LEN * sizeof(*newer));
	ret->len = NEWER_LEN + size / sizeof(*ret->items);
	return fd_read_full(fd, ret->items + NEWER_LEN, size, "system call filter", err) < 0 ? -1
											     : 0;
}

int syscall_filter_make(struct syscall_filter *ret, struct err *err)
{
	AUTO(context_release) scmp_filter_ctx context = NULL;
	AUTO(syscall_filter_release) struct syscall_filter filter = SYSCALL_FILTER_INIT;
	AUTO(fd_closep) int fd = memfd_create("edgectl-seccomp", MFD_CLOEXEC);
	int result = 0;

	libseccomp_load();
	context = libseccomp.init(SCMP_ACT_ALLOW);
	if (fd < 0 || !context)
		return err_errno(err, "make a system call filter");
	result = fill(context);
	if (result == 0)
		result = libseccomp.export_bpf(context, fd);
	if (result < 0)
		return err_errnum(err, -result, "make a system call filter");
	if (read_program(fd, &filter, err) < 0)
		return -1;
	*ret = filter;
	filter.items = NULL;
	return 0;
}

int syscall_filter_load(const struct syscall_filter *filter, struct err *err)
{
	struct sock_fprog program = { .len = (unsigned short)filter->len, .filter = filter->items };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0)
		return 0;
	(void)err_errno(err, "load the system call filter");
	if (err && err->errnum == EINVAL)
		err->kind = ERR_UNSUPPORTED;
	return -1;
}
