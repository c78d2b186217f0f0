#include "context/image_layout.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "image/archive.h"

static int read_directory(const struct image_layout_request *request, struct named_images *ret,
			  struct err *err)
{
	const struct layout_request layout = {
		.dir = request->dir,
		.tag = request->tag,
		.digest = request->digest,
		.platforms = request->platform,
		.platform_count = 1,
		.store = request->store,
		.monitor = request->monitor,
	};

	return layout_read(&layout, ret, err);
}

static int read_archive(const struct image_layout_request *request, struct named_images *ret,
			struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct archive_source source = {
		.name = request->dir,
		.store = request->store,
		.monitor = request->monitor,
	};

	if (fd_open(AT_FDCWD, request->dir, O_RDONLY, 0, &fd, err) < 0)
		return -1;
	source.fd = fd;
	return archive_read(&source, ret, err);
}

static int check_digest(const struct image_layout_request *request, const struct named_image *image,
			struct err *err)
{
	if (!request->digest || str_eq(request->digest, image->target.digest.text))
		return 0;
	return err_set(err, ERR_DIGEST, "the image is %s, not %s", image->target.digest.text,
		       request->digest);
}

int image_layout_import(const struct image_layout_request *request, struct descriptor *ret,
			struct err *err)
{
	AUTO(named_images_release) struct named_images images = { .items = NULL };
	const struct named_image *image = NULL;
	struct stat st;
	bool is_file = stat(request->dir, &st) == 0 && S_ISREG(st.st_mode);

	if (!is_file) {
		if (read_directory(request, &images, err) < 0)
			return -1;
		descriptor_copy(ret, &images.items[0].target);
		return 0;
	}
	if (read_archive(request, &images, err) < 0)
		return -1;
	image = named_images_choose(&images, request->tag, err);
	if (!image || check_digest(request, image, err) < 0)
		return err_wrap(err, "archive '%s'", request->dir);
	descriptor_copy(ret, &image->target);
	return 0;
}
