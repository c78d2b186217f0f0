#include "base/alloc.h"
#include "base/limits.h"
#include "call.h"
#include "failure.h"
#include "manifest_fetch.h"
#include "registry/repository.h"

/* 1 when the answer does not say all: some registries' HEAD lacks the digest, or is refused. */
static int ask_head(struct registry *registry, const struct image_ref *ref, struct descriptor *ret,
		    struct err *err)
{
	AUTO(freep)
	char *path = xasprintf("/v2/%s/manifests/%s", ref->repository, image_ref_version(ref));
	AUTO(call_release) struct call call;
	unsigned long long size = 0;
	const char *digest, *length;
	AUTO(freep) char *type = NULL;

	call_init(&call, registry, ref, CALL_PULL);
	call.method = HTTP_HEAD;
	call.path = path;
	call.accept = ACCEPT_MANIFESTS;
	if (call_perform(&call, err) < 0)
		return -1;
	if (call.request.status == 404)
		return failure_of_status(&call, "the image", err);
	digest = call_header(&call, "Docker-Content-Digest");
	length = call_header(&call, "Content-Length");
	type = headers_media_type(&call.request.answer_headers);
	if (call.request.status != 200 || !digest || !length || !type ||
	    digest_parse(digest, &ret->digest, NULL) < 0 ||
	    !span_to_u64(span_of(length), LIMIT_MANIFEST, &size) ||
	    !(media_type_is_index(type) || media_type_is_manifest(type)) ||
	    (digest_is_set(&ref->digest) && !digest_equal(&ret->digest, &ref->digest)))
		return 1;
	ret->size = size;
	ret->media_type = TAKE(type);
	return 0;
}

static int choose_member(const struct fetched_manifest *fetched, const struct platform *platform,
			 struct descriptor *ret, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *member = NULL;

	if (index_parse(str_span(&fetched->body), fetched->media_type, &index, err) < 0 ||
	    index_select(&index, platform, &member, err) < 0)
		return -1;
	*ret = (struct descriptor){ .media_type = xstrdup(member->media_type),
				    .digest = member->digest,
				    .size = member->size };
	return 0;
}

int registry_describe(struct registry *registry, const struct image_ref *ref,
		      const struct platform *platform, struct descriptor *ret, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };
	AUTO(freep) char *name = image_ref_format_short(ref);
	int result = 1;

	*ret = (struct descriptor){ .media_type = NULL };
	if (!platform)
		result = ask_head(registry, ref, ret, err);
	if (result <= 0)
		return result < 0 ? err_wrap(err, "'%s'", name) : 0;
	if (registry_fetch_manifest(registry, ref, &fetched, err) < 0)
		return -1;
	if (platform && media_type_is_index(fetched.media_type))
		return choose_member(&fetched, platform, ret, err) < 0 ? err_wrap(err, "'%s'", name)
								       : 0;
	ret->media_type = TAKE(fetched.media_type);
	ret->digest = fetched.digest;
	ret->size = fetched.body.len;
	return 0;
}

/* --- small blobs --- */

static int check(const struct descriptor *blob, const struct str *content, struct err *err)
{
	AUTO(hasher_freep) struct hasher *hasher = hasher_new(digest_algorithm_of(&blob->digest));
	struct digest found;

	hasher_update(hasher, content->ptr, content->len);
	hasher_finish(hasher, &found);
	if (digest_equal(&found, &blob->digest))
		return 0;
	return err_set(err, ERR_DIGEST, "blob %s: the registry sent %s", blob->digest.text,
		       found.text);
}

int registry_read_blob(struct registry *registry, const struct image_ref *ref,
		       const struct descriptor *blob, size_t limit, struct str *ret,
		       struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(freep) char *path = xasprintf("/v2/%s/blobs/%s", ref->repository, blob->digest.text);
	AUTO(freep) char *object = xasprintf("blob %s", blob->digest.text);
	AUTO(call_release) struct call call = { .registry = NULL };

	if (blob->size > limit)
		return err_set(err, ERR_LIMIT, "%s is larger than %zu MiB", object,
			       limit / LIMIT_MIB);
	call_init(&call, registry, ref, CALL_PULL);
	call.method = HTTP_GET;
	call.path = path;
	call.answer_limit = limit;
	if (call_perform(&call, err) < 0)
		return -1;
	if (call.request.status != 200)
		return failure_of_status(&call, object, err);
	if (check(blob, &call.request.answer, err) < 0)
		return -1;
	str_clear(ret);
	str_addn(ret, call.request.answer.ptr, call.request.answer.len);
	return 0;
}
