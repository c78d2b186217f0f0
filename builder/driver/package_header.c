/*
 * rpm.org, "RPM header format", here without its magic: two numbers, the length of the index and of the data; index entries
 * of four numbers: tag, type, offset, count; the data. All numbers are big-endian.
 */
#include "package_header.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

#define ENTRY_SIZE  16
#define INDEX_LIMIT 65536 /* rpm's own */

enum tag {
	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_EPOCH = 1003,
	TAG_VENDOR = 1011,
	TAG_LICENSE = 1014,
	TAG_ARCH = 1022,
	TAG_SOURCE_RPM = 1044,
};

enum type { TYPE_INT32 = 4, TYPE_STRING = 6 };

struct header {
	const unsigned char *index, *data;
	uint32_t entries, data_len;
};

static uint32_t read_u32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static bool header_open(const unsigned char *blob, size_t len, struct header *ret)
{
	if (!blob || len < 8)
		return false;
	ret->entries = read_u32(blob);
	ret->data_len = read_u32(blob + 4);
	ret->index = blob + 8;
	if (ret->entries > INDEX_LIMIT || len - 8 < (size_t)ret->entries * ENTRY_SIZE ||
	    len - 8 - (size_t)ret->entries * ENTRY_SIZE < ret->data_len)
		return false;
	ret->data = ret->index + (size_t)ret->entries * ENTRY_SIZE;
	return true;
}

/* The data of a tag of that type; NULL = there is none. *ret_len is what is left of the data from there. */
static const unsigned char *find_tag(const struct header *header, enum tag tag, enum type type,
				     size_t *ret_len)
{
	for (uint32_t i = 0; i < header->entries; i++) {
		const unsigned char *entry = header->index + (size_t)i * ENTRY_SIZE;
		uint32_t offset = read_u32(entry + 8);

		if (read_u32(entry) != (uint32_t)tag || read_u32(entry + 4) != (uint32_t)type ||
		    offset >= header->data_len)
			continue;
		*ret_len = header->data_len - offset;
		return header->data + offset;
	}
	return NULL;
}

/* NULL when the header does not have it; the caller frees. */
static char *get_string(const struct header *header, enum tag tag)
{
	size_t len = 0;
	const unsigned char *text = find_tag(header, tag, TYPE_STRING, &len);

	if (!text || !memchr(text, '\0', len))
		return NULL;
	return xstrdup((const char *)text);
}

/* "1:5.2.15-3.fc38"; the epoch only where there is one. */
static char *get_version(const struct header *header)
{
	AUTO(freep) char *version = get_string(header, TAG_VERSION);
	AUTO(freep) char *release = get_string(header, TAG_RELEASE);
	size_t len = 0;
	const unsigned char *epoch = find_tag(header, TAG_EPOCH, TYPE_INT32, &len);

	if (!version || !release)
		return NULL;
	if (epoch && len >= 4)
		return xasprintf("%u:%s-%s", read_u32(epoch), version, release);
	return xasprintf("%s-%s", version, release);
}

int package_header_add(const unsigned char *blob, size_t len, struct packages *ret, struct err *err)
{
	struct header header;
	AUTO(freep) char *name = NULL;
	AUTO(freep) char *version = NULL;

	if (!header_open(blob, len, &header))
		return err_set(err, ERR_INPUT, "the database of rpm has a damaged header");
	name = get_string(&header, TAG_NAME);
	version = get_version(&header);
	/* keys of vendors stand among the packages */
	if (!name || !version || str_eq(name, "gpg-pubkey"))
		return 0;
	*VEC_ADD(ret) = (struct package){
		.kind = PACKAGE_RPM,
		.name = TAKE(name),
		.version = TAKE(version),
		.architecture = get_string(&header, TAG_ARCH),
		.source = get_string(&header, TAG_SOURCE_RPM),
		.license = get_string(&header, TAG_LICENSE),
		.supplier = get_string(&header, TAG_VENDOR),
	};
	return 0;
}
