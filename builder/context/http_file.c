#include "context/http_file.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/str.h"
#include "registry/download.h"

#define CACHE_SPACE "http"

/* --- what is known of an address: four lines, an empty one for what the server did not say --- */

struct known {
	struct digest digest;
	int64_t modified;
	char *etag, *last_modified; /* NULL = none */
};

static void known_release(struct known *known)
{
	free(known->etag);
	free(known->last_modified);
}

static char *next_line(struct span *rest)
{
	struct span line;

	(void)span_cut(rest, '\n', &line);
	return line.len > 0 ? span_dup(line) : NULL;
}

/* A damaged record is none. */
static bool parse_known(struct span text, struct known *ret)
{
	AUTO(freep) char *digest = next_line(&text);
	AUTO(freep) char *modified = next_line(&text);
	unsigned long long seconds = 0;

	if (!digest || digest_parse(digest, &ret->digest, NULL) < 0 || !modified ||
	    !span_to_u64(span_of(modified), INT64_MAX, &seconds))
		return false;
	ret->modified = (int64_t)seconds;
	ret->etag = next_line(&text);
	ret->last_modified = next_line(&text);
	return true;
}

/* Addresses may hold passwords, and records are kept. */
static const char *record_name(const char *url, struct digest *buf)
{
	digest_of(url, strlen(url), buf);
	return buf->text;
}

/* Found, and its content is still in the store. */
static int load_known(const struct http_file_request *request, struct known *ret, bool *ret_found,
		      struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct digest name;

	if (store_cache_get(request->store, CACHE_SPACE, record_name(request->url, &name), &text,
			    ret_found, err) < 0)
		return -1;
	*ret_found = *ret_found && parse_known(str_span(&text), ret) &&
		     store_has_blob(request->store, &ret->digest, NULL);
	return 0;
}

static int save_known(const struct http_file_request *request, const struct http_file *file,
		      const struct download_result *result, struct err *err)
{
	AUTO(freep)
	char *text = xasprintf("%s\n%lld\n%s\n%s\n", file->digest.text, (long long)file->modified,
			       result->etag ? result->etag : "",
			       result->last_modified ? result->last_modified : "");
	struct digest name;

	return store_cache_put(request->store, CACHE_SPACE, record_name(request->url, &name), text,
			       err);
}

/* --- downloading --- */

struct reception {
	struct store *store;
	struct blob_writer *writer;
};

static int restart(void *data, struct err *err)
{
	struct reception *reception = data;

	blob_writer_freep(&reception->writer);
	reception->writer = blob_writer_new(reception->store, err);
	return reception->writer ? 0 : -1;
}

static int write_blob(void *data, const void *bytes, size_t len, struct err *err)
{
	struct reception *reception = data;

	return blob_write(reception->writer, bytes, len, err);
}

static const struct download_sink sink = { .restart = restart, .write = write_blob };

static int receive(const struct http_file_request *request, const struct known *known,
		   struct reception *reception, struct http_file *ret, struct err *err)
{
	AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;
	const struct download_request question = {
		.url = request->url,
		.etag = known->etag,
		.last_modified = known->last_modified,
		.sink = &sink,
		.sink_data = reception,
		.monitor = request->monitor,
		.step = request->step,
	};

	if (download(&question, &result, err) < 0)
		return -1;
	if (result.unchanged) {
		*ret = (struct http_file){ .digest = known->digest, .modified = known->modified };
		return 0;
	}
	if (blob_writer_commit(reception->writer, NULL, &ret->digest, err) < 0)
		return -1;
	ret->modified = result.modified > 0 ? result.modified : 0;
	return save_known(request, ret, &result, err);
}

static int check(const struct http_file_request *request, const struct http_file *file,
		 struct err *err)
{
	AUTO(freep) char *shown = download_shown_url(request->url);

	if (!request->checksum || digest_equal(request->checksum, &file->digest))
		return 0;
	(void)err_set(err, ERR_DIGEST, "'%s' has the digest %s, where the checksum says %s", shown,
		      file->digest.text, request->checksum->text);
	return err_hint(err, "if the new content is what you want, write its digest");
}

int http_file_fetch(const struct http_file_request *request, struct http_file *ret, struct err *err)
{
	AUTO(known_release) struct known known = { .modified = 0 };
	struct reception reception = { .store = request->store };
	bool found = false;
	int result;

	if (load_known(request, &known, &found, err) < 0)
		return -1;
	if (found && request->checksum && digest_equal(request->checksum, &known.digest)) {
		*ret = (struct http_file){ .digest = known.digest, .modified = known.modified };
		return 0;
	}
	if (!found) {
		known_release(&known);
		known = (struct known){ .modified = 0 };
	}
	result = receive(request, &known, &reception, ret, err);
	blob_writer_freep(&reception.writer);
	return result < 0 ? -1 : check(request, ret, err);
}
