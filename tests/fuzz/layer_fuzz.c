/*
 * Layers: every entry that the reader lets through is safe to unpack; unpacked and packed again it is the same tree; a file
 * beside the root stays as it is. Works in a directory "layer-fuzz" below the working directory.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "image/layer.h"

/* More than that is a bomb, for which the unit tests have a case. */
#define DATA_MAX ((uint64_t)8 << 20)

/* Checks what a sink may rely on, then passes on. */
struct checker {
	struct layer_sink sink;
	struct layer_sink *next;
	uint64_t expected; /* data that is still to come */
	uint64_t total;
};

static void check_path(const char *path)
{
	FUZZ_CHECK(path[0] && path[0] != '/' && path[strlen(path) - 1] != '/');
	FUZZ_CHECK(!strstr(path, "//") && strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0);
	FUZZ_CHECK(!strstr(path, "/../") && !strstr(path, "/./"));
}

static int check_entry(struct layer_sink *sink, const struct layer_entry *e, struct err *err)
{
	struct checker *c = CONTAINER_OF(sink, struct checker, sink);

	FUZZ_CHECK(c->expected == 0);
	check_path(e->path);
	if (e->type == LAYER_HARDLINK)
		check_path(e->link);
	if (e->type == LAYER_SYMLINK)
		FUZZ_CHECK(e->link && e->link[0]);
	FUZZ_CHECK((e->mode & ~(mode_t)07777) == 0);
	c->expected = e->type == LAYER_FILE ? e->size : 0;
	if (c->expected > DATA_MAX - c->total)
		return err_set(err, ERR_LIMIT, "too much for fuzzing");
	c->total += c->expected;
	return c->next->entry(c->next, e, err);
}

static int check_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct checker *c = CONTAINER_OF(sink, struct checker, sink);

	FUZZ_CHECK(len > 0 && len <= c->expected);
	c->expected -= len;
	return c->next->data(c->next, data, len, err);
}

/* Adds all that it is given to a hash. */
struct summer {
	struct layer_sink sink;
	struct hasher *hasher;
};

static int sum_entry(struct layer_sink *sink, const struct layer_entry *e, struct err *err)
{
	struct summer *s = CONTAINER_OF(sink, struct summer, sink);
	char *text = xasprintf("%d %s %s %o %u %u %lld %llu\n", e->type, e->path,
			       e->link ? e->link : "", (unsigned)e->mode, e->uid, e->gid,
			       (long long)e->mtime.tv_sec, (unsigned long long)e->size);

	(void)err;
	hasher_update(s->hasher, text, strlen(text));
	free(text);
	return 0;
}

static int sum_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct summer *s = CONTAINER_OF(sink, struct summer, sink);

	(void)err;
	hasher_update(s->hasher, data, len);
	return 0;
}

static void sum_tree(int dir_fd, struct digest *ret)
{
	struct summer s = { .sink = { .entry = sum_entry, .data = sum_data },
			    .hasher = hasher_new(DIGEST_SHA256) };
	struct err err = ERR_INIT;

	if (layer_pack_dir(dir_fd, &(struct layer_pack_options){ .overlay = true }, &s.sink, NULL,
			   &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		FUZZ_CHECK(!"a tree that was unpacked can be packed");
	}
	hasher_finish(s.hasher, ret);
	hasher_free(s.hasher);
}

static int make_dir(const char *path)
{
	int fd;

	FUZZ_CHECK(fs_remove_all(AT_FDCWD, path, NULL) == 0);
	FUZZ_CHECK(fs_mkdir_all(AT_FDCWD, path, 0755, NULL) == 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_CHECK(fd >= 0);
	return fd;
}

/* Unpacks; true when all of it was accepted. */
static bool unpack(int archive_fd, int dir_fd)
{
	struct layer_unpacker *u = layer_unpacker_new(dir_fd, NULL);
	struct checker c = { .sink = { .entry = check_entry, .data = check_data },
			     .next = layer_unpacker_sink(u) };
	struct err err = ERR_INIT;
	int result = layer_read(archive_fd, true, &c.sink, NULL, &err);

	if (result == 0)
		result = layer_unpacker_finish(u, &err);
	FUZZ_CHECK(result == 0 || (err.kind != ERR_NONE && err.message));
	layer_unpacker_freep(&u);
	err_release(&err);
	return result == 0;
}

/* A tree, packed into another one, is the same. */
static void check_copy(int from, int to)
{
	struct layer_unpacker *u = layer_unpacker_new(to, NULL);
	struct digest first, second;

	FUZZ_CHECK(layer_pack_dir(from, &(struct layer_pack_options){ .overlay = true },
				  layer_unpacker_sink(u), NULL, NULL) == 0);
	FUZZ_CHECK(layer_unpacker_finish(u, NULL) == 0);
	sum_tree(from, &first);
	sum_tree(to, &second);
	FUZZ_CHECK(digest_equal(&first, &second));
	layer_unpacker_freep(&u);
}

static int archive_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size &&
		   lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int archive = archive_of(data, size), root = make_dir("layer-fuzz/root"), copy = -1;
	bool is_archive = false;
	struct stat before, after;

	FUZZ_CHECK(fs_write_file_atomic(AT_FDCWD, "layer-fuzz/beside", "", 0, 0600, NULL) == 0);
	FUZZ_CHECK(stat("layer-fuzz/beside", &before) == 0);
	FUZZ_CHECK(layer_is_archive(archive, &is_archive, NULL) == 0);
	if (unpack(archive, root)) {
		copy = make_dir("layer-fuzz/copy");
		check_copy(root, copy);
	}
	FUZZ_CHECK(stat("layer-fuzz/beside", &after) == 0 && before.st_ino == after.st_ino &&
		   before.st_size == after.st_size && before.st_mode == after.st_mode &&
		   before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
		   before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
	fd_closep(&archive);
	fd_closep(&root);
	fd_closep(&copy);
	return 0;
}
