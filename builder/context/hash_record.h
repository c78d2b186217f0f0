/*
 * What is remembered of the files of one context: for each path the stat data and the hash that went with them. The text
 * of the record is used as it is; a line is looked at only when its file is asked for.
 *
 *	AUTO(hash_record_freep) struct hash_record *record = hash_record_new(&text);
 *
 *	hash = hash_record_find(record, "src/main.c", &st);
 *	hash_record_add(record, "src/new.c", &st, hash);
 *	hash_record_write(record, &text);
 */
#ifndef CONTEXT_HASH_RECORD_H
#define CONTEXT_HASH_RECORD_H

#include <sys/stat.h>

#include "base/str.h"

#define HASH_HEX_LEN  64
#define STAT_TEXT_LEN 80

struct hash_record;

/* Everything that must be unchanged for a hash to hold: inode, size, mtime, ctime. Not NUL-ended. */
void stat_format(const struct stat *st, char ret[STAT_TEXT_LEN]);

/* Takes the text; of another format or damaged, it says nothing, or less. */
struct hash_record *hash_record_new(struct str *owned_text);
void hash_record_freep(struct hash_record **record);
/*
 * HASH_HEX_LEN characters, borrowed; NULL when nothing is known of the path with that stat data. Quick for whoever asks in
 * the order of the paths.
 */
const char *hash_record_find(struct hash_record *record, const char *path, const struct stat *st);
/* In place of what was known of the path. A path with a line break is not remembered: the record is made of lines. */
void hash_record_add(struct hash_record *record, const char *path, const struct stat *st,
		     const char *hash);
/* Has anything been added since it was last written? */
bool hash_record_has_changed(const struct hash_record *record);
/*
 * What was found and what was added, and as long as that is not the smaller part, the rest: another COPY may want it, but
 * files long gone must not pile up.
 */
void hash_record_write(struct hash_record *record, struct str *ret);

#endif
