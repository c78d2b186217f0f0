/*
 * DELETE of a tag is optional (distribution-spec, "Deleting tags"), and distribution 2.8 knows only
 * that of a manifest by its digest, which takes all its tags along. So the tag is moved to a manifest
 * that nobody else has, and that one deleted.
 */
#include <inttypes.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "failure.h"
#include "manifest_write.h"
#include "registry/repository.h"

#define EMPTY_CONFIG "application/vnd.oci.empty.v1+json"

static bool is_done(long status)
{
	return status == 200 || status == 202 || status == 204;
}

static int not_allowed(const struct image_ref *ref, struct err *err)
{
	err_set(err, ERR_UNSUPPORTED, "registry '%s' does not allow to delete", ref->host);
	return err_hint(err, "distribution allows it with REGISTRY_STORAGE_DELETE_ENABLED=true; "
			     "hosted registries have a setting, or a page, for it");
}

static int not_there(const struct image_ref *ref, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "the image is not in registry '%s'", ref->host);
}

static int delete_digest(struct registry *registry, const struct image_ref *ref, const char *digest,
			 struct err *err)
{
	long status = 0;

	if (manifest_ask_deletion(registry, ref, digest, &status, err) < 0)
		return -1;
	if (is_done(status))
		return 0;
	return status == 404 ? not_there(ref, err) : not_allowed(ref, err);
}

static int write_unique_manifest(const struct digest *config, struct str *ret,
				 struct digest *ret_digest, struct err *err)
{
	AUTO(manifest_release)
	struct manifest manifest = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };
	AUTO(freep) char *text = NULL;
	uint64_t number = 0;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return err_errno(err, "random numbers");
	text = xasprintf("%016" PRIx64, number);
	manifest.config.media_type = xstrdup(EMPTY_CONFIG);
	manifest.config.digest = *config;
	manifest.config.size = 2;
	manifest.artifact_type = xstrdup(REGISTRY_DELETED_TAG);
	strmap_set(&manifest.annotations, "org.opencontainers.image.title", text);
	manifest_write(&manifest, ret);
	digest_of(ret->ptr, ret->len, ret_digest);
	return 0;
}

/* Asked before anything changes: is there anything that may be deleted at all? */
static int check_allowed(struct registry *registry, const struct image_ref *ref,
			 const struct digest *unknown, struct err *err)
{
	long status = 0;

	if (manifest_ask_deletion(registry, ref, unknown->text, &status, err) < 0)
		return -1;
	return status == 405 || status == 400 ? not_allowed(ref, err) : 0;
}

static int replace_and_delete(struct registry *registry, const struct image_ref *ref,
			      struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct digest config, unique;
	bool is_current = true;

	digest_of("{}", 2, &config);
	if (write_unique_manifest(&config, &text, &unique, err) < 0 ||
	    check_allowed(registry, ref, &unique, err) < 0 ||
	    small_blob_push(registry, ref, SPAN_LIT("{}"), &config, err) < 0 ||
	    manifest_write_as(registry, ref, ref->tag, MEDIA_OCI_MANIFEST, str_span(&text), NULL,
			      &is_current, err) < 0)
		return -1;
	return delete_digest(registry, ref, unique.text, err);
}

static int delete_tag(struct registry *registry, const struct image_ref *ref, struct err *err)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(err_release) struct err problem = ERR_INIT;
	long status = 0;

	/* first whether it is there: else the fallback would make it */
	if (registry_describe(registry, ref, NULL, &target, &problem) < 0) {
		if (problem.kind == ERR_NOT_FOUND)
			return not_there(ref, err);
		err_move(err, &problem);
		return -1;
	}
	if (manifest_ask_deletion(registry, ref, ref->tag, &status, err) < 0)
		return -1;
	if (is_done(status))
		return 0;
	return replace_and_delete(registry, ref, err);
}

int registry_delete(struct registry *registry, const struct image_ref *ref, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(freep) char *name = image_ref_format_short(ref);
	int result = digest_is_set(&ref->digest)
			     ? delete_digest(registry, ref, ref->digest.text, err)
			     : delete_tag(registry, ref, err);

	return result < 0 ? err_wrap(err, "delete '%s'", name) : 0;
}
