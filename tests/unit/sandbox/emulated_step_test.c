/* Steps of foreign platforms: they need QEMU, and a kernel or a host that lets it be registered. */
#include <elf.h>

#include "../base/unit.h"
#include "base/fd.h"
#include "sandbox/emulation.h"
#include "steps.h"

/* write(1, uname().machine, n); exit(42) */
static const uint32_t arm64_code[] = {
	0xd10643ff, /* sub sp, sp, #400 */
	0x910003e0, /* mov x0, sp */
	0xd2801408, /* mov x8, #160: uname */
	0xd4000001, /* svc #0 */
	0xd2800020, /* mov x0, #1 */
	0x910413e1, /* add x1, sp, #260: machine */
	0xd28000e2, /* mov x2, #7 */
	0xd2800808, /* mov x8, #64: write */
	0xd4000001, /* svc #0 */
	0xd2800540, /* mov x0, #42 */
	0xd2800ba8, /* mov x8, #93: exit */
	0xd4000001, /* svc #0 */
};

/* write(1, uname().machine, n); exit(43) */
static const uint32_t arm_code[] = {
	0xe24dde19, /* sub sp, sp, #400 */
	0xe1a0000d, /* mov r0, sp */
	0xe3a0707a, /* mov r7, #122: uname */
	0xef000000, /* svc #0 */
	0xe3a00001, /* mov r0, #1 */
	0xe28d1f41, /* add r1, sp, #260: machine */
	0xe3a02006, /* mov r2, #6 */
	0xe3a07004, /* mov r7, #4: write */
	0xef000000, /* svc #0 */
	0xe3a0002b, /* mov r0, #43 */
	0xe3a07001, /* mov r7, #1: exit */
	0xef000000, /* svc #0 */
};

static void write_bytes(const char *path, const void *data, size_t len)
{
	AUTO(fd_closep) int fd = -1;

	assert_ok(fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0755, &fd, &err_));
	assert_ok(fd_write_all(fd, data, len, path, &err_));
}

static void write_arm64(const char *path)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		uint32_t code[ARRAY_SIZE(arm64_code)];
	} image = {
		.header = { .e_type = ET_EXEC,
			    .e_machine = EM_AARCH64,
			    .e_version = EV_CURRENT,
			    .e_entry = 0x400000 + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			    .e_phoff = sizeof(Elf64_Ehdr),
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1 },
		.segment = { .p_type = PT_LOAD,
			     .p_flags = PF_R | PF_X,
			     .p_vaddr = 0x400000,
			     .p_filesz = sizeof(image),
			     .p_memsz = sizeof(image),
			     .p_align = 0x1000 },
	};

	memcpy(image.header.e_ident, ELFMAG "\x02\x01\x01", 7);
	memcpy(image.code, arm64_code, sizeof(arm64_code));
	write_bytes(path, &image, sizeof(image));
}

static void write_arm(const char *path)
{
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr segment;
		uint32_t code[ARRAY_SIZE(arm_code)];
	} image = {
		.header = { .e_type = ET_EXEC,
			    .e_machine = EM_ARM,
			    .e_version = EV_CURRENT,
			    .e_flags = EF_ARM_EABI_VER5,
			    .e_entry = 0x10000 + sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
			    .e_phoff = sizeof(Elf32_Ehdr),
			    .e_ehsize = sizeof(Elf32_Ehdr),
			    .e_phentsize = sizeof(Elf32_Phdr),
			    .e_phnum = 1 },
		.segment = { .p_type = PT_LOAD,
			     .p_flags = PF_R | PF_X,
			     .p_vaddr = 0x10000,
			     .p_filesz = sizeof(image),
			     .p_memsz = sizeof(image),
			     .p_align = 0x1000 },
	};

	memcpy(image.header.e_ident, ELFMAG "\x01\x01\x01", 7);
	memcpy(image.code, arm_code, sizeof(arm_code));
	write_bytes(path, &image, sizeof(image));
}

static void make(struct steps *steps)
{
	steps_init(steps);
	write_arm64("store/base/bin/arm64");
	write_arm("store/base/bin/arm");
}

static void run(struct steps *steps, const char *arch, const char *variant, const char *program,
		int status, const char *machine)
{
	struct sandbox_result result = { .status = -1 };

	steps->step.arch = arch;
	steps->step.variant = variant;
	strvec_clear(&steps->argv);
	strvec_add(&steps->argv, program);
	str_clear(&steps->out);
	assert_ok(sandbox_run(steps->sandbox, &steps->step, &steps->monitor, 1, &result, &err_));
	assert_int_equal(result.status, status);
	assert_true(result.emulated);
	assert_string_equal(steps->out.ptr, machine);
}

static void each_platform_finds_its_machine(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	make(&steps);
	run(&steps, "arm64", NULL, "arm64", 42, "aarch64");
	run(&steps, "arm", "v7", "arm", 43, "armv7l");
	run(&steps, "arm", "v6", "arm", 43, "armv6l");
	run(&steps, "arm", NULL, "arm", 43, "armv7l");
	run(&steps, "arm64", "v8", "arm64", 42, "aarch64");
}

/* Ours are known by their interpreter; others may come and go meanwhile. */
static void the_host_gets_no_registration(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *tree = NULL;
	struct span rest;
	struct span name;

	make(&steps);
	run(&steps, "arm64", NULL, "arm64", 42, "aarch64");
	tree = steps_tree("/proc/sys/fs/binfmt_misc");
	rest = span_of(tree);
	while (rest.len) {
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(freep) char *path = NULL;

		(void)span_cut(&rest, ' ', &name);
		path = xasprintf("/proc/sys/fs/binfmt_misc/%.*s", (int)name.len, name.ptr);
		if (fs_read_file(AT_FDCWD, path, 65536, &text, NULL) == 0)
			assert_null(strstr(text.ptr, "interpreter /proc/self/fd/"));
	}
}

/* A native step beside foreign ones has the machine's processor, and no emulator. */
static void native_steps_stay_native(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	make(&steps);
	run(&steps, "arm64", NULL, "arm64", 42, "aarch64");
	steps.step.arch = NULL;
	strvec_clear(&steps.argv);
	strvec_add(&steps.argv, "arm64");
	steps_run_refused(&steps, ERR_INPUT, "'/bin/arm64' is a program for arm64");
	steps_probe(&steps, "env", "QEMU_CPU");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "(unset)\n");
}

static void the_emulator_cannot_be_replaced(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(emulation_release) struct emulation emulation = { .interpreter = NULL };
	int status = 0;

	assert_ok(emulation_find("arm64", NULL, &emulation, &err_));
	if (emulation.way != EMULATION_OWN)
		skip(); /* the host's registration, the host's file */
	make(&steps);
	steps.step.arch = "arm64";
	steps_probe(&steps, "overwrite", "/bin/arm64");
	status = steps_run(&steps);
	/* EACCES: its owner has no id in our namespace */
	if (status != EROFS)
		assert_int_equal(status, EACCES);
}

/* Until it has been noticed as silent; then it is stopped. */
static void notice(void *data, const struct event *event)
{
	struct steps *steps = data;

	if (event->kind != EVENT_STEP_DETAIL)
		return;
	(void)pthread_mutex_lock(&steps->lock);
	str_addn(&steps->out, event->text, strlen(event->text));
	(void)pthread_mutex_unlock(&steps->lock);
	(void)!write(steps->cancel_pipe[1], "c", 1);
}

static void silence_is_noticed(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	struct sandbox_result result;

	make(&steps);
	steps.monitor.sink = notice;
	steps.step.idle_notice_ms = 10;
	steps_probe(&steps, "hang", "");
	assert_int_equal(sandbox_run(steps.sandbox, &steps.step, &steps.monitor, 1, &result, &err_),
			 -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
	assert_non_null(strstr(steps.out.ptr, "no output for"));
	err_clear(&err_);
}

static void a_missing_loader_is_named(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		char loader[32];
	} image = { .header = { .e_type = ET_EXEC,
				.e_machine = EM_AARCH64,
				.e_phoff = sizeof(Elf64_Ehdr),
				.e_phnum = 1 },
		    .segment = { .p_type = PT_INTERP,
				 .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
				 .p_filesz = 28 },
		    .loader = "/lib/ld-linux-aarch64.so.1" };

	make(&steps);
	memcpy(image.header.e_ident, ELFMAG "\x02\x01\x01", 7);
	write_bytes("store/base/bin/dynamic", &image, sizeof(image));
	steps.step.arch = "arm64";
	strvec_clear(&steps.argv);
	strvec_add(&steps.argv, "dynamic");
	steps_run_refused(&steps, ERR_NOT_FOUND, "wants the loader '/lib/ld-linux-aarch64.so.1'");
}

static void an_unknown_platform_is_refused_before_it_starts(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *tree = NULL;

	make(&steps);
	steps.step.arch = "vax";
	steps_probe(&steps, "write", "/new");
	steps_run_refused(&steps, ERR_UNSUPPORTED, "'vax'");
	tree = steps_tree("store/up");
	assert_string_equal(tree, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(each_platform_finds_its_machine),
		scratch_test(the_host_gets_no_registration),
		scratch_test(native_steps_stay_native),
		scratch_test(the_emulator_cannot_be_replaced),
		scratch_test(silence_is_noticed),
		scratch_test(a_missing_loader_is_named),
		scratch_test(an_unknown_platform_is_refused_before_it_starts),
	};

	return cmocka_run_group_tests(tests, steps_enter, NULL);
}
