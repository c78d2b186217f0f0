#include "attested_files.h"

#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/path.h"

#define STATEMENT_MODE 0600

/* --- subjects --- */

static void add_subject(struct attested_files *files, const char *path, const char *hex)
{
	json_t *subject = json_object(), *digests = json_object();
	size_t above = files->dir ? strlen(files->dir) + 1 : 0;

	json_set_string(subject, "name", path + above);
	json_set_string(digests, "sha256", hex);
	json_object_set_new(subject, "digest", digests);
	json_array_append_new(files->subjects, subject);
}

static void end_file(struct attested_files *files)
{
	AUTO(freep) char *path = TAKE(files->path);
	struct digest digest;

	hasher_finish(files->hasher, &digest);
	strmap_set(&files->hashes, path, digest_hex(&digest));
	add_subject(files, path, digest_hex(&digest));
}

static int take_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct attested_files *files = CONTAINER_OF(sink, struct attested_files, sink);

	if (files->target->entry(files->target, entry, err) < 0)
		return -1;
	if (entry->type == LAYER_HARDLINK)
		add_subject(files, entry->path, strmap_get(&files->hashes, entry->link));
	if (entry->type != LAYER_FILE)
		return 0;
	files->path = xstrdup(entry->path);
	files->left = entry->size;
	if (!files->left)
		end_file(files);
	return 0;
}

static int take_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct attested_files *files = CONTAINER_OF(sink, struct attested_files, sink);

	if (files->target->data(files->target, data, len, err) < 0)
		return -1;
	hasher_update(files->hasher, data, len);
	files->left -= len;
	if (!files->left)
		end_file(files);
	return 0;
}

void attested_files_init(struct attested_files *files, struct layer_sink *target, const char *dir)
{
	*files = (struct attested_files){
		.sink = { .entry = take_entry, .data = take_data },
		.target = target,
		.dir = dir,
		.subjects = json_array(),
		.hashes = STRMAP_INIT,
		.hasher = hasher_new(DIGEST_SHA256),
	};
}

void attested_files_release(struct attested_files *files)
{
	json_decref(files->subjects);
	strmap_release(&files->hashes);
	hasher_freep(&files->hasher);
	freep(&files->path);
}

/* --- statements --- */

static char *file_name(const struct attested_files *files, const struct attestation_kind *kind,
		       const char *prefix, const char *platform)
{
	size_t stem = strlen(kind->name) - strlen(".json");

	return xasprintf("%s%s%s%.*s%s%s.json", files->dir ? files->dir : "", files->dir ? "/" : "",
			 prefix ? prefix : "", (int)stem, kind->name, platform ? "." : "",
			 platform ? platform : "");
}

static int put_text(struct attested_files *files, const char *path, const struct str *text,
		    int64_t now, struct err *err)
{
	const struct layer_entry entry = {
		.type = LAYER_FILE,
		.path = path,
		.mode = STATEMENT_MODE,
		.mtime = { .tv_sec = (time_t)now },
		.size = text->len,
	};

	if (files->target->entry(files->target, &entry, err) < 0)
		return -1;
	return files->target->data(files->target, text->ptr, text->len, err);
}

/* The files have no digest of their own: that of their names and contents. */
static void identify(const struct attested_files *files, struct digest *ret)
{
	AUTO(str_release) struct str text = STR_INIT;

	json_write(files->subjects, &text);
	digest_of(text.ptr, text.len, ret);
}

int attested_files_finish(struct attested_files *files, const struct output_job *job,
			  const struct output_image *image, const char *prefix,
			  const char *platform, struct err *err)
{
	const struct build_request *request = job->request;
	const struct attestation_kind *kind = NULL;
	struct digest digest;
	const struct attested_image about = {
		.job = job,
		.planned = image->planned,
		.source = image->source,
		.digest = &digest,
		.names = request->tags,
		.now = job->epoch >= 0 ? job->epoch : (int64_t)time(NULL),
	};
	size_t i = 0;

	identify(files, &digest);
	while (attestation_next(request, &i, &kind)) {
		AUTO(freep) char *path = file_name(files, kind, prefix, platform);
		AUTO(str_release) struct str text = STR_INIT;
		json_auto_t *statement = NULL;

		if (attestation_state(&about, kind->type, kind->describe,
				      json_incref(files->subjects), &statement, err) < 0)
			return err_wrap(err, "%s", kind->name);
		json_write_pretty(statement, &text);
		if (put_text(files, path, &text, about.now, err) < 0)
			return -1;
	}
	return 0;
}
