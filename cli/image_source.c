#include "image_source.h"

#include "base/limits.h"
#include "image_option.h"
#include "registry/repository.h"

void image_source_release(struct image_source *source)
{
	image_place_release(&source->place);
	scratch_store_release(&source->scratch);
	descriptor_release(&source->target);
	str_release(&source->body);
}

static int open_remote(struct image_source *source, struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };

	if (registry_fetch_manifest(source->session->registry, &source->place.ref, &fetched, err) <
	    0)
		return -1;
	source->target = (struct descriptor){ .media_type = TAKE(fetched.media_type),
					      .digest = fetched.digest,
					      .size = fetched.body.len };
	str_addn(&source->body, fetched.body.ptr, fetched.body.len);
	return 0;
}

static int open_store(struct image_source *source, struct err *err)
{
	AUTO(freep) char *name = image_ref_format(&source->place.ref);

	source->store = source->session->store;
	if (store_resolve(source->store, name, &source->target, err) < 0)
		return -1;
	return store_read_blob(source->store, &source->target.digest, LIMIT_MANIFEST, &source->body,
			       err);
}

static int open_path(struct image_source *source, const char *text, struct err *err)
{
	struct named_image image = { .name = NULL };
	struct place_request request = { .session = source->session,
					 .place = &source->place,
					 .text = text };

	if (scratch_store_open(&source->scratch, err) < 0)
		return -1;
	request.store = source->store = source->scratch.store;
	if (place_read(&request, &image, err) < 0)
		return -1;
	descriptor_copy(&source->target, &image.target);
	named_image_release(&image);
	return store_read_blob(source->store, &source->target.digest, LIMIT_MANIFEST, &source->body,
			       err);
}

static int open_name(struct image_source *source, bool remote, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (remote)
		return open_remote(source, err);
	if (open_store(source, &problem) == 0)
		return 0;
	if (problem.kind == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, "%s", problem.message);
		return err_hint(err, "with --remote, the registry is asked");
	}
	err_move(err, &problem);
	return -1;
}

int image_source_open(struct session *session, const char *text, bool remote,
		      struct image_source *ret, struct err *err)
{
	ret->session = session;
	if (place_option_parse(text, &ret->place, err) < 0)
		return -1;
	switch (ret->place.kind) {
	case PLACE_NAME: return open_name(ret, remote, err);
	case PLACE_REGISTRY: return open_remote(ret, err);
	case PLACE_STORE: return open_store(ret, err);
	case PLACE_LAYOUT:
	case PLACE_LAYOUT_ARCHIVE:
	case PLACE_DOCKER_ARCHIVE: return open_path(ret, text, err);
	}
	return -1;
}

bool image_source_has(const struct image_source *source, const struct descriptor *manifest)
{
	return !source->store || store_has_blob(source->store, &manifest->digest, NULL);
}

int image_source_manifest(struct image_source *source, const struct descriptor *manifest,
			  struct str *ret, struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (digest_equal(&manifest->digest, &source->target.digest)) {
		str_addn(ret, source->body.ptr, source->body.len);
		return 0;
	}
	if (source->store)
		return store_read_blob(source->store, &manifest->digest, LIMIT_MANIFEST, ret, err);
	image_ref_copy(&ref, &source->place.ref);
	ref.digest = manifest->digest;
	if (registry_fetch_manifest(source->session->registry, &ref, &fetched, err) < 0)
		return -1;
	str_addn(ret, fetched.body.ptr, fetched.body.len);
	return 0;
}

int image_source_blob(struct image_source *source, const struct descriptor *blob, struct str *ret,
		      struct err *err)
{
	if (source->store)
		return store_read_blob(source->store, &blob->digest, LIMIT_CONFIG, ret, err);
	return registry_read_blob(source->session->registry, &source->place.ref, blob, LIMIT_CONFIG,
				  ret, err);
}
