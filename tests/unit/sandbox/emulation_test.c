#include "sandbox/emulation.h"

#include <elf.h>
#include <sys/utsname.h>

#include "../base/unit.h"
#include "base/str.h"

static const char *host_arch(void)
{
	struct utsname host;

	assert_int_equal(uname(&host), 0);
	if (str_eq(host.machine, "x86_64"))
		return "amd64";
	return str_eq(host.machine, "aarch64") ? "arm64" : NULL;
}

/* One of the two is foreign to any machine that the tests run on. */
static const char *foreign_arch(void)
{
	return str_eq(host_arch(), "arm64") ? "riscv64" : "arm64";
}

static const char *foreign_qemu(void)
{
	return str_eq(host_arch(), "arm64") ? "qemu-riscv64-static" : "qemu-aarch64-static";
}

/* A program that the kernel would take for a static one, or that asks for a loader. */
static void write_program(const char *path, bool dynamic)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
	} image = {
		.header = { .e_machine = EM_X86_64, .e_phnum = 1, .e_phoff = sizeof(Elf64_Ehdr) },
		.segment = { .p_type = dynamic ? PT_INTERP : PT_LOAD, .p_filesz = 5 }
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	memcpy(image.header.e_ident, ELFMAG, SELFMAG);
	image.header.e_ident[EI_CLASS] = ELFCLASS64;
	image.header.e_ident[EI_DATA] = ELFDATA2LSB;
	assert_int_equal(write(fd, &image, sizeof(image)), sizeof(image));
	assert_int_equal(close(fd), 0);
}

static int enter_without_path(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	return setenv("PATH", "/nonexistent", 1) < 0 || unsetenv("EDGECTL_QEMU_PATH") < 0 ? -1 : 0;
}

#define machine_test(f) cmocka_unit_test_setup_teardown(f, enter_without_path, scratch_leave)

static void the_machine_runs_its_own(void **state)
{
	(void)state;
	struct emulation emulation = { .way = EMULATION_OWN };

	assert_ok(emulation_find(host_arch(), NULL, &emulation, &err_));
	assert_int_equal(emulation.way, EMULATION_NATIVE);
	assert_null(emulation.interpreter);
	assert_false(emulation.compat);
	assert_null(emulation_version(&emulation));
}

static void unknown_processors_are_refused(void **state)
{
	(void)state;
	struct emulation emulation = { .way = EMULATION_NATIVE };

	assert_int_equal(emulation_find("vax", NULL, &emulation, &err_), -1);
	assert_int_equal(err_.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(err_.message, "'vax'"));
}

static void qemu_is_found_where_it_is_told(void **state)
{
	(void)state;
	AUTO(emulation_release) struct emulation emulation = { .way = EMULATION_NATIVE };
	AUTO(freep) char *here = NULL;
	AUTO(freep) char *path = NULL;

	write_program(foreign_qemu(), false);
	assert_ok(fs_realpath(".", &here, &err_));
	path = xasprintf("/nonexistent:%s", here);
	assert_int_equal(setenv("PATH", path, 1), 0);
	if (emulation_find(foreign_arch(), NULL, &emulation, &err_) < 0) {
		/* An old kernel, on which only the host's registration serves. */
		assert_non_null(strstr(err_.message, "6.7"));
		return;
	}
	assert_string_equal(emulation.cpu->arch, foreign_arch());
	if (emulation.way == EMULATION_OWN)
		assert_non_null(strstr(emulation.interpreter, foreign_qemu()));
}

static void a_missing_qemu_is_named_with_the_remedy(void **state)
{
	(void)state;
	AUTO(emulation_release) struct emulation emulation = { .way = EMULATION_NATIVE };

	if (emulation_find(foreign_arch(), NULL, &emulation, &err_) == 0) {
		assert_int_equal(emulation.way, EMULATION_HOST);
		return;
	}
	assert_int_equal(err_.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(err_.message, foreign_qemu()));
	assert_string_equal(err_.hint, "sudo apt-get install qemu-user-static");
}

/* Its libraries are not in the image. */
static void a_dynamic_qemu_does_not_serve(void **state)
{
	(void)state;
	AUTO(emulation_release) struct emulation emulation = { .way = EMULATION_NATIVE };

	write_program(foreign_qemu(), true);
	assert_int_equal(setenv("EDGECTL_QEMU_PATH", ".", 1), 0);
	if (emulation_find(foreign_arch(), NULL, &emulation, &err_) == 0) {
		assert_int_equal(emulation.way, EMULATION_HOST);
		return;
	}
	assert_non_null(strstr(err_.message, "not statically linked"));
}

static void variants_have_their_models(void **state)
{
	(void)state;
	static const struct {
		const char *variant, *model;
	} rows[] = { { "v5", "arm926" }, { "v6", "arm1176" }, { "v7", NULL }, { NULL, NULL } };

	if (str_eq(host_arch(), "arm64"))
		skip();
	write_program("qemu-arm-static", false);
	assert_int_equal(setenv("EDGECTL_QEMU_PATH", ".", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(emulation_release) struct emulation emulation = { .way = EMULATION_NATIVE };

		if (emulation_find("arm", rows[i].variant, &emulation, &err_) < 0)
			return;
		assert_true(str_eq(emulation.cpu->cpu_model, rows[i].model));
	}
}

static void the_version_is_cut_out(void **state)
{
	(void)state;
	AUTO(freep) char *version = NULL;
	struct emulation emulation = { .way = EMULATION_OWN, .interpreter = (char *)"./fake" };

	write_text("fake", "#!/bin/sh\necho 'qemu-arm version 7.2.22 (Debian 1:7.2+dfsg-7)'\n");
	assert_int_equal(chmod("fake", 0755), 0);
	version = emulation_version(&emulation);
	assert_non_null(version);
	assert_string_equal(version, "7.2.22");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(the_machine_runs_its_own),
		machine_test(unknown_processors_are_refused),
		machine_test(qemu_is_found_where_it_is_told),
		machine_test(a_missing_qemu_is_named_with_the_remedy),
		machine_test(a_dynamic_qemu_does_not_serve),
		machine_test(variants_have_their_models),
		machine_test(the_version_is_cut_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
