#include "device/container_sync.h"

#include <jansson.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "container_rm.h"
#include "device/archive.h"
#include "device/container.h"
#include "image/config.h"
#include "image/image_content.h"
#include "image/tar.h"
#include "image_diff.h"
#include "overlay.h"

/* --- do the settings differ? --- */

/* The config without what it says of the layers and of their making. */
static int settings_of(struct store *store, const struct descriptor *image, struct str *ret,
		       struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *json = NULL;

	if (image_content_read_manifest(store, image, &manifest, err) < 0 ||
	    store_read_blob(store, &manifest.config.digest, LIMIT_CONFIG, &text, err) < 0 ||
	    json_parse(str_span(&text), "the image's config", &json, err) < 0)
		return -1;
	json_write(json_get_object(json, "config"), ret);
	return 0;
}

static int compare_settings(const struct container_sync *sync, bool *ret_same, struct err *err)
{
	AUTO(str_release) struct str from = STR_INIT;
	AUTO(str_release) struct str to = STR_INIT;

	if (settings_of(sync->store, sync->from, &from, err) < 0 ||
	    settings_of(sync->store, sync->to, &to, err) < 0)
		return -1;
	*ret_same = str_eq(from.ptr, to.ptr);
	return 0;
}

/* --- what is to go --- */

static int delete_all(const struct container_sync *sync, const struct strvec *gone, bool *ret_done,
		      struct err *err)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	VEC_FOREACH(path, gone)
		strvec_addf(&paths, "/%s", *path);
	overlay_begin_delete(sync->overlay, gone);
	if (container_rm(sync->engine, sync->container, &paths, ret_done, err) < 0)
		return -1;
	if (*ret_done)
		overlay_end_delete(sync->overlay, gone);
	return 0;
}

/* --- what is to come --- */

struct delivery {
	const struct container_patch *patch;
	struct overlay_recorder *recorder;
	struct byte_source pipe;
	uint64_t bytes;
};

static int write_archive(void *data, int fd, struct err *err)
{
	const struct delivery *delivery = data;
	AUTO(tar_writer_freep) struct tar_writer *tar = tar_writer_new(fd, "the changed files");
	struct layer_tee tee;

	layer_tee_init(&tee, tar_writer_sink(tar), &delivery->recorder->sink);
	if (delivery->patch->put(delivery->patch->data, &tee.sink, err) < 0)
		return -1;
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

static int put_all(const struct container_sync *sync, const struct container_patch *patch,
		   uint64_t *ret_bytes, struct err *err)
{
	struct overlay_recorder recorder;
	struct delivery delivery = { .patch = patch, .recorder = &recorder };
	const struct byte_source counted = { .produce = produce, .data = &delivery };
	struct piped_source *pipe = NULL;
	int status = 0;

	if (patch->put_count == 0)
		return 0;
	overlay_record(sync->overlay, &recorder);
	status = piped_source_new(write_archive, &delivery, &pipe, err);
	if (status == 0) {
		delivery.pipe = piped_source_bytes(pipe);
		status = container_put_archive(sync->engine, sync->container, "/", &counted, err);
		status = piped_source_finish(pipe, status, err);
	}
	overlay_end(&recorder, status);
	*ret_bytes = delivery.bytes;
	return status;
}

/* --- the program --- */

static int is_running(const struct container_sync *sync, bool *ret, struct err *err)
{
	json_auto_t *container = NULL;

	if (container_inspect(sync->engine, sync->container, &container, err) < 0)
		return -1;
	*ret = json_is_true(json_object_get(json_get_object(container, "State"), "Running"));
	return 0;
}

/* One that has ended is started in any case: it may have been for what is mended now. */
static int begin_anew(const struct container_sync *sync, struct sync_report *report,
		      struct err *err)
{
	bool running = false;

	int status = 0;

	if (is_running(sync, &running, err) < 0)
		return -1;
	report->restarted = !running || sync->restart != SYNC_NONE;
	if (!running)
		status = container_start(sync->engine, sync->container, err);
	else if (sync->restart == SYNC_RESTART)
		status = container_restart(sync->engine, sync->container, sync->stop_seconds, err);
	else if (sync->restart == SYNC_SIGNAL)
		status = container_kill(sync->engine, sync->container, sync->signal, err);
	sync->overlay->is_restart_due = status < 0;
	return status;
}

/* --- all of it --- */

static int needs_new(struct sync_report *report, const char *why)
{
	report->outcome = SYNC_NEEDS_NEW;
	report->why = why;
	return 0;
}

int container_sync_patch(const struct container_sync *sync, const struct container_patch *patch,
			 struct sync_report *ret, struct err *err)
{
	bool is_deleted = false;

	*ret = (struct sync_report){ .outcome = SYNC_DONE };
	if (delete_all(sync, patch->gone, &is_deleted, err) < 0)
		return -1;
	if (!is_deleted)
		return needs_new(ret, "nothing in it can delete files");
	if (put_all(sync, patch, &ret->bytes, err) < 0)
		return -1;
	ret->files = (unsigned)(patch->gone->len + patch->put_count);
	return begin_anew(sync, ret, err);
}

struct image_writer {
	const struct container_sync *sync;
	const struct image_diff *diff;
};

static int put_image(void *data, struct layer_sink *sink, struct err *err)
{
	const struct image_writer *writer = data;

	return image_diff_write(writer->diff, writer->sync->store, writer->sync->to, sink, err);
}

static int apply(const struct container_sync *sync, const struct image_diff *diff,
		 struct sync_report *ret, struct err *err)
{
	struct container_sync quiet = *sync;
	struct image_writer writer = { .sync = sync, .diff = diff };
	const struct container_patch patch = {
		.gone = &diff->gone, .put_count = diff->put.len, .put = put_image, .data = &writer
	};

	if (diff->gone.len == 0 && diff->put.len == 0 && !sync->overlay->is_restart_due) {
		ret->outcome = SYNC_NOTHING;
		return 0;
	}
	if (diff->shared >= sync->restart_layers && !sync->overlay->is_restart_due)
		quiet.restart = SYNC_NONE;
	if (container_sync_patch(&quiet, &patch, ret, err) < 0)
		return -1;
	ret->is_of_image = true;
	return 0;
}

int container_sync_run(const struct container_sync *sync, struct sync_report *ret, struct err *err)
{
	AUTO(image_diff_release) struct image_diff diff = IMAGE_DIFF_INIT;
	bool same = false;

	*ret = (struct sync_report){ .outcome = SYNC_DONE };
	if (compare_settings(sync, &same, err) < 0)
		return -1;
	if (!same)
		return needs_new(ret, "its image's settings have changed");
	if (image_diff_make(sync->store, sync->from, sync->overlay->index, sync->to, &diff, err) <
	    0)
		return -1;
	if (diff.has_lost_link)
		return needs_new(ret, "a name is left of a file that another one has replaced");
	if (apply(sync, &diff, ret, err) < 0)
		return -1;
	if (ret->outcome != SYNC_NEEDS_NEW)
		container_overlay_clear(sync->overlay);
	return 0;
}
