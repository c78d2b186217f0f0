#include "base/file_links.h"

#include <stdio.h>

const char *file_links_find(struct file_links *links, const struct stat *st, unsigned group,
			    const char *path)
{
	const char *first;
	char key[64];

	if (st->st_nlink < 2)
		return NULL;
	(void)snprintf(key, sizeof(key), "%u:%llx:%llx", group, (unsigned long long)st->st_dev,
		       (unsigned long long)st->st_ino);
	first = strmap_get(&links->firsts, key);
	if (!first)
		strmap_set(&links->firsts, key, path);
	return first;
}

void file_links_release(struct file_links *links)
{
	strmap_release(&links->firsts);
}
