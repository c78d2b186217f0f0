/*
 * Files that have several names (hard links): which name of them a walk met first.
 *
 *	struct file_links links = FILE_LINKS_INIT;
 *	const char *first = file_links_find(&links, &st, 0, path);   for each file
 *	file_links_release(&links);
 */
#ifndef BASE_FILE_LINKS_H
#define BASE_FILE_LINKS_H

#include <sys/stat.h>

#include "base/map.h"

struct file_links {
	struct strmap firsts; /* "group:device:inode" -> path */
};

#define FILE_LINKS_INIT               \
	{                             \
		.firsts = STRMAP_INIT \
	}

/*
 * The first path that was given for the file behind `st` in that group; borrowed. NULL for that first one, which is
 * remembered (copied), and for a file that has one name only.
 */
const char *file_links_find(struct file_links *links, const struct stat *st, unsigned group,
			    const char *path);
void file_links_release(struct file_links *links);

#endif
