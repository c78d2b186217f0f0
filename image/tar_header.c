#include "tar_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "base/path.h"

/* <tar.h> has names for the type flags only. */
struct ustar {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char user[32], group[32];
	char dev_major[8], dev_minor[8];
	char prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a tar header is one block");

#define OCTAL_MAX(field)        (((uint64_t)1 << (3 * (sizeof(field) - 1))) - 1)
#define PUT_OCTAL(field, value) put_octal(field, sizeof(field), value)

/* Digits up to a final NUL. */
static void put_octal(char *field, size_t size, uint64_t value)
{
	for (size_t i = size - 1; i > 0; i--) {
		field[i - 1] = (char)('0' + (value & 7));
		value >>= 3;
	}
	field[size - 1] = '\0';
}

static void put_checksum(struct ustar *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	put_octal(h->checksum, sizeof(h->checksum) - 1, sum);
}

static void add_block(struct str *out, struct ustar *h)
{
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	put_checksum(h);
	str_addn(out, h, sizeof(*h));
}

/* --- pax records --- */

static size_t digits_of(size_t n)
{
	size_t digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself too. */
static void add_record(struct str *records, const char *prefix, const char *key, const void *value,
		       size_t len)
{
	size_t rest = 1 + strlen(prefix) + strlen(key) + 1 + len + 1;
	size_t total = rest + digits_of(rest);

	if (digits_of(total) > digits_of(rest))
		total = rest + digits_of(total);
	str_addf(records, "%zu %s%s=", total, prefix, key);
	str_addn(records, value, len);
	str_addc(records, '\n');
}

static void add_number_record(struct str *records, const char *key, long long value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%lld", value);

	add_record(records, "", key, text, (size_t)len);
}

static int compare_xattrs(const void *a, const void *b)
{
	const struct layer_xattr *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static void add_xattr_records(struct str *records, const struct layer_xattrs *xattrs)
{
	AUTO(freep) struct layer_xattr *sorted = NULL; /* borrows names and values */

	if (!xattrs || xattrs->len == 0)
		return;
	sorted = xreallocarray(NULL, xattrs->len, sizeof(*sorted));
	for (size_t i = 0; i < xattrs->len; i++)
		sorted[i] = xattrs->items[i];
	qsort(sorted, xattrs->len, sizeof(*sorted), compare_xattrs);
	for (size_t i = 0; i < xattrs->len; i++)
		add_record(records, "SCHILY.xattr.", sorted[i].name, sorted[i].value,
			   sorted[i].len);
}

static void pad(struct str *out)
{
	static const char zeros[TAR_BLOCK];
	size_t over = out->len % TAR_BLOCK;

	if (over)
		str_addn(out, zeros, TAR_BLOCK - over);
}

static void add_pax_header(struct str *out, const struct str *records)
{
	struct ustar h = { .name = "PaxHeaders.0/entry", .type = 'x' };

	PUT_OCTAL(h.mode, 0644);
	PUT_OCTAL(h.uid, 0);
	PUT_OCTAL(h.gid, 0);
	PUT_OCTAL(h.size, records->len);
	PUT_OCTAL(h.mtime, 0);
	add_block(out, &h);
	str_addn(out, records->ptr, records->len);
	pad(out);
}

/* --- the entry --- */

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* The slash at which the name splits into prefix and name; NULL when it does not fit. */
static const char *find_split(const char *name, size_t len)
{
	const char *slash = NULL;
	size_t end = len < sizeof(((struct ustar *)0)->prefix) + 1
			     ? len
			     : sizeof(((struct ustar *)0)->prefix) + 1;

	/* the last one that leaves something behind it, even when the name itself ends in a slash */
	for (size_t i = 1; i < end && i + 1 < len; i++)
		if (name[i] == '/')
			slash = name + i;
	if (slash && (size_t)(name + len - slash - 1) <= sizeof(((struct ustar *)0)->name))
		return slash;
	return NULL;
}

static void put_name(struct ustar *h, struct str *records, const char *name)
{
	size_t len = strlen(name);
	const char *split;

	if (len > sizeof(h->name) && is_ascii(name) && (split = find_split(name, len))) {
		memcpy(h->prefix, name, (size_t)(split - name));
		memcpy(h->name, split + 1, (size_t)(name + len - split - 1));
		return;
	}
	if (len > sizeof(h->name) || !is_ascii(name))
		add_record(records, "", "path", name, len);
	memcpy(h->name, name, len < sizeof(h->name) ? len : sizeof(h->name));
}

static void put_link(struct ustar *h, struct str *records, const char *link)
{
	size_t len = strlen(link);

	if (len > sizeof(h->link) || !is_ascii(link))
		add_record(records, "", "linkpath", link, len);
	memcpy(h->link, link, len < sizeof(h->link) ? len : sizeof(h->link));
}

static void put_owner(struct ustar *h, struct str *records, const struct layer_entry *e)
{
	if (e->uid > OCTAL_MAX(h->uid))
		add_number_record(records, "uid", (long long)e->uid);
	if (e->gid > OCTAL_MAX(h->gid))
		add_number_record(records, "gid", (long long)e->gid);
	PUT_OCTAL(h->uid, e->uid > OCTAL_MAX(h->uid) ? 0 : e->uid);
	PUT_OCTAL(h->gid, e->gid > OCTAL_MAX(h->gid) ? 0 : e->gid);
}

static void put_size(struct ustar *h, struct str *records, uint64_t size)
{
	if (size > OCTAL_MAX(h->size))
		add_number_record(records, "size", (long long)size);
	PUT_OCTAL(h->size, size > OCTAL_MAX(h->size) ? 0 : size);
}

static void put_mtime(struct ustar *h, struct str *records, time_t mtime)
{
	bool fits = mtime >= 0 && (uint64_t)mtime <= OCTAL_MAX(h->mtime);

	if (!fits)
		add_number_record(records, "mtime", (long long)mtime);
	PUT_OCTAL(h->mtime, fits ? (uint64_t)mtime : 0);
}

static char type_flag(enum layer_entry_type type)
{
	switch (type) {
	case LAYER_DIR: return '5';
	case LAYER_SYMLINK: return '2';
	case LAYER_HARDLINK: return '1';
	case LAYER_CHAR: return '3';
	case LAYER_BLOCK: return '4';
	case LAYER_FIFO: return '6';
	case LAYER_FILE:
	case LAYER_WHITEOUT:
	case LAYER_OPAQUE:
	default: return '0';
	}
}

/* The name in the archive; the caller frees. */
static char *archive_name(const struct layer_entry *e)
{
	AUTO(freep) char *dir = NULL;

	if (e->type == LAYER_DIR)
		return xasprintf("%s/", e->path);
	if (e->type == LAYER_OPAQUE)
		return strcmp(e->path, ".") == 0 ? xstrdup(".wh..wh..opq")
						 : xasprintf("%s/.wh..wh..opq", e->path);
	if (e->type != LAYER_WHITEOUT)
		return xstrdup(e->path);
	dir = path_dir(e->path);
	if (strcmp(dir, ".") == 0)
		return xasprintf(".wh.%s", e->path);
	return xasprintf("%s/.wh.%s", dir, path_base(e->path));
}

static void put_device(struct ustar *h, const struct layer_entry *e)
{
	if (e->type != LAYER_CHAR && e->type != LAYER_BLOCK)
		return;
	PUT_OCTAL(h->dev_major, major(e->rdev));
	PUT_OCTAL(h->dev_minor, minor(e->rdev));
}

void tar_header_add(struct str *out, const struct layer_entry *e)
{
	AUTO(str_release) struct str records = STR_INIT;
	AUTO(freep) char *name = archive_name(e);
	struct ustar h = { .type = type_flag(e->type) };
	bool is_mark = e->type == LAYER_WHITEOUT || e->type == LAYER_OPAQUE;

	put_name(&h, &records, name);
	if (e->type == LAYER_SYMLINK || e->type == LAYER_HARDLINK)
		put_link(&h, &records, e->link);
	/* a whiteout has no owner, mode or time of its own */
	put_owner(&h, &records, is_mark ? &(struct layer_entry){ .uid = 0 } : e);
	PUT_OCTAL(h.mode, is_mark ? 0 : e->mode & 07777);
	put_size(&h, &records, e->type == LAYER_FILE ? e->size : 0);
	put_mtime(&h, &records, is_mark ? 0 : e->mtime.tv_sec);
	put_device(&h, e);
	if (!is_mark && e->type != LAYER_HARDLINK)
		add_xattr_records(&records, e->xattrs);
	if (records.len > 0)
		add_pax_header(out, &records);
	add_block(out, &h);
}
