/* The tables in /proc/<pid>/uid_map and gid_map, user_namespaces(7). */
#ifndef SANDBOX_ID_MAP_H
#define SANDBOX_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct id_extent {
	unsigned long inside, outside, count;
};

struct id_map {
	struct id_extent *items;
	size_t len, cap;
};

#define ID_MAP_INIT           \
	{                     \
		.items = NULL \
	}

void id_map_release(struct id_map *map);
void id_map_add(struct id_map *map, unsigned long inside, unsigned long outside,
		unsigned long count);
/* The kernel's text; false when it is not one. */
bool id_map_parse(struct span text, struct id_map *ret);
unsigned long id_map_count(const struct id_map *map);
bool id_map_has(const struct id_map *map, unsigned long inside);
/* All ids of a machine, each standing for itself: the initial user namespace or one that is as good. */
bool id_map_is_full(const struct id_map *map);

/* `file` is "uid_map" or "gid_map" of this process. */
WARN_UNUSED int id_map_read(const char *file, struct id_map *ret, struct err *err);
/*
 * Gives the fresh user namespace that process `pid` is in all the ids of ours, each standing for itself; of the full range all
 * but the last. Needs CAP_SETUID and CAP_SETGID here.
 */
WARN_UNUSED int id_map_write_identity(pid_t pid, struct err *err);
/* Gives the fresh user namespace that this process is in id 0 alone, standing for the two ids, without setgroups(2). */
WARN_UNUSED int id_map_write_single(uid_t uid, gid_t gid, struct err *err);

#endif
