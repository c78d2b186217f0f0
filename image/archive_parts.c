#include "archive_parts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "encoder.h"

#define LINKS_MAX   40
#define PARTS_MAX   20000
#define MAGIC_BYTES 4
#define BLOBS_DIR   "blobs/"

/* The file that is being read. */
struct incoming {
	enum { SKIPPED, TEXT, BLOB, LAYER } kind;
	uint64_t size, done;
	struct digest expected; /* BLOB */
	struct blob_writer *writer;
	struct encoder *encoder; /* LAYER that is not compressed yet */
	const char *media_type;  /* LAYER; NULL = nothing has come yet */
	char magic[MAGIC_BYTES];
};

struct reader {
	struct layer_sink sink;
	const struct archive_source *source;
	struct archive_parts *parts;
	struct incoming in;
};

void archive_parts_release(struct archive_parts *parts)
{
	VEC_FOREACH(part, parts) {
		free(part->path);
		free(part->link);
		str_release(&part->text);
		descriptor_release(&part->blob);
	}
	free(parts->items);
	*parts = (struct archive_parts){ .items = NULL };
}

static const struct archive_part *find(const struct archive_parts *parts, const char *path)
{
	/* the last of a name counts, as when the archive is unpacked */
	for (size_t i = parts->len; i-- > 0;) {
		if (str_eq(parts->items[i].path, path))
			return &parts->items[i];
	}
	return NULL;
}

const struct archive_part *archive_parts_find(const struct archive_parts *parts, const char *path)
{
	AUTO(freep) char *cleaned = path_clean(path);
	const struct archive_part *part = find(parts, cleaned);

	for (int i = 0; part && part->link; i++) {
		if (i == LINKS_MAX)
			return NULL;
		part = find(parts, part->link);
	}
	return part;
}

static void incoming_release(struct incoming *in)
{
	encoder_freep(&in->encoder); /* its threads write to the blob */
	blob_writer_freep(&in->writer);
	*in = (struct incoming){ .kind = SKIPPED };
}

static struct archive_part *current(const struct reader *r)
{
	return &r->parts->items[r->parts->len - 1];
}

/* --- what a file is --- */

static bool is_text_name(const char *path)
{
	return str_has_suffix(path, ".json") || str_eq(path, "oci-layout");
}

/* "blobs/sha256/HEX" */
static bool blob_digest(const char *path, struct digest *ret)
{
	AUTO(freep) char *text = NULL;
	char *slash;

	if (!str_has_prefix(path, BLOBS_DIR))
		return false;
	text = xstrdup(path + strlen(BLOBS_DIR));
	slash = strchr(text, '/');
	if (!slash)
		return false;
	*slash = ':';
	return digest_parse(text, ret, NULL) == 0;
}

static int begin_file(struct reader *r, const struct layer_entry *entry, struct err *err)
{
	struct incoming *in = &r->in;

	in->size = entry->size;
	if (blob_digest(entry->path, &in->expected))
		in->kind = store_has_blob(r->source->store, &in->expected, NULL) ? SKIPPED : BLOB;
	else if (str_has_suffix(entry->path, ".tar"))
		in->kind = LAYER;
	else if (is_text_name(entry->path))
		in->kind = TEXT;
	if (in->kind == TEXT && entry->size > LIMIT_MANIFEST)
		return err_set(err, ERR_LIMIT, "'%s' is larger than %zu MiB", entry->path,
			       LIMIT_MANIFEST / LIMIT_MIB);
	if (in->kind != BLOB && in->kind != LAYER)
		return 0;
	in->writer = blob_writer_new(r->source->store, err);
	return in->writer ? 0 : -1;
}

/* --- the end of a file --- */

static void report(const struct reader *r)
{
	const struct archive_part *part = current(r);

	if (r->in.kind == BLOB || r->in.kind == LAYER)
		monitor_transfer(r->source->monitor, r->source->step, "loading", part->path,
				 r->in.done, r->in.size);
}

static int finish_blob(struct reader *r, struct archive_part *part, struct err *err)
{
	struct digest digest;

	if (blob_writer_commit(r->in.writer, &r->in.expected, &digest, err) < 0)
		return err_wrap(err, "'%s'", part->path);
	return 0;
}

static int finish_layer(struct reader *r, struct archive_part *part, struct err *err)
{
	struct incoming *in = &r->in;
	uint64_t size;

	if (in->encoder && encoder_finish(in->encoder, &part->diff_id, &size, err) < 0)
		return -1;
	part->blob.size = blob_writer_size(in->writer);
	if (blob_writer_commit(in->writer, NULL, &part->blob.digest, err) < 0)
		return -1;
	part->blob.media_type = xstrdup(in->media_type);
	if (!digest_is_set(&part->diff_id))
		return 0;
	return store_record_layer(r->source->store, &part->diff_id, &part->blob, err);
}

static int finish_file(struct reader *r, struct err *err)
{
	struct archive_part *part = current(r);
	int result = 0;

	if (digest_is_set(&r->in.expected)) {
		part->blob.digest = r->in.expected;
		part->blob.size = r->in.size;
	}
	if (r->in.kind == BLOB)
		result = finish_blob(r, part, err);
	else if (r->in.kind == LAYER && r->in.size > 0)
		result = finish_layer(r, part, err);
	if (result == 0)
		report(r);
	incoming_release(&r->in);
	return result;
}

/* --- data --- */

/* By its first bytes: gzip (RFC 1952) and zstd (RFC 8878) as they are, a plain tar through gzip. */
static void begin_layer(struct incoming *in, const void *data, size_t len)
{
	static const struct layer_options options = { .compression = COMPRESSION_GZIP,
						      .clamp_mtime = -1 };
	const unsigned char *bytes = data;

	if (len >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
		in->media_type = MEDIA_OCI_LAYER_GZIP;
	else if (len >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0)
		in->media_type = MEDIA_OCI_LAYER_ZSTD;
	else {
		in->media_type = MEDIA_OCI_LAYER_GZIP;
		in->encoder = encoder_new(in->writer, &options, NULL);
	}
}

static int take_data(struct reader *r, const void *data, size_t len, struct err *err)
{
	struct incoming *in = &r->in;

	switch (in->kind) {
	case SKIPPED: return 0;
	case TEXT: str_addn(&current(r)->text, data, len); return 0;
	case BLOB: return blob_write(in->writer, data, len, err);
	case LAYER:
		if (!in->media_type)
			begin_layer(in, data, len);
		return in->encoder ? encoder_write(in->encoder, data, len, err)
				   : blob_write(in->writer, data, len, err);
	}
	return 0;
}

static int on_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct reader *r = CONTAINER_OF(sink, struct reader, sink);

	if (monitor_check(r->source->monitor, err) < 0 || take_data(r, data, len, err) < 0)
		return -1;
	r->in.done += len;
	if (r->in.done == r->in.size)
		return finish_file(r, err);
	report(r);
	return 0;
}

/* --- entries --- */

/* The path that a link of the archive leads to; NULL = out of it. */
static char *link_target(const struct layer_entry *entry)
{
	AUTO(freep) char *dir = path_dir(entry->path);
	AUTO(freep) char *joined = path_join(dir, entry->link);
	char *target = entry->type == LAYER_HARDLINK ? path_clean(entry->link) : path_clean(joined);

	if (!path_is_absolute(target) && strcmp(target, "..") != 0 &&
	    !str_has_prefix(target, "../"))
		return target;
	free(target);
	return NULL;
}

static int on_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct reader *r = CONTAINER_OF(sink, struct reader, sink);
	struct archive_part *part;
	bool is_link = entry->type == LAYER_SYMLINK || entry->type == LAYER_HARDLINK;

	if (entry->type != LAYER_FILE && !is_link)
		return 0;
	if (r->parts->len >= PARTS_MAX)
		return err_set(err, ERR_LIMIT, "it has more than %d files", PARTS_MAX);
	part = VEC_ADD(r->parts);
	part->path = xstrdup(entry->path);
	str_init(&part->text, 0);
	if (is_link) {
		part->link = link_target(entry);
		return part->link ? 0
				  : err_set(err, ERR_INPUT, "'%s' links out of it", entry->path);
	}
	if (begin_file(r, entry, err) < 0)
		return -1;
	return entry->size == 0 ? finish_file(r, err) : 0;
}

int archive_parts_read(const struct archive_source *source, struct archive_parts *ret,
		       struct err *err)
{
	struct reader r = { .sink = { .entry = on_entry, .data = on_data },
			    .source = source,
			    .parts = ret };
	int result = layer_read(source->fd, false, &r.sink, NULL, err);

	incoming_release(&r.in);
	return result;
}
