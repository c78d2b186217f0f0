#include "context/archive_files.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/layer.h"

struct extraction {
	struct layer_sink sink;
	struct layer_sink *unpacker;
	const struct monitor *monitor;
};

static bool is_wanted(enum layer_entry_type type)
{
	switch (type) {
	case LAYER_FILE:
	case LAYER_DIR:
	case LAYER_SYMLINK:
	case LAYER_HARDLINK: return true;
	case LAYER_CHAR:
	case LAYER_BLOCK:
	case LAYER_FIFO:
	case LAYER_WHITEOUT:
	case LAYER_OPAQUE: return false;
	}
	return false;
}

static int extract_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct extraction *extraction = CONTAINER_OF(sink, struct extraction, sink);
	struct layer_entry ours = *entry;

	if (monitor_check(extraction->monitor, err) < 0)
		return -1;
	if (!is_wanted(entry->type))
		return 0;
	ours.uid = geteuid();
	ours.gid = getegid();
	ours.xattrs = NULL;
	return extraction->unpacker->entry(extraction->unpacker, &ours, err);
}

static int extract_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct extraction *extraction = CONTAINER_OF(sink, struct extraction, sink);

	if (monitor_check(extraction->monitor, err) < 0)
		return -1;
	return extraction->unpacker->data(extraction->unpacker, data, len, err);
}

int archive_files_extract(int fd, const char *dir, const struct monitor *monitor, struct err *err)
{
	AUTO(layer_unpacker_freep) struct layer_unpacker *unpacker = NULL;
	AUTO(fd_closep) int dir_fd = -1;
	struct extraction extraction = {
		.sink = { .entry = extract_entry, .data = extract_data },
		.monitor = monitor,
	};

	if (fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &dir_fd, err) < 0)
		return -1;
	unpacker = layer_unpacker_new(dir_fd, err);
	if (!unpacker)
		return -1;
	extraction.unpacker = layer_unpacker_sink(unpacker);
	if (layer_read(fd, false, &extraction.sink, NULL, err) < 0)
		return -1;
	return layer_unpacker_finish(unpacker, err);
}
