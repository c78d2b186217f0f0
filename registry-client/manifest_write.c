#include "manifest_write.h"

#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "url.h"

/* --- manifests --- */

static void add_condition(void *data, struct strvec *headers)
{
	const char *etag = data;

	strvec_addf(headers, "If-Match: %s", etag);
}

int manifest_write_as(struct registry *registry, const struct image_ref *ref, const char *version,
		      const char *media_type, struct span body, const char *if_match,
		      bool *ret_is_current, struct err *err)
{
	AUTO(freep) char *path = xasprintf("/v2/%s/manifests/%s", ref->repository, version);
	AUTO(freep) char *etag = xstrdup_or_null(if_match);
	AUTO(call_release) struct call call;

	call_init(&call, registry, ref, CALL_PUSH);
	call.method = HTTP_PUT;
	call.path = path;
	call.content_type = media_type;
	call.body = (struct http_body){ .data = body.ptr, .size = body.len };
	if (etag) {
		call.prepare = add_condition;
		call.data = etag;
	}
	if (call_perform(&call, err) < 0)
		return -1;
	*ret_is_current = call.request.status != 412;
	if (call.request.status == 201 || call.request.status == 412)
		return 0;
	return failure_of_status(&call, "the manifest", err);
}

int manifest_ask_deletion(struct registry *registry, const struct image_ref *ref,
			  const char *version, long *ret_status, struct err *err)
{
	AUTO(freep) char *path = xasprintf("/v2/%s/manifests/%s", ref->repository, version);
	AUTO(call_release) struct call call;

	call_init(&call, registry, ref, CALL_DELETE);
	call.method = HTTP_DELETE;
	call.path = path;
	if (call_perform(&call, err) < 0)
		return -1;
	*ret_status = call.request.status;
	switch (call.request.status) {
	/* what each means is the caller's to know */
	case 200:
	case 202:
	case 204:
	case 400:
	case 404:
	case 405: return 0;
	default: return failure_of_status(&call, "the image", err);
	}
}

/* --- blobs --- */

static int open_session(struct registry *registry, const struct image_ref *ref,
			const struct digest *digest, char **ret_location, struct err *err)
{
	AUTO(freep) char *path = xasprintf("/v2/%s/blobs/uploads/", ref->repository);
	AUTO(call_release) struct call call;
	AUTO(freep) char *target = NULL;
	AUTO(str_release) struct str url = STR_INIT;
	const char *location;

	call_init(&call, registry, ref, CALL_PUSH);
	call.method = HTTP_POST;
	call.path = path;
	if (call_perform(&call, err) < 0)
		return -1;
	location = call_header(&call, "Location");
	if (call.request.status != 202 || !location)
		return failure_of_status(&call, "the upload", err);
	if (url_resolve(call.url, location, &target, err) < 0)
		return -1;
	if (url_is_https(call.url) && !url_is_https(target))
		return err_set(err, ERR_PROTOCOL, "registry '%s' wants the upload without TLS",
			       ref->host);
	str_add(&url, target);
	url_add_query(&url, "digest", digest->text);
	*ret_location = str_detach(&url);
	return 0;
}

int small_blob_push(struct registry *registry, const struct image_ref *ref, struct span content,
		    struct digest *ret, struct err *err)
{
	AUTO(call_release) struct call call = { .registry = NULL };
	AUTO(freep) char *location = NULL;

	digest_of(content.ptr, content.len, ret);
	if (open_session(registry, ref, ret, &location, err) < 0)
		return -1;
	call_init(&call, registry, ref, CALL_PUSH);
	call.method = HTTP_PUT;
	call.path = location;
	call.content_type = "application/octet-stream";
	call.body = (struct http_body){ .data = content.ptr, .size = content.len };
	if (call_perform(&call, err) < 0)
		return -1;
	if (call.request.status == 201 || call.request.status == 204)
		return 0;
	return failure_of_status(&call, "the blob", err);
}
