#include "build_output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/fs.h"
#include "base/json.h"

const char *build_output_id(const struct build_result *result)
{
	return digest_is_set(&result->config) ? result->config.text : result->target.digest.text;
}

/* Replaces a file as a whole; a pipe or a device such as /dev/stdout is written to. */
static int write_file(const char *path, const char *text, size_t len, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return fs_write_file_atomic(AT_FDCWD, path, text, len, 0644, err);
	if (fd_open(AT_FDCWD, path, O_WRONLY, 0, &fd, err) < 0 ||
	    fd_write_all(fd, text, len, path, err) < 0)
		return -1;
	return fd_close(&fd, path, err);
}

int build_output_write_id(const struct build_result *result, const char *path, struct err *err)
{
	const char *id = build_output_id(result);

	return write_file(path, id, strlen(id), err);
}

static json_t *annotations_json(const struct descriptor *descriptor)
{
	json_t *object = json_object();

	VEC_FOREACH(item, &descriptor->annotations)
		json_set_string(object, item->key, item->value);
	return object;
}

static json_t *descriptor_json(const struct descriptor *descriptor)
{
	json_t *object = json_object();

	json_set_string(object, "mediaType", descriptor->media_type);
	json_set_string(object, "digest", descriptor->digest.text);
	json_object_set_new(object, "size", json_integer((json_int_t)descriptor->size));
	if (descriptor->annotations.len > 0)
		json_object_set_new(object, "annotations", annotations_json(descriptor));
	return object;
}

/* Those of --tag, else of the first output that has some. */
static const struct strvec *names_of(const struct build_plan *plan)
{
	VEC_FOREACH(output, &plan->outputs) {
		if (plan->tags.len == 0 && output->names.len > 0)
			return &output->names;
	}
	return &plan->tags;
}

static json_t *result_json(const struct build_result *result, const struct strvec *names)
{
	json_t *object = json_object();
	AUTO(freep) char *joined = strvec_join(names, ",");

	if (digest_is_set(&result->config))
		json_set_string(object, "containerimage.config.digest", result->config.text);
	if (result->target.media_type) {
		json_object_set_new(object, "containerimage.descriptor",
				    descriptor_json(&result->target));
		json_set_string(object, "containerimage.digest", result->target.digest.text);
	}
	if (names->len > 0)
		json_set_string(object, "image.name", joined);
	return object;
}

static json_t *project_json(const struct build_project *project)
{
	json_t *object = json_object();

	for (size_t i = 0; i < project->len; i++) {
		const struct build_item *item = &project->items[i];
		json_t *result = result_json(&project->results[i], names_of(&item->plan));

		if (!item->name) {
			json_decref(object);
			return result;
		}
		(void)json_object_set_new(object, item->name, result);
	}
	return object;
}

int build_output_write_metadata(const struct build_project *project, const char *path,
				struct err *err)
{
	json_auto_t *object = project_json(project);
	AUTO(str_release) struct str text = STR_INIT;

	json_write_pretty(object, &text);
	return write_file(path, text.ptr, text.len, err);
}

int build_output_write_trace(struct progress *progress, const char *path, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	progress_add_trace(progress, &text);
	return write_file(path, text.ptr, text.len, err);
}
