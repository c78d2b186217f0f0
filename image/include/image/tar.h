/*
 * A tar archive as a stream, for those that are no layer: file trees and images for other tools.
 *
 *	AUTO(tar_writer_freep) struct tar_writer *tar = tar_writer_new(fd, "image.tar");
 *
 *	tar_writer_add(tar, "index.json", text, len, err);
 *	tar_writer_finish(tar, err);
 *
 * The same entries give the same bytes. Whiteouts cannot be among them.
 */
#ifndef IMAGE_TAR_H
#define IMAGE_TAR_H

#include "image/layer.h"

struct tar_writer;

/* `fd` is borrowed; `name` is what messages call it. */
struct tar_writer *tar_writer_new(int fd, const char *name);
/* Takes entries and their data, as layer_writer_sink() does. */
struct layer_sink *tar_writer_sink(struct tar_writer *tar);
/* A directory; a file with its content: modes 0755 and 0644, owner root, the time 0. */
WARN_UNUSED int tar_writer_add_dir(struct tar_writer *tar, const char *path, struct err *err);
WARN_UNUSED int tar_writer_add(struct tar_writer *tar, const char *path, const void *data,
			       size_t len, struct err *err);
/* The same with what is behind a descriptor: `size` bytes from its offset. */
WARN_UNUSED int tar_writer_add_fd(struct tar_writer *tar, const char *path, int fd, uint64_t size,
				  struct err *err);
/* Ends the archive; nothing may be added afterwards. */
WARN_UNUSED int tar_writer_finish(struct tar_writer *tar, struct err *err);
void tar_writer_freep(struct tar_writer **tar);

#endif
