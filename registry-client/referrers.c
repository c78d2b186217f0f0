/*
 * What is attached to an image (distribution-spec 1.1, "Listing Referrers"): by the registry's own
 * list, or, where it keeps none, by an index under a tag that clients keep ("Referrers Tag Schema").
 */
#include "referrers.h"

#include "base/alloc.h"
#include "failure.h"
#include "manifest_fetch.h"
#include "manifest_write.h"
#include "pages.h"
#include "registry/repository.h"
#include "url.h"

#define REFERRERS_MAX 10000
#define TAG_HEX_MAX   64 /* "Referrers Tag Schema": both parts are cut */
#define ENTER_TRIES   5

/* --- the list by the API --- */

static bool is_known(const struct descriptors *list, const struct digest *digest)
{
	VEC_FOREACH(known, list) {
		if (digest_equal(&known->digest, digest))
			return true;
	}
	return false;
}

/* Registries may, but need not, leave out what was not asked for. */
static void take_matching(const struct index *index, const char *artifact_type,
			  struct descriptors *ret)
{
	VEC_FOREACH(entry, &index->manifests) {
		bool matches = !artifact_type || str_eq(entry->artifact_type, artifact_type);

		if (matches && !is_known(ret, &entry->digest))
			descriptor_copy(VEC_ADD(ret), entry);
	}
}

static int take_page(const struct call *call, const char *artifact_type, struct descriptors *ret,
		     struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (call->request.status != 200)
		return failure_of_status(call, "the list of referrers", err);
	if (index_parse(str_span(&call->request.answer), NULL, &index, err) < 0)
		return err_wrap(err, "the list of referrers");
	take_matching(&index, artifact_type, ret);
	if (ret->len > REFERRERS_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d referrers", REFERRERS_MAX);
	return 0;
}

/* 400: registries that take "referrers" for a part of a repository's name. */
static bool says_no_api(const struct call *call)
{
	long status = call->request.status;

	return status == 404 || status == 405 || status == 400;
}

static char *first_page(const struct image_ref *ref, const char *artifact_type)
{
	AUTO(str_release) struct str path = STR_INIT;

	str_addf(&path, "/v2/%s/referrers/%s", ref->repository, ref->digest.text);
	if (artifact_type)
		url_add_query(&path, "artifactType", artifact_type);
	return str_detach(&path);
}

/* *ret_has_api is false where the registry keeps no such list. */
static int ask_api(struct registry *registry, const struct image_ref *ref,
		   const char *artifact_type, struct descriptors *ret, bool *ret_has_api,
		   struct err *err)
{
	AUTO(pages_release) struct pages pages = { .asked = STRMAP_INIT };
	AUTO(call_release) struct call call;
	AUTO(freep) char *path = first_page(ref, artifact_type);

	*ret_has_api = true;
	call_init(&call, registry, ref, CALL_PULL);
	call.method = HTTP_GET;
	call.accept = MEDIA_OCI_INDEX;
	while (path) {
		AUTO(freep) char *next = NULL;

		call.path = path;
		if (call_perform(&call, err) < 0)
			return -1;
		if (pages.asked.len == 0 && says_no_api(&call)) {
			*ret_has_api = false;
			return 0;
		}
		if (take_page(&call, artifact_type, ret, err) < 0 ||
		    pages_next(&pages, &call, &next, err) < 0)
			return -1;
		free(path);
		path = TAKE(next);
	}
	return 0;
}

/* --- the tag that stands for it --- */

char *referrers_tag(const struct digest *digest)
{
	return xasprintf("%s-%.*s", digest_algorithm_name(digest_algorithm_of(digest)), TAG_HEX_MAX,
			 digest_hex(digest));
}

/*
 * Empty when there is none, or when the tag is something else: somebody's own image. *ret_etag is
 * NULL when the registry gives none.
 */
static int read_tag(struct registry *registry, const struct image_ref *ref, struct index *ret,
		    char **ret_etag, struct err *err)
{
	AUTO(freep) char *tag = referrers_tag(&ref->digest);
	AUTO(freep) char *path = xasprintf("/v2/%s/manifests/%s", ref->repository, tag);
	AUTO(call_release) struct call call;

	call_init(&call, registry, ref, CALL_PULL);
	call.method = HTTP_GET;
	call.path = path;
	call.accept = ACCEPT_MANIFESTS;
	if (call_perform(&call, err) < 0)
		return -1;
	if (call.request.status == 200 &&
	    index_parse(str_span(&call.request.answer), NULL, ret, NULL) == 0) {
		*ret_etag = xstrdup_or_null(call_header(&call, "ETag"));
		return 0;
	}
	if (call.request.status != 200 && call.request.status != 404)
		return failure_of_status(&call, "the list of referrers", err);
	*ret = (struct index){ .media_type = xstrdup(MEDIA_OCI_INDEX) };
	return 0;
}

int registry_referrers(struct registry *registry, const struct image_ref *ref,
		       const char *artifact_type, struct descriptors *ret, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(freep) char *name = image_ref_format_short(ref);
	AUTO(freep) char *etag = NULL;
	bool has_api = true;

	if (ask_api(registry, ref, artifact_type, ret, &has_api, err) < 0)
		return err_wrap(err, "'%s'", name);
	if (has_api)
		return 0;
	if (read_tag(registry, ref, &index, &etag, err) < 0)
		return err_wrap(err, "'%s'", name);
	take_matching(&index, artifact_type, ret);
	return 0;
}

/* --- attaching --- */

/* 1 when somebody else changed the list meanwhile. */
static int try_to_enter(struct registry *registry, const struct image_ref *subject,
			const struct descriptor *entry, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(freep) char *tag = referrers_tag(&subject->digest);
	AUTO(freep) char *etag = NULL;
	AUTO(str_release) struct str text = STR_INIT;
	bool is_current = true;

	if (read_tag(registry, subject, &index, &etag, err) < 0)
		return -1;
	if (is_known(&index.manifests, &entry->digest))
		return 0;
	descriptor_copy(VEC_ADD(&index.manifests), entry);
	index_write(&index, &text);
	if (manifest_write_as(registry, subject, tag, index.media_type, str_span(&text), etag,
			      &is_current, err) < 0)
		return -1;
	return is_current ? 0 : 1;
}

static int enter_at_tag(struct registry *registry, const struct image_ref *subject,
			const struct descriptor *entry, struct err *err)
{
	int result = 1;

	for (int i = 0; i < ENTER_TRIES && result > 0; i++)
		result = try_to_enter(registry, subject, entry, err);
	if (result > 0)
		return err_set(err, ERR_NETWORK,
			       "others keep changing the list of what is attached to %s",
			       subject->digest.text);
	return result;
}

/* How the list describes it: with its type and annotations ("Pushing Manifests with Subject"). */
static void describe(const struct descriptor *target, const char *artifact_type,
		     const struct strmap *annotations, struct descriptor *ret)
{
	*ret = (struct descriptor){ .media_type = xstrdup(target->media_type),
				    .digest = target->digest,
				    .size = target->size,
				    .artifact_type = xstrdup_or_null(artifact_type) };
	strmap_set_all(&ret->annotations, annotations);
}

static int read_index(const struct descriptor *target, struct span body, struct digest *ret_subject,
		      struct descriptor *ret, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (index_parse(body, target->media_type, &index, err) < 0)
		return -1;
	*ret_subject = index.subject.digest;
	describe(target, index.artifact_type, &index.annotations, ret);
	return 0;
}

static int read_manifest(const struct descriptor *target, struct span body,
			 struct digest *ret_subject, struct descriptor *ret, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (manifest_parse(body, target->media_type, &manifest, err) < 0)
		return -1;
	*ret_subject = manifest.subject.digest;
	describe(target, manifest.artifact_type ?: manifest.config.media_type,
		 &manifest.annotations, ret);
	return 0;
}

int referrers_enter(struct registry *registry, const struct image_ref *ref,
		    const struct descriptor *target, struct span body, struct err *err)
{
	AUTO(image_ref_release) struct image_ref subject = IMAGE_REF_INIT;
	AUTO(descriptors_release) struct descriptors there = { .items = NULL };
	AUTO(descriptor_release) struct descriptor entry = { .media_type = NULL };
	bool has_api = true;

	/* one that stayed in the registry, or the usual case: no need to look closer */
	if (!memmem(body.ptr, body.len, "\"subject\"", strlen("\"subject\"")))
		return 0;
	image_ref_copy(&subject, ref);
	if (media_type_is_index(target->media_type)
		    ? read_index(target, body, &subject.digest, &entry, err) < 0
		    : read_manifest(target, body, &subject.digest, &entry, err) < 0)
		return -1;
	if (!digest_is_set(&subject.digest))
		return 0;
	if (ask_api(registry, &subject, NULL, &there, &has_api, err) < 0)
		return -1;
	return has_api ? 0 : enter_at_tag(registry, &subject, &entry, err);
}

int registry_attach(struct registry *registry, struct store *store, const struct descriptor *target,
		    const struct image_ref *ref, unsigned step, struct err *err)
{
	AUTO(image_ref_release) struct image_ref place = IMAGE_REF_INIT;

	place.host = xstrdup(ref->host);
	place.repository = xstrdup(ref->repository);
	place.digest = target->digest;
	return registry_push(registry, store, target, &place, step, NULL, err);
}
