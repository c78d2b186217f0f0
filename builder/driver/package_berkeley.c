/*
 * The database of rpm before 4.16, "Packages": Berkeley DB's hash format (libdb 5.3, src/dbinc/db_page.h), in the byte order of
 * the machine that made it. All pages are of the same size; the first one describes the file, the others begin with a head:
 *
 *	page      8 bytes, its number, the previous and the next page, u16 items, u16 end of the data, level, type
 *	hash      places of the items, each in the page; items lie from the page's end on downwards, key and value in turn
 *	item      type, the bytes up to the item before; or type, 3 bytes, first page and length of what is on overflow pages
 *	overflow  behind the head as much data as its end says; the next page has what comes then
 *
 * A value is the header of a package; its key is a number, and that of number 0 counts.
 */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "package_header.h"

#define MAGIC         0x061561u
#define META_SIZE     72u
#define HEAD_SIZE     26u
#define PAGE_SIZE_MIN 512u
#define PAGE_SIZE_MAX 65536u
#define OFF_PAGE_SIZE 12u

enum page_type { PAGE_HASH_UNSORTED = 2, PAGE_OVERFLOW = 7, PAGE_META = 8, PAGE_HASH = 13 };
enum item_type { ITEM_HERE = 1, ITEM_ON_PAGES = 3 };

struct database {
	struct span file;
	bool is_big_endian;
	uint32_t page_size, pages;
	/* No value shares a byte with another one: a small file must not be a long task. */
	uint64_t left;
};

static int damaged(struct err *err)
{
	return err_set(err, ERR_INPUT, "the database of rpm is damaged");
}

static uint32_t read_u32(const struct database *db, uint64_t at)
{
	uint32_t value;

	memcpy(&value, db->file.ptr + at, sizeof(value));
	return db->is_big_endian ? be32toh(value) : le32toh(value);
}

static uint16_t read_u16(const struct database *db, uint64_t at)
{
	uint16_t value;

	memcpy(&value, db->file.ptr + at, sizeof(value));
	return db->is_big_endian ? be16toh(value) : le16toh(value);
}

static unsigned read_u8(const struct database *db, uint64_t at)
{
	return (unsigned char)db->file.ptr[at];
}

static unsigned page_type(const struct database *db, uint64_t page)
{
	return read_u8(db, page + 25);
}

static bool open_database(struct span file, struct database *ret)
{
	*ret = (struct database){ .file = file, .left = file.len };
	if (file.len < META_SIZE)
		return false;
	ret->is_big_endian = read_u32(ret, 12) != MAGIC;
	/* neither encrypted, nor with checksums, nor partitioned */
	return read_u32(ret, 12) == MAGIC && read_u8(ret, 24) == 0 &&
	       page_type(ret, 0) == PAGE_META && read_u8(ret, 26) == 0;
}

bool packages_are_berkeley(struct span database)
{
	struct database db;

	return open_database(database, &db);
}

/* --- values --- */

/* All of a value that lies on pages of its own. */
static int collect(const struct database *db, uint32_t number, uint32_t len, struct str *ret,
		   struct err *err)
{
	while (ret->len < len) {
		uint64_t page = (uint64_t)number * db->page_size;
		uint32_t here;

		if (number >= db->pages || page_type(db, page) != PAGE_OVERFLOW)
			return damaged(err);
		here = read_u16(db, page + 22);
		if (here == 0 || here > db->page_size - HEAD_SIZE || here > len - ret->len)
			return damaged(err);
		str_addn(ret, db->file.ptr + page + HEAD_SIZE, here);
		number = read_u32(db, page + 16);
	}
	return 0;
}

static int read_value(struct database *db, uint64_t item, uint32_t size, struct packages *ret,
		      struct err *err)
{
	AUTO(str_release) struct str value = STR_INIT;
	uint32_t len;

	if (read_u8(db, item) == ITEM_HERE)
		return package_header_add((const unsigned char *)db->file.ptr + item + 1, size - 1,
					  ret, err);
	if (read_u8(db, item) != ITEM_ON_PAGES || size < OFF_PAGE_SIZE)
		return damaged(err);
	len = read_u32(db, item + 8);
	if (len > db->left)
		return damaged(err);
	db->left -= len;
	if (collect(db, read_u32(db, item + 4), len, &value, err) < 0)
		return -1;
	return package_header_add((const unsigned char *)value.ptr, value.len, ret, err);
}

/* Is it that of the number of packages? */
static bool is_counter(const struct database *db, uint64_t item, uint32_t size)
{
	return size == 5 && read_u8(db, item) == ITEM_HERE && read_u32(db, item + 1) == 0;
}

static int read_page(struct database *db, uint64_t page, struct packages *ret, struct err *err)
{
	uint32_t items = read_u16(db, page + 20), end = db->page_size;
	uint32_t first = HEAD_SIZE + items * 2;
	bool is_wanted = false;

	if (items % 2 != 0 || first > db->page_size)
		return damaged(err);
	for (uint32_t i = 0; i < items; i++) {
		uint32_t place = read_u16(db, page + HEAD_SIZE + (uint64_t)i * 2);

		if (place < first || place >= end)
			return damaged(err);
		if (i % 2 == 0)
			is_wanted = !is_counter(db, page + place, end - place);
		else if (is_wanted && read_value(db, page + place, end - place, ret, err) < 0)
			return -1;
		end = place;
	}
	return 0;
}

int packages_read_berkeley(struct span database, struct packages *ret, struct err *err)
{
	struct database db;

	if (!open_database(database, &db))
		return damaged(err);
	db.page_size = read_u32(&db, 20);
	if (db.page_size < PAGE_SIZE_MIN || db.page_size > PAGE_SIZE_MAX ||
	    (db.page_size & (db.page_size - 1)) != 0)
		return damaged(err);
	db.pages = (uint32_t)(database.len / db.page_size);
	/* what a crash left behind the last page does not belong to it */
	if (read_u32(&db, 32) >= db.pages)
		return damaged(err);
	db.pages = read_u32(&db, 32) + 1;
	for (uint32_t i = 1; i < db.pages; i++) {
		uint64_t page = (uint64_t)i * db.page_size;
		unsigned type = page_type(&db, page);

		if ((type == PAGE_HASH || type == PAGE_HASH_UNSORTED) &&
		    read_page(&db, page, ret, err) < 0)
			return -1;
	}
	return 0;
}
