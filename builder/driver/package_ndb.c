/*
 * rpm's own format of a database, "ndb", which SUSE has (rpm, lib/backend/ndb/rpmpkg.c). Numbers are little-endian, places and
 * lengths in blocks of 16 bytes:
 *
 *	header   "RpmP", version 0, generation, pages of slots, next package number, 12 bytes
 *	slots    "Slot", package number, first block (0 = the slot is free), blocks
 *	package  "BlbS", package number, generation, length in bytes, the header of the package, padding, checksum
 *
 * The header takes the place of the first two slots.
 */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "package_header.h"

#define BLOCK     16u
#define PAGE      4096u
#define HEAD_SIZE 16u
#define MIN_SIZE  32u

#define MAGIC_FILE 0x506d7052u /* "RpmP" */
#define MAGIC_SLOT 0x746f6c53u /* "Slot" */
#define MAGIC_BLOB 0x53626c42u /* "BlbS" */

static int damaged(struct err *err)
{
	return err_set(err, ERR_INPUT, "the database of rpm is damaged");
}

static uint32_t number(struct span database, uint64_t at)
{
	uint32_t value;

	memcpy(&value, database.ptr + at, sizeof(value));
	return le32toh(value);
}

static int read_blob(struct span database, uint32_t package, uint64_t at, uint64_t size,
		     struct packages *ret, struct err *err)
{
	uint64_t len;

	if (size < HEAD_SIZE || at > database.len || size > database.len - at ||
	    number(database, at) != MAGIC_BLOB || number(database, at + 4) != package)
		return damaged(err);
	len = number(database, at + 12);
	if (len > size - HEAD_SIZE)
		return damaged(err);
	return package_header_add((const unsigned char *)database.ptr + at + HEAD_SIZE, (size_t)len,
				  ret, err);
}

int packages_read_ndb(struct span database, struct packages *ret, struct err *err)
{
	uint64_t slots_end, left = database.len;

	if (database.len < MIN_SIZE || number(database, 0) != MAGIC_FILE)
		return damaged(err);
	if (number(database, 4) != 0)
		return err_set(err, ERR_UNSUPPORTED, "the database of rpm has version %u",
			       number(database, 4));
	slots_end = (uint64_t)number(database, 12) * PAGE;
	if (slots_end > database.len)
		return damaged(err);
	for (uint64_t at = MIN_SIZE; at < slots_end; at += BLOCK) {
		uint32_t package = number(database, at + 4), first = number(database, at + 8);

		uint64_t size = (uint64_t)number(database, at + 12) * BLOCK;

		if (number(database, at) != MAGIC_SLOT)
			return damaged(err);
		if (!first)
			continue;
		/* None lies in another one: a million slots must not be a million times the same megabyte. */
		if (size > left)
			return damaged(err);
		left -= size;
		if (read_blob(database, package, (uint64_t)first * BLOCK, size, ret, err) < 0)
			return -1;
	}
	return 0;
}
