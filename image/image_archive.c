#include "image/image_archive.h"

#include <fcntl.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "image/archive.h"

/* The image once under each name, or once without. */
static void list_names(const struct image_archive *archive, struct named_images *ret)
{
	size_t count = archive->names ? archive->names->len : 0;

	for (size_t i = 0; i < (count ? count : 1); i++) {
		struct named_image *image = VEC_ADD(ret);

		image->name = count ? xstrdup(archive->names->items[i]) : NULL;
		descriptor_copy(&image->target, archive->target);
	}
}

int image_archive_write(const struct image_archive *archive, int fd, const char *name,
			struct err *err)
{
	AUTO(named_images_release) struct named_images images = { .items = NULL };
	enum archive_format format = archive->is_docker ? ARCHIVE_DOCKER : ARCHIVE_OCI;

	list_names(archive, &images);
	return archive_write(archive->store, &images, format, fd, name, archive->monitor, err);
}

static int write_table(const struct image_archive *archive, const struct named_images *images,
		       const char *dir, struct err *err)
{
	AUTO(str_release) struct str table = STR_INIT;
	AUTO(freep) char *path = path_join(dir, "manifest.json");

	if (archive_docker_table(archive->store, images, &table, err) < 0)
		return -1;
	return fs_write_file_atomic(AT_FDCWD, path, table.ptr, table.len, 0644, err);
}

int image_archive_write_dir(const struct image_archive *archive, const char *dir, struct err *err)
{
	AUTO(named_images_release) struct named_images images = { .items = NULL };

	list_names(archive, &images);
	if (layout_write(archive->store, &images, dir, archive->monitor, err) < 0)
		return -1;
	return archive->is_docker ? write_table(archive, &images, dir, err) : 0;
}
