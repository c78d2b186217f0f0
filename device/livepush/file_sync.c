#include "device/file_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/vec.h"
#include "container_rm.h"
#include "device/archive.h"
#include "image/tar.h"

struct delivery {
	const struct strmap *files;
	struct byte_source pipe;
	uint64_t bytes;
};

/* --- the archive --- */

static int add_content(struct layer_sink *sink, struct layer_entry *entry, const char *path,
		       struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	char buffer[65536];
	uint64_t left = entry->size;

	if (fd_open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW, 0, &fd, NULL) < 0)
		return 0;
	if (sink->entry(sink, entry, err) < 0)
		return -1;
	while (left > 0) {
		size_t want = left < sizeof(buffer) ? (size_t)left : sizeof(buffer);
		ssize_t got = fd_read_full(fd, buffer, want, path, err);

		if (got < 0)
			return -1;
		/* It has become shorter; the next event brings it again. */
		if ((size_t)got < want)
			memset(buffer + got, 0, want - (size_t)got);
		if (sink->data(sink, buffer, want, err) < 0)
			return -1;
		left -= want;
	}
	return 0;
}

static int add_file(struct layer_sink *sink, const char *path, const char *target, struct err *err)
{
	struct layer_entry entry = { .path = target + 1 };
	AUTO(freep) char *link = NULL;
	struct stat st;

	/* It is gone already: the next event deletes it. */
	if (lstat(path, &st) < 0)
		return 0;
	entry.mode = st.st_mode & 07777;
	entry.mtime = st.st_mtim;
	if (S_ISREG(st.st_mode)) {
		entry.type = LAYER_FILE;
		entry.size = (uint64_t)st.st_size;
		return add_content(sink, &entry, path, err);
	}
	if (S_ISLNK(st.st_mode)) {
		entry.type = LAYER_SYMLINK;
		if (fs_readlink(AT_FDCWD, path, &link, NULL) < 0)
			return 0;
		entry.link = link;
		return sink->entry(sink, &entry, err);
	}
	entry.type = LAYER_DIR;
	return S_ISDIR(st.st_mode) ? sink->entry(sink, &entry, err) : 0;
}

static int write_files(void *data, int fd, struct err *err)
{
	const struct delivery *delivery = data;
	AUTO(tar_writer_freep) struct tar_writer *tar = tar_writer_new(fd, "the changed files");

	VEC_FOREACH(file, delivery->files) {
		/* The container's root itself is nobody's to change. */
		if (file->value[1] &&
		    add_file(tar_writer_sink(tar), file->key, file->value, err) < 0)
			return -1;
	}
	return tar_writer_finish(tar, err);
}

static int produce(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err)
{
	struct delivery *delivery = data;

	if (delivery->pipe.produce(delivery->pipe.data, buffer, size, ret_len, err) < 0)
		return -1;
	delivery->bytes += *ret_len;
	return 0;
}

static int put(struct engine *engine, const char *container, const struct strmap *files,
	       uint64_t *ret_bytes, struct err *err)
{
	struct delivery delivery = { .files = files };
	const struct byte_source counted = { .produce = produce, .data = &delivery };
	struct piped_source *pipe = NULL;
	int status = 0;

	if (files->len == 0)
		return 0;
	if (piped_source_new(write_files, &delivery, &pipe, err) < 0)
		return -1;
	delivery.pipe = piped_source_bytes(pipe);
	status = container_put_own_archive(engine, container, "/", &counted, err);
	status = piped_source_finish(pipe, status, err);
	*ret_bytes = delivery.bytes;
	return status;
}

/* --- all of it --- */

int file_sync_run(struct engine *engine, const char *container, const struct strmap *files,
		  struct file_sync_report *ret, struct err *err)
{
	AUTO(strmap_release) struct strmap there = STRMAP_INIT;
	AUTO(strvec_release) struct strvec gone = STRVEC_INIT;
	bool done = false;
	struct stat st;

	*ret = (struct file_sync_report){ .files = 0 };
	VEC_FOREACH(file, files) {
		if (lstat(file->key, &st) == 0)
			strmap_set(&there, file->key, file->value);
		else if (file->value[1])
			strvec_add(&gone, file->value);
	}
	if (container_rm(engine, container, &gone, &done, err) < 0)
		return -1;
	if (!done) {
		(void)err_set(err, ERR_UNSUPPORTED, "nothing in the container can delete '%s'",
			      gone.items[0]);
		return err_hint(err, "give its image an rm, or use the action rebuild");
	}
	ret->files = (unsigned)(gone.len + there.len);
	return put(engine, container, &there, &ret->bytes, err);
}
