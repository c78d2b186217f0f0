#include "hash_record.h"

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/vec.h"

#define HEADER "edgectl file hashes 2\n"
/* "STAT HASH PATH\n", sorted by the bytes of the paths */
#define HASH_AT (STAT_TEXT_LEN + 1)
#define PATH_AT (HASH_AT + HASH_HEX_LEN + 1)

struct line {
	char *text; /* NUL-ended */
	bool is_wanted;
};

struct lines {
	struct line *items;
	size_t len, cap;
};

struct hash_record {
	struct str text;
	struct lines known; /* in it */
	struct lines added; /* their texts are owned */
	size_t next;        /* the line that is likely to be asked for */
	bool has_changed;
};

/* Eight digits at once: each nibble gets a byte, from 10 on it becomes a letter. */
static char *add_hex(char *at, uint32_t value)
{
	uint64_t digits = value, letters;

	digits = (digits << 16 | digits) & 0x0000ffff0000ffff;
	digits = (digits << 8 | digits) & 0x00ff00ff00ff00ff;
	digits = (digits << 4 | digits) & 0x0f0f0f0f0f0f0f0f;
	letters = (digits + 0x0606060606060606) >> 4 & 0x0101010101010101;
	digits = htobe64(digits + 0x3030303030303030 + letters * ('a' - '0' - 10));
	memcpy(at, &digits, sizeof(digits));
	return at + sizeof(digits);
}

static char *add_long_hex(char *at, uint64_t value)
{
	return add_hex(add_hex(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

/* Done for each file of each build: snprintf(3) would be a fifth of the time of one in which nothing has changed. */
void stat_format(const struct stat *st, char ret[STAT_TEXT_LEN])
{
	ret = add_long_hex(ret, (uint64_t)st->st_ino);
	ret = add_long_hex(ret, (uint64_t)st->st_size);
	ret = add_long_hex(ret, (uint64_t)st->st_mtim.tv_sec);
	ret = add_hex(ret, (uint32_t)st->st_mtim.tv_nsec);
	ret = add_long_hex(ret, (uint64_t)st->st_ctim.tv_sec);
	(void)add_hex(ret, (uint32_t)st->st_ctim.tv_nsec);
}

static const char *path_of(const struct line *line)
{
	return line->text + PATH_AT;
}

/* --- reading --- */

static void parse_lines(char *text, struct lines *ret)
{
	char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		if ((size_t)(end - text) > PATH_AT)
			VEC_ADD(ret)->text = text;
	}
}

struct hash_record *hash_record_new(struct str *owned_text)
{
	struct hash_record *record = xcalloc(1, sizeof(*record));

	record->text = *owned_text;
	*owned_text = (struct str)STR_INIT;
	if (str_has_prefix(record->text.ptr, HEADER))
		parse_lines(record->text.ptr + strlen(HEADER), &record->known);
	return record;
}

void hash_record_freep(struct hash_record **record)
{
	struct hash_record *r = TAKE(*record);

	if (!r)
		return;
	VEC_FOREACH(line, &r->added)
		free(line->text);
	free(r->added.items);
	free(r->known.items);
	str_release(&r->text);
	free(r);
}

static struct line *search(const struct lines *lines, const char *path)
{
	size_t low = 0, high = lines->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path_of(&lines->items[middle]), path);

		if (order == 0)
			return &lines->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static struct line *find(struct hash_record *record, const char *path)
{
	struct line *line = NULL;

	if (record->next < record->known.len)
		line = &record->known.items[record->next];
	if (!line || !str_eq(path_of(line), path))
		line = search(&record->known, path);
	if (line)
		record->next = (size_t)(line - record->known.items) + 1;
	return line;
}

const char *hash_record_find(struct hash_record *record, const char *path, const struct stat *st)
{
	struct line *line = find(record, path);
	char text[STAT_TEXT_LEN];

	if (!line)
		return NULL;
	stat_format(st, text);
	if (memcmp(line->text, text, STAT_TEXT_LEN) != 0)
		return NULL;
	line->is_wanted = true;
	return line->text + HASH_AT;
}

/* --- writing --- */

void hash_record_add(struct hash_record *record, const char *path, const struct stat *st,
		     const char *hash)
{
	char text[STAT_TEXT_LEN];

	if (strchr(path, '\n'))
		return;
	stat_format(st, text);
	*VEC_ADD(&record->added) = (struct line){
		.text = xasprintf("%.*s %.*s %s", STAT_TEXT_LEN, text, HASH_HEX_LEN, hash, path),
		.is_wanted = true,
	};
	record->has_changed = true;
}

bool hash_record_has_changed(const struct hash_record *record)
{
	return record->has_changed;
}

static int compare_paths(const void *a, const void *b)
{
	const struct line *left = a, *right = b;

	return strcmp(path_of(left), path_of(right));
}

/* What was found and added; `rest` those that nobody has asked for, but what took their place. */
static void sort_out(const struct hash_record *record, struct lines *added, struct lines *found,
		     struct lines *rest)
{
	VEC_FOREACH(line, &record->added)
		*VEC_ADD(added) = *line;
	if (added->len > 1)
		qsort(added->items, added->len, sizeof(*added->items), compare_paths);
	VEC_FOREACH(line, &record->known) {
		if (search(added, path_of(line)))
			continue;
		*VEC_ADD(line->is_wanted ? found : rest) = *line;
	}
}

static void append(struct lines *lines, const struct lines *more)
{
	VEC_FOREACH(line, more)
		*VEC_ADD(lines) = *line;
}

void hash_record_write(struct hash_record *record, struct str *ret)
{
	struct lines all = { .items = NULL }, found = { .items = NULL }, rest = { .items = NULL };

	sort_out(record, &all, &found, &rest);
	append(&all, &found);
	if (rest.len < all.len + 1000)
		append(&all, &rest);
	if (all.len > 1)
		qsort(all.items, all.len, sizeof(*all.items), compare_paths);
	str_add(ret, HEADER);
	for (size_t i = 0; i < all.len; i++) {
		str_add(ret, all.items[i].text);
		str_addc(ret, '\n');
	}
	free(all.items);
	free(found.items);
	free(rest.items);
	record->has_changed = false;
}
