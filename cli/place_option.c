#include "place_option.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/archive.h"
#include "image_option.h"
#include "output_file.h"

#include "base/fd.h"

int place_option_parse(const char *text, struct image_place *ret, struct err *err)
{
	if (image_place_parse(text, ret, err) == 0)
		return 0;
	if (err)
		err->kind = ERR_USAGE;
	return -1;
}

void named_image_release(struct named_image *image)
{
	free(image->name);
	descriptor_release(&image->target);
	*image = (struct named_image){ .name = NULL };
}

bool named_image_reference(const struct named_image *image, struct image_ref *ret)
{
	bool is_whole = image->name && (strchr(image->name, '/') || strchr(image->name, ':'));

	return is_whole && image_ref_parse(image->name, ret, NULL) == 0;
}

/* --- reading --- */

static int read_registry(const struct place_request *request, unsigned step,
			 struct named_image *ret, struct err *err)
{
	const struct image_ref *ref = &request->place->ref;
	const struct pull_platforms platforms = { .items = request->platforms,
						  .count = request->platform_count };
	const struct fetch_target target = { .store = request->store, .step = step };

	ret->name = image_ref_format(ref);
	return registry_pull(request->session->registry, ref, &platforms, &target, &ret->target,
			     err);
}

static int read_store(const struct place_request *request, struct named_image *ret, struct err *err)
{
	ret->name = image_ref_format(&request->place->ref);
	return store_resolve(request->store, ret->name, &ret->target, err);
}

static int take_named(const struct named_images *images, const char *name, struct named_image *ret,
		      struct err *err)
{
	const struct named_image *chosen = named_images_choose(images, name, err);

	if (!chosen)
		return -1;
	ret->name = xstrdup_or_null(chosen->name);
	descriptor_copy(&ret->target, &chosen->target);
	return 0;
}

static int read_layout(const struct place_request *request, struct named_image *ret,
		       struct err *err)
{
	const struct layout_request layout = {
		.dir = request->place->path,
		.tag = request->place->name,
		.digest = request->place->digest,
		.platforms = request->platforms,
		.platform_count = request->platform_count,
		.store = request->store,
		.monitor = &request->session->monitor,
	};
	AUTO(named_images_release) struct named_images images = { .items = NULL };

	if (layout_read(&layout, &images, err) < 0)
		return -1;
	return take_named(&images, NULL, ret, err);
}

static int read_archive(const struct place_request *request, unsigned step, struct named_image *ret,
			struct err *err)
{
	bool is_stdin = str_eq(request->place->path, "-");
	AUTO(named_images_release) struct named_images images = { .items = NULL };
	AUTO(fd_closep) int fd = -1;
	struct archive_source source = {
		.fd = STDIN_FILENO,
		.name = request->place->path,
		.store = request->store,
		.monitor = &request->session->monitor,
		.step = step,
	};

	if (!is_stdin && fd_open(AT_FDCWD, request->place->path, O_RDONLY, 0, &fd, err) < 0)
		return -1;
	if (!is_stdin)
		source.fd = fd;
	if (archive_read(&source, &images, err) < 0)
		return -1;
	return take_named(&images, request->place->name, ret, err);
}

static int read_any(const struct place_request *request, unsigned step, struct named_image *ret,
		    struct err *err)
{
	switch (request->place->kind) {
	case PLACE_NAME:
	case PLACE_REGISTRY: return read_registry(request, step, ret, err);
	case PLACE_STORE: return read_store(request, ret, err);
	case PLACE_LAYOUT: return read_layout(request, ret, err);
	case PLACE_LAYOUT_ARCHIVE:
	case PLACE_DOCKER_ARCHIVE: return read_archive(request, step, ret, err);
	}
	return -1;
}

int place_read(const struct place_request *request, struct named_image *ret, struct err *err)
{
	struct session *session = request->session;
	unsigned step = progress_begin(&session->monitor, "reading %s", request->text);
	int status;

	*ret = (struct named_image){ .name = NULL };
	status = read_any(request, step, ret, err);
	progress_end(&session->monitor, step, status, err);
	if (status < 0)
		named_image_release(ret);
	return status;
}

/* --- writing --- */

static int write_archive(const struct place_request *request, const struct named_images *images,
			 struct err *err)
{
	enum archive_format format =
		request->place->kind == PLACE_DOCKER_ARCHIVE ? ARCHIVE_DOCKER : ARCHIVE_OCI;
	AUTO(output_file_release) struct output_file file = OUTPUT_FILE_INIT;

	if (output_file_open(request->place->path, &file, err) < 0 ||
	    archive_write(request->store, images, format, file.fd, output_file_name(&file),
			  &request->session->monitor, err) < 0)
		return -1;
	return output_file_finish(&file, err);
}

static int write_path(const struct place_request *request, const struct descriptor *target,
		      struct err *err)
{
	/* borrowed */
	struct named_image image = { .name = request->place->name, .target = *target };
	const struct named_images images = { .items = &image, .len = 1 };

	if (request->place->kind != PLACE_LAYOUT)
		return write_archive(request, &images, err);
	return layout_write(request->store, &images, request->place->path,
			    &request->session->monitor, err);
}

static int write_locally(const struct place_request *request, const struct descriptor *target,
			 struct err *err)
{
	AUTO(freep) char *name = NULL;

	if (request->place->kind != PLACE_STORE)
		return write_path(request, target, err);
	name = image_ref_format(&request->place->ref);
	return store_tag(request->store, name, target, err);
}

int place_write(const struct place_request *request, const struct descriptor *target,
		struct err *err)
{
	struct session *session = request->session;
	unsigned step;
	int status;

	if (request->place->kind == PLACE_NAME || request->place->kind == PLACE_REGISTRY)
		return push_image_from(session, request->store, target, &request->place->ref, err);
	step = progress_begin(&session->monitor, "writing %s", request->text);
	status = write_locally(request, target, err);
	progress_end(&session->monitor, step, status, err);
	if (status == 0)
		progress_summary(session->progress, "wrote %s %s", request->text,
				 target->digest.text);
	return status;
}
