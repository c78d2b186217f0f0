#include "id_map.h"

#include <fcntl.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/vec.h"

#define ID_MAX 4294967295UL /* (uid_t)-1, which is no id */

void id_map_release(struct id_map *map)
{
	free(map->items);
	*map = (struct id_map)ID_MAP_INIT;
}

void id_map_add(struct id_map *map, unsigned long inside, unsigned long outside,
		unsigned long count)
{
	*VEC_ADD(map) = (struct id_extent){ inside, outside, count };
}

static bool take_number(struct span *line, unsigned long *ret)
{
	struct span word;
	unsigned long long number = 0;

	*line = span_trim(*line);
	(void)span_cut(line, ' ', &word);
	if (!span_to_u64(word, ID_MAX, &number))
		return false;
	*ret = (unsigned long)number;
	return true;
}

bool id_map_parse(struct span text, struct id_map *ret)
{
	struct span line;

	while (text.len) {
		struct id_extent extent;

		(void)span_cut(&text, '\n', &line);
		if (!take_number(&line, &extent.inside) || !take_number(&line, &extent.outside) ||
		    !take_number(&line, &extent.count) || span_trim(line).len)
			return false;
		*VEC_ADD(ret) = extent;
	}
	return true;
}

unsigned long id_map_count(const struct id_map *map)
{
	unsigned long count = 0;

	VEC_FOREACH(extent, map)
		count += extent->count;
	return count;
}

bool id_map_has(const struct id_map *map, unsigned long inside)
{
	VEC_FOREACH(extent, map)
		if (inside >= extent->inside && inside - extent->inside < extent->count)
			return true;
	return false;
}

bool id_map_is_full(const struct id_map *map)
{
	return map->len == 1 && map->items[0].inside == 0 && map->items[0].outside == 0 &&
	       map->items[0].count == ID_MAX;
}

int id_map_read(const char *file, struct id_map *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *path = xasprintf("/proc/self/%s", file);

	if (fs_read_file(AT_FDCWD, path, LIMIT_KIB * 64, &text, err) < 0)
		return -1;
	if (!id_map_parse(str_span(&text), ret))
		return err_set(err, ERR_SYSTEM, "'%s' is not readable", path);
	return 0;
}

/* The kernel takes a map in one write(2) only. */
static int write_proc(pid_t pid, const char *file, struct span text, struct err *err)
{
	AUTO(freep)
	char *path = pid ? xasprintf("/proc/%d/%s", pid, file) : xasprintf("/proc/self/%s", file);
	AUTO(fd_closep) int fd = -1;

	if (fd_open(AT_FDCWD, path, O_WRONLY, 0, &fd, err) < 0)
		return -1;
	return fd_write_all(fd, text.ptr, text.len, path, err);
}

static int write_identity(pid_t pid, const char *file, struct err *err)
{
	AUTO(id_map_release) struct id_map map = ID_MAP_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	if (id_map_read(file, &map, err) < 0)
		return -1;
	/* Programs that find the full range believe that they are outside of any user namespace, and make device nodes. */
	if (id_map_is_full(&map))
		map.items[0].count--;
	VEC_FOREACH(extent, &map)
		str_addf(&text, "%lu %lu %lu\n", extent->inside, extent->inside, extent->count);
	return write_proc(pid, file, str_span(&text), err);
}

int id_map_write_identity(pid_t pid, struct err *err)
{
	if (write_identity(pid, "uid_map", err) < 0)
		return -1;
	return write_identity(pid, "gid_map", err);
}

int id_map_write_single(uid_t uid, gid_t gid, struct err *err)
{
	AUTO(freep) char *uids = xasprintf("0 %u 1\n", uid);
	AUTO(freep) char *gids = xasprintf("0 %u 1\n", gid);

	if (write_proc(0, "setgroups", SPAN_LIT("deny"), err) < 0 ||
	    write_proc(0, "uid_map", span_of(uids), err) < 0)
		return -1;
	return write_proc(0, "gid_map", span_of(gids), err);
}
