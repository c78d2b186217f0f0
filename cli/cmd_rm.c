#include "app.h"
#include "command.h"
#include "format.h"
#include "image_option.h"
#include "registry_option.h"
#include "report.h"
#include "session.h"

#include "base/map.h"
#include "image/image_content.h"
#include "registry/repository.h"

struct rm_args {
	struct strvec images;
	struct registry_args registry;
	bool remote, force;
};

/* --- what goes --- */

/* Content that cannot be listed is not counted: an image that is half there can be removed too. */
static void add_content(struct store *store, const struct descriptor *target, struct strmap *ret,
			uint64_t *bytes)
{
	AUTO(descriptors_release) struct descriptors blobs = { .items = NULL };

	if (image_content_list(store, target, &blobs, NULL) < 0)
		return;
	VEC_FOREACH(blob, &blobs) {
		uint64_t size = 0;

		if (strmap_has(ret, blob->digest.text))
			continue;
		strmap_set(ret, blob->digest.text, NULL);
		if (store_has_blob(store, &blob->digest, &size))
			*bytes += size;
	}
}

/* Bytes that no name leads to any more, once the removed ones are gone. */
static int count_freed(struct store *store, const struct descriptors *removed, uint64_t *ret,
		       struct err *err)
{
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };
	struct strmap kept = STRMAP_INIT;
	uint64_t before = 0, all = 0;

	if (store_list(store, &images, err) < 0)
		return -1;
	VEC_FOREACH(image, &images)
		add_content(store, &image->target, &kept, &before);
	all = before;
	VEC_FOREACH(target, removed)
		add_content(store, target, &kept, &all);
	strmap_release(&kept);
	*ret = all - before;
	return 0;
}

static int remove_local(struct store *store, const struct rm_args *args, const char *text,
			struct descriptors *removed, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(freep) char *name = NULL, *line = NULL;

	if (image_option_parse(text, &ref, err) < 0)
		return -1;
	name = image_ref_format(&ref);
	if (store_resolve(store, name, &target, err) < 0 || store_untag(store, name, err) < 0) {
		if (!args->force || !err || err->kind != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
		return 0;
	}
	descriptor_copy(VEC_ADD(removed), &target);
	line = xasprintf("removed %s %s", text, target.digest.text);
	report_line(line);
	return 0;
}

static int report_freed(struct store *store, const struct descriptors *removed, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	uint64_t bytes = 0;

	if (removed->len == 0)
		return 0;
	if (count_freed(store, removed, &bytes, err) < 0)
		return -1;
	if (bytes == 0) {
		report_line("all of it is needed by other images in the store");
		return 0;
	}
	format_size(&text, bytes);
	str_add(&text, " are in no other image; 'edgectl prune' frees what the build cache does "
		       "not need either");
	report_line(text.ptr);
	return 0;
}

static int rm_local(const struct rm_args *args, struct err *err)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(descriptors_release) struct descriptors removed = { .items = NULL };

	if (store_open(NULL, &store, err) < 0)
		return -1;
	VEC_FOREACH(text, &args->images) {
		if (remove_local(store, args, *text, &removed, err) < 0)
			return -1;
	}
	return report_freed(store, &removed, err);
}

/* --- in a registry --- */

static int remove_remote(struct session *session, const struct rm_args *args, const char *text,
			 struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	unsigned step;
	int status;

	if (image_option_parse(text, &ref, err) < 0)
		return -1;
	step = progress_begin(&session->monitor, "deleting %s", text);
	status = registry_delete(session->registry, &ref, err);
	progress_end(&session->monitor, step, status, err);
	if (status == 0)
		progress_summary(session->progress, "deleted %s", text);
	if (status < 0 && args->force && err && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	return status;
}

static int rm_remote(struct app *app, const struct rm_args *args, struct err *err)
{
	struct session_options options = registry_args_to_ask(&args->registry);
	AUTO(session_release) struct session session = SESSION_INIT;
	int status = 0;

	options.title = "Deleting";
	options.progress = PROGRESS_AUTO;
	options.without_store = true;
	if (session_open(&options, &session, err) < 0)
		return -1;
	VEC_FOREACH(text, &args->images) {
		if (status == 0)
			status = remove_remote(&session, args, *text, err);
	}
	return session_finish(&session, app, status, err);
}

static int rm_run(struct app *app, const void *args_data, struct err *err)
{
	const struct rm_args *args = args_data;

	return args->remote ? rm_remote(app, args, err) : rm_local(args, err);
}

static const struct cli_option rm_options[] = {
	OPTION_OPERANDS(struct rm_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
	OPTION_FLAG(struct rm_args, remote, 0, "remote",
		    "Delete in the registry instead of the local store"),
	OPTION_FLAG(struct rm_args, force, 'f', "force", "An image that is not there is fine"),
	OPTION_REGISTRY(struct rm_args, registry),
	OPTION_END,
};

static const struct cli_example rm_examples[] = {
	{ "Forget an image of the local store:", "edgectl rm app:1" },
	{ "Delete a tag in a registry:", "edgectl rm --remote registry.example.com/app:1" },
	{ NULL, NULL },
};

const struct cli_command cmd_rm = {
	.name = "rm",
	.group = GROUP_IMAGE,
	.summary = "Remove images from the local store, or from a registry",
	.details = "In the store, the name goes; what no other image and no cached build step "
		   "needs is freed by 'edgectl prune'.\n\n"
		   "With --remote, a name with a tag deletes that tag alone. A name with a digest "
		   "deletes that image, with every tag that stands for it. A registry may not "
		   "allow either, and frees its disk when its own garbage collection runs.",
	.options = rm_options,
	.args_size = sizeof(struct rm_args),
	.examples = rm_examples,
	.run = rm_run,
};
