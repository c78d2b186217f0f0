#include "elf_file.h"

#include <elf.h>
#include <endian.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define PROGRAM_HEADERS_MAX 128

struct loader_place {
	uint64_t offset, size;
};

static uint16_t half(const struct elf *elf, uint16_t value)
{
	return elf->big_endian ? be16toh(value) : le16toh(value);
}

static uint32_t word(const struct elf *elf, uint32_t value)
{
	return elf->big_endian ? be32toh(value) : le32toh(value);
}

static uint64_t xword(const struct elf *elf, uint64_t value)
{
	return elf->big_endian ? be64toh(value) : le64toh(value);
}

static bool read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	return offset <= INT64_MAX && pread(fd, buf, len, (off_t)offset) == (ssize_t)len;
}

static bool find_loader_64(int fd, const struct elf *elf, const Elf64_Ehdr *header,
			   struct loader_place *ret)
{
	unsigned count = half(elf, header->e_phnum);

	for (unsigned i = 0; i < count && i < PROGRAM_HEADERS_MAX; i++) {
		Elf64_Phdr segment;

		if (!read_at(fd, &segment, sizeof(segment),
			     xword(elf, header->e_phoff) + i * sizeof(segment)))
			return false;
		if (word(elf, segment.p_type) != PT_INTERP)
			continue;
		ret->offset = xword(elf, segment.p_offset);
		ret->size = xword(elf, segment.p_filesz);
		return true;
	}
	return true;
}

static bool find_loader_32(int fd, const struct elf *elf, const Elf32_Ehdr *header,
			   struct loader_place *ret)
{
	unsigned count = half(elf, header->e_phnum);

	for (unsigned i = 0; i < count && i < PROGRAM_HEADERS_MAX; i++) {
		Elf32_Phdr segment;

		if (!read_at(fd, &segment, sizeof(segment),
			     word(elf, header->e_phoff) + i * sizeof(segment)))
			return false;
		if (word(elf, segment.p_type) != PT_INTERP)
			continue;
		ret->offset = word(elf, segment.p_offset);
		ret->size = word(elf, segment.p_filesz);
		return true;
	}
	return true;
}

static bool read_loader(int fd, const struct loader_place *place, char **ret)
{
	char path[PATH_MAX];

	if (!place->size)
		return true;
	if (place->size > sizeof(path) || !read_at(fd, path, place->size, place->offset))
		return false;
	*ret = xstrndup(path, place->size);
	return true;
}

bool elf_read(int fd, struct elf *ret)
{
	struct loader_place place = { 0, 0 };
	struct elf elf = { .loader = NULL };
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr narrow; /* the first fields are the same in both */
		Elf64_Ehdr wide;
	} header = { { 0 } };

	if (!read_at(fd, &header, sizeof(header.narrow), 0) ||
	    memcmp(header.ident, ELFMAG, SELFMAG))
		return false;
	elf.wide = header.ident[EI_CLASS] == ELFCLASS64;
	elf.big_endian = header.ident[EI_DATA] == ELFDATA2MSB;
	elf.machine = half(&elf, header.narrow.e_machine);
	if (elf.wide && !read_at(fd, &header, sizeof(header.wide), 0))
		return false;
	if (!(elf.wide ? find_loader_64(fd, &elf, &header.wide, &place)
		       : find_loader_32(fd, &elf, &header.narrow, &place)) ||
	    !read_loader(fd, &place, &elf.loader))
		return false;
	*ret = elf;
	return true;
}

void elf_release(struct elf *elf)
{
	free(elf->loader);
	elf->loader = NULL;
}
