#include "elf_file.h"

#include <elf.h>
#include <endian.h>

#include "../base/unit.h"
#include "base/fd.h"

static bool read_bytes(const void *data, size_t len, struct elf *ret)
{
	AUTO(fd_closep) int fd = -1;

	assert_ok(fd_open(AT_FDCWD, "f", O_RDWR | O_CREAT | O_TRUNC, 0600, &fd, &err_));
	assert_ok(fd_write_all(fd, data, len, "f", &err_));
	return elf_read(fd, ret);
}

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	char loader[16];
};

static struct image arm64_image(void)
{
	struct image image = {
		.header = { .e_type = htole16(ET_DYN),
			    .e_machine = htole16(EM_AARCH64),
			    .e_phnum = htole16(2),
			    .e_phoff = htole64(offsetof(struct image, segments)) },
		.segments = { { .p_type = htole32(PT_LOAD) },
			      { .p_type = htole32(PT_INTERP),
				.p_offset = htole64(offsetof(struct image, loader)),
				.p_filesz = htole64(11) } },
		.loader = "/lib/ld.so",
	};

	memcpy(image.header.e_ident, ELFMAG, SELFMAG);
	image.header.e_ident[EI_CLASS] = ELFCLASS64;
	image.header.e_ident[EI_DATA] = ELFDATA2LSB;
	return image;
}

static void reads_64_bit(void **state)
{
	(void)state;
	AUTO(elf_release) struct elf elf = { .loader = NULL };
	struct image image = arm64_image();

	assert_true(read_bytes(&image, sizeof(image), &elf));
	assert_true(elf.wide);
	assert_false(elf.big_endian);
	assert_int_equal(elf.machine, EM_AARCH64);
	assert_string_equal(elf.loader, "/lib/ld.so");
}

static void reads_32_bit_big_endian(void **state)
{
	(void)state;
	struct elf elf = { .loader = NULL };
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr segment;
	} image = { .header = { .e_machine = htobe16(EM_PPC),
				.e_phnum = htobe16(1),
				.e_phoff = htobe32(sizeof(image.header)) },
		    .segment = { .p_type = htobe32(PT_LOAD) } };

	memcpy(image.header.e_ident, ELFMAG, SELFMAG);
	image.header.e_ident[EI_CLASS] = ELFCLASS32;
	image.header.e_ident[EI_DATA] = ELFDATA2MSB;
	assert_true(read_bytes(&image, sizeof(image), &elf));
	assert_false(elf.wide);
	assert_true(elf.big_endian);
	assert_int_equal(elf.machine, EM_PPC);
	assert_null(elf.loader);
}

/* Cut anywhere, it is broken, and reading ends. */
static void cut_files_are_broken(void **state)
{
	(void)state;
	struct image image = arm64_image();

	for (size_t len = 0; len < offsetof(struct image, loader) + 11; len++) {
		struct elf elf = { .loader = NULL };

		assert_false(read_bytes(&image, len, &elf));
		assert_null(elf.loader);
	}
}

static void hostile_numbers_are_refused(void **state)
{
	(void)state;
	struct elf elf = { .loader = NULL };
	struct image image = arm64_image();

	image.segments[1].p_filesz = htole64(UINT64_MAX);
	assert_false(read_bytes(&image, sizeof(image), &elf));
	image = arm64_image();
	image.segments[1].p_offset = htole64(UINT64_MAX - 2);
	assert_false(read_bytes(&image, sizeof(image), &elf));
	image = arm64_image();
	image.header.e_phoff = htole64(UINT64_MAX - 8);
	assert_false(read_bytes(&image, sizeof(image), &elf));
}

static void other_files_are_none(void **state)
{
	(void)state;
	struct elf elf = { .loader = NULL };
	static const char script[100] = "#!/bin/sh\n";

	assert_false(read_bytes("", 0, &elf));
	assert_false(read_bytes(script, sizeof(script), &elf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(reads_64_bit),         scratch_test(reads_32_bit_big_endian),
		scratch_test(cut_files_are_broken), scratch_test(hostile_numbers_are_refused),
		scratch_test(other_files_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
