#include "app.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "output_file.h"
#include "session.h"

#include "image/archive.h"
#include "image/image_content.h"
#include "image/image_convert.h"
#include "image/image_subset.h"

enum save_format { SAVE_DOCKER_ARCHIVE, SAVE_OCI_ARCHIVE, SAVE_OCI_DIR };

struct save_args {
	struct strvec images;
	const char *output, *platform, *board;
	int format, progress;
	bool quiet;
};

/* Engines from before zstd read the archives too. */
static int prepare_for_docker(struct session *session, struct descriptor *target, struct err *err)
{
	struct descriptor converted = { .media_type = NULL };
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	bool has_zstd = false;

	if (media_type_is_index(target->media_type))
		return 0;
	if (image_content_read_manifest(session->store, target, &manifest, err) < 0)
		return -1;
	VEC_FOREACH(layer, &manifest.layers)
		has_zstd |= str_has_suffix(layer->media_type, "zstd");
	if (!has_zstd)
		return 0;
	if (image_convert(session->store, target, DIALECT_DOCKER, &session->monitor, &converted,
			  err) < 0)
		return -1;
	descriptor_release(target);
	*target = converted;
	return 0;
}

static int add_image(struct session *session, const struct save_args *args,
		     const struct platform *platform, const char *text, struct named_images *ret,
		     struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	struct named_image *image;

	if (image_option_parse(text, &ref, err) < 0)
		return -1;
	image = VEC_ADD(ret);
	image->name = image_ref_format(&ref);
	if (store_resolve(session->store, image->name, &target, err) < 0)
		return -1;
	if (image_subset_make(session->store, &target, platform, platform != NULL, &image->target,
			      err) < 0)
		return err_wrap(err, "'%s'", text);
	if (args->format != SAVE_DOCKER_ARCHIVE)
		return 0;
	return prepare_for_docker(session, &image->target, err);
}

static int write_archive(struct session *session, const struct save_args *args,
			 const struct named_images *images, struct err *err)
{
	enum archive_format format =
		args->format == SAVE_DOCKER_ARCHIVE ? ARCHIVE_DOCKER : ARCHIVE_OCI;
	AUTO(output_file_release) struct output_file file = OUTPUT_FILE_INIT;

	if (output_file_open(args->output ? args->output : "-", &file, err) < 0 ||
	    archive_write(session->store, images, format, file.fd, output_file_name(&file),
			  &session->monitor, err) < 0)
		return -1;
	return output_file_finish(&file, err);
}

static int write_images(struct session *session, const struct save_args *args,
			const struct named_images *images, struct err *err)
{
	const char *where = args->output ? args->output : "the standard output";
	unsigned step = progress_begin(&session->monitor, "writing %s", where);
	int status;

	if (args->format == SAVE_OCI_DIR)
		status = layout_write(session->store, images, args->output, &session->monitor, err);
	else
		status = write_archive(session, args, images, err);
	progress_end(&session->monitor, step, status, err);
	if (status == 0)
		progress_summary(session->progress, "saved %zu image%s to %s", images->len,
				 images->len == 1 ? "" : "s", where);
	return status;
}

static int save_all(struct session *session, const struct save_args *args,
		    const struct platform *platform, struct err *err)
{
	AUTO(named_images_release) struct named_images images = { .items = NULL };

	VEC_FOREACH(text, &args->images) {
		if (add_image(session, args, platform, *text, &images, err) < 0)
			return -1;
	}
	return write_images(session, args, &images, err);
}

static int save_run(struct app *app, const void *args_data, struct err *err)
{
	const struct save_args *args = args_data;
	const struct session_options options = {
		.title = "Saving",
		.progress = args->quiet ? PROGRESS_QUIET : (enum progress_mode)args->progress
	};
	AUTO(session_release) struct session session = SESSION_INIT;
	struct platform platform = { .os = "" };
	bool has_platform = false;
	int status;

	if (machine_parse_one(args->platform, args->board, &platform, &has_platform, err) < 0)
		return -1;
	if (args->format == SAVE_OCI_DIR && !args->output)
		return err_set(err, ERR_USAGE, "--format oci-dir needs --output DIR");
	if (session_open(&options, &session, err) < 0)
		return -1;
	status = save_all(&session, args, has_platform ? &platform : NULL, err);
	return session_finish(&session, app, status, err);
}

/* In the order of the enum. */
static const char *const formats[] = { "docker-archive", "oci-archive", "oci-dir", NULL };

static const struct cli_option save_options[] = {
	OPTION_OPERANDS(struct save_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
	OPTION_STRING(struct save_args, output, 'o', "output", "FILE", VALUE_FILE,
		      "File to write, or directory with --format oci-dir; the standard output "
		      "without it"),
	OPTION_CHOICE(struct save_args, format, 0, "format", "FORMAT", formats, "Form to write",
		      .fallback = "docker-archive"),
	OPTION_STRING(struct save_args, platform, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		      "Save only the image for this platform, as a single image"),
	OPTION_BOARD(struct save_args, board),
	OPTION_PROGRESS(struct save_args, progress),
	OPTION_FLAG(struct save_args, quiet, 'q', "quiet", "Show nothing but errors"),
	OPTION_END,
};

static const struct cli_example save_examples[] = {
	{ "Carry an image to a board that no registry reaches:",
	  "edgectl save --platform linux/arm64 app:1 | ssh board docker load" },
	{ "Keep all platforms of an image in one file:",
	  "edgectl save --format oci-archive -o app.tar app:1" },
	{ NULL, NULL },
};

const struct cli_command cmd_save = {
	.name = "save",
	.group = GROUP_IMAGE,
	.summary = "Write images of the local store into a file",
	.details = "docker-archive is what 'docker load', 'podman load' and 'ctr image import' "
		   "read; it holds one platform of each image. oci-archive and oci-dir are OCI "
		   "image layouts, as a tar and as a directory. The same images give the same "
		   "bytes.\n\n"
		   "A file appears when it is whole. A layout that is there already keeps its "
		   "other images.",
	.options = save_options,
	.args_size = sizeof(struct save_args),
	.examples = save_examples,
	.run = save_run,
};
