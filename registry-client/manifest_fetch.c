#include "manifest_fetch.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "blob_fetch.h"
#include "call.h"
#include "failure.h"

void fetched_manifest_release(struct fetched_manifest *m)
{
	str_release(&m->body);
	free(m->media_type);
	*m = (struct fetched_manifest){ .body = STR_INIT };
}

/* --- what it is --- */

static int no_manifest(const char *type, struct err *err)
{
	err_set(err, ERR_PROTOCOL, "the answer is not a manifest, but '%s'", type);
	return err_hint(err, "is that a registry, or does a proxy or its log-in page answer in "
			     "its place?");
}

static int is_schema_1(struct err *err)
{
	err_set(err, ERR_UNSUPPORTED, "its manifest is of schema 1, which no tool writes any more");
	return err_hint(err, "pull it with a Docker engine before version 26, and push it again");
}

/*
 * For a registry that sends "application/json" or nothing: what the document says of itself, or
 * looks like.
 */
static int guess_media_type(struct span body, const char *said, char **ret, struct err *err)
{
	json_auto_t *json = NULL;
	const char *own;

	if (json_parse(body, "manifest", &json, err) < 0)
		return said && !strstr(said, "json") ? no_manifest(said, err) : -1;
	own = json_get_string(json, "mediaType");
	if (own)
		*ret = xstrdup(own);
	else if (json_get_array(json, "manifests"))
		*ret = xstrdup(MEDIA_OCI_INDEX);
	else if (json_get_object(json, "config"))
		*ret = xstrdup(MEDIA_OCI_MANIFEST);
	else if (json_get_int(json, "schemaVersion", 0) == 1)
		return is_schema_1(err);
	else
		return err_set(err, ERR_PROTOCOL, "the answer is not a manifest");
	return 0;
}

static int find_media_type(const struct call *call, char **ret, struct err *err)
{
	AUTO(freep) char *said = headers_media_type(&call->request.answer_headers);
	AUTO(freep) char *type = xstrdup_or_null(said);

	if (!type || !(media_type_is_index(type) || media_type_is_manifest(type))) {
		free(TAKE(type));
		if (guess_media_type(str_span(&call->request.answer), said, &type, err) < 0)
			return -1;
	}
	if (!media_type_is_index(type) && !media_type_is_manifest(type))
		return err_set(err, ERR_UNSUPPORTED,
			       "its manifest is of type '%s', which is not an image's", type);
	*ret = TAKE(type);
	return 0;
}

static void hash(struct span body, enum digest_algorithm algorithm, struct digest *ret)
{
	AUTO(hasher_freep) struct hasher *hasher = hasher_new(algorithm);

	hasher_update(hasher, body.ptr, body.len);
	hasher_finish(hasher, ret);
}

/* By the digest that we asked for, else by the one that the registry claims. */
static int check_digest(const struct call *call, const struct image_ref *ref, struct digest *ret,
			struct err *err)
{
	struct span body = str_span(&call->request.answer);
	const char *claim = call_header(call, "Docker-Content-Digest");
	struct digest expected = ref->digest, found;

	if (!digest_is_set(&expected) && claim && digest_parse(claim, &expected, err) < 0)
		return -1;
	hash(body, digest_is_set(&expected) ? digest_algorithm_of(&expected) : DIGEST_SHA256,
	     &found);
	if (digest_is_set(&expected) && !digest_equal(&found, &expected))
		return err_set(err, ERR_DIGEST,
			       "registry '%s' sent a manifest with digest %s in place of %s",
			       call->host->name, found.text, expected.text);
	*ret = found;
	return 0;
}

/* --- fetching --- */

static int take_answer(struct call *call, const struct image_ref *ref, struct fetched_manifest *ret,
		       struct err *err)
{
	if (call->request.status != 200)
		return failure_of_status(call, "the image", err);
	*ret = (struct fetched_manifest){ .body = STR_INIT };
	if (check_digest(call, ref, &ret->digest, err) < 0 ||
	    find_media_type(call, &ret->media_type, err) < 0)
		return -1;
	ret->body = call->request.answer;
	call->request.answer = (struct str)STR_INIT;
	return 0;
}

static int ask(struct registry *registry, const struct image_ref *ref, struct fetched_manifest *ret,
	       struct err *err)
{
	AUTO(freep)
	char *path = xasprintf("/v2/%s/manifests/%s", ref->repository, image_ref_version(ref));
	AUTO(call_release) struct call call;

	call_init(&call, registry, ref, CALL_PULL);
	call.method = HTTP_GET;
	call.path = path;
	call.accept = ACCEPT_MANIFESTS;
	call.answer_limit = LIMIT_MANIFEST;
	if (call_perform(&call, err) < 0)
		return -1;
	return take_answer(&call, ref, ret, err);
}

int registry_fetch_manifest(struct registry *registry, const struct image_ref *ref,
			    struct fetched_manifest *ret, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(freep) char *name = image_ref_format_short(ref);

	if (ask(registry, ref, ret, err) < 0)
		return err_wrap(err, "'%s'", name);
	return 0;
}

static int keep(struct store *store, const struct fetched_manifest *manifest, struct err *err)
{
	AUTO(blob_writer_freep) struct blob_writer *writer = blob_writer_new(store, err);
	struct digest digest;

	if (!writer || blob_write(writer, manifest->body.ptr, manifest->body.len, err) < 0)
		return -1;
	return blob_writer_commit(writer, &manifest->digest, &digest, err);
}

int manifest_fetch(struct registry *registry, const struct image_ref *ref, struct store *store,
		   struct fetched_manifest *ret, struct err *err)
{
	if (ask(registry, ref, ret, err) < 0)
		return -1;
	if (keep(store, ret, err) == 0)
		return 0;
	fetched_manifest_release(ret);
	return -1;
}

int manifest_fetch_member(struct registry *registry, const struct image_ref *ref,
			  const struct descriptor *member, struct store *store,
			  struct fetched_manifest *ret, struct err *err)
{
	struct descriptor borrowed = *member;
	const struct descriptors one = { .items = &borrowed, .len = 1 };

	if (manifests_fetch(registry, ref, store, &one, err) < 0)
		return -1;
	*ret = (struct fetched_manifest){ .body = STR_INIT, .digest = member->digest };
	if (store_read_blob(store, &member->digest, LIMIT_MANIFEST, &ret->body, err) < 0) {
		fetched_manifest_release(ret);
		return -1;
	}
	ret->media_type = xstrdup_or_null(member->media_type);
	return 0;
}
