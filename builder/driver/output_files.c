#include "output_files.h"

#include <fcntl.h>
#include <stdlib.h>

#include "attested_files.h"
#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "image/tar.h"
#include "output_target.h"
#include "solve/result_files.h"
#include "solve/tree_pack.h"

/* "linux_arm_v7", as BuildKit calls the directories. */
static char *platform_directory(const struct platform *platform)
{
	char text[PLATFORM_TEXT_MAX];
	char *name = xstrdup(platform_format(platform, text));

	for (char *c = name; *c; c++) {
		if (*c == '/')
			*c = '_';
	}
	return name;
}

/* Platforms in one directory: a file of one must not silently be that of another. */
struct merged_sink {
	struct layer_sink sink;
	struct layer_sink *target;
	struct strmap seen; /* path -> the platform that has it */
	const struct platform *platform;
};

static int merge_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct merged_sink *merged = CONTAINER_OF(sink, struct merged_sink, sink);
	char text[PLATFORM_TEXT_MAX];
	const char *other = strmap_get(&merged->seen, entry->path);

	platform_format(merged->platform, text);
	if (entry->type != LAYER_DIR && other && !str_eq(other, text)) {
		(void)err_set(err, ERR_INPUT, "both %s and %s have '%s'", other, text, entry->path);
		return err_hint(err, "let each have a directory: platform-split=true");
	}
	if (entry->type != LAYER_DIR)
		strmap_set(&merged->seen, entry->path, text);
	return merged->target->entry(merged->target, entry, err);
}

static int merge_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct merged_sink *merged = CONTAINER_OF(sink, struct merged_sink, sink);

	return merged->target->data(merged->target, data, len, err);
}

static int pack_image(const struct output_job *job, const struct build_output *output,
		      const struct planned_image *image, bool split, struct layer_sink *sink,
		      struct err *err)
{
	const struct build_request *request = job->request;
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *prefix = split ? platform_directory(&image->config.platform) : NULL;
	const struct tree_pack_options options = {
		.prefix = prefix,
		.plain = output->type == OUTPUT_LOCAL,
		.mtime = job->epoch,
	};

	if (result_files_open(request->store, request->registry, request->monitor, image->top,
			      &tree, err) < 0)
		return -1;
	return tree ? tree_pack(tree, &options, sink, request->monitor, err) : 0;
}

/* With attestations about the files beside them. */
static int write_image(const struct output_job *job, const struct build_output *output,
		       const struct output_image *image, struct layer_sink *sink, struct err *err)
{
	bool several = job->images.len > 1, split = several && output->platform_split;
	AUTO(freep) char *platform = platform_directory(&image->planned->config.platform);
	AUTO(attested_files_release) struct attested_files files = { .subjects = NULL };

	if (!attestations_are_wanted(job->request))
		return pack_image(job, output, image->planned, split, sink, err);
	attested_files_init(&files, sink, split ? platform : NULL);
	if (pack_image(job, output, image->planned, split, &files.sink, err) < 0)
		return -1;
	return attested_files_finish(&files, job, image, output->attestation_prefix,
				     several && !split ? platform : NULL, err);
}

static int pack_images(const struct output_job *job, const struct build_output *output,
		       struct layer_sink *sink, struct err *err)
{
	struct merged_sink merged = {
		.sink = { .entry = merge_entry, .data = merge_data },
		.target = sink,
	};
	bool split = job->images.len > 1 && output->platform_split;
	int result = 0;

	for (size_t i = 0; result == 0 && i < job->images.len; i++) {
		merged.platform = &job->images.items[i].planned->config.platform;
		result = write_image(job, output, &job->images.items[i],
				     job->images.len > 1 && !split ? &merged.sink : sink, err);
	}
	strmap_release(&merged.seen);
	return result;
}

static int write_dir(const struct output_job *job, const struct build_output *output,
		     struct err *err)
{
	AUTO(layer_unpacker_freep) struct layer_unpacker *unpacker = NULL;
	AUTO(fd_closep) int fd = -1;

	if (fs_mkdir_all(AT_FDCWD, output->dest, 0755, err) < 0 ||
	    fd_open(AT_FDCWD, output->dest, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	unpacker = layer_unpacker_new(fd, err);
	if (!unpacker || pack_images(job, output, layer_unpacker_sink(unpacker), err) < 0)
		return -1;
	return layer_unpacker_finish(unpacker, err);
}

static int write_tar(const struct output_job *job, const struct build_output *output,
		     struct err *err)
{
	AUTO(output_target_release) struct output_target target = OUTPUT_TARGET_INIT;
	AUTO(tar_writer_freep) struct tar_writer *tar = NULL;

	if (output_target_open(&target, output->dest, job->request->stdout_fd, err) < 0)
		return -1;
	tar = tar_writer_new(target.fd, target.path);
	if (pack_images(job, output, tar_writer_sink(tar), err) < 0 ||
	    tar_writer_finish(tar, err) < 0)
		return -1;
	return output_target_commit(&target, err);
}

int output_files_write(const struct output_job *job, const struct build_output *output,
		       struct err *err)
{
	if (output->type == OUTPUT_TAR)
		return write_tar(job, output, err);
	return write_dir(job, output, err);
}
