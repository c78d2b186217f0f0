#include "presence.h"

#include "base/alloc.h"

#define CACHE_SPACE "repositories"

static char *blob_key(const struct image_ref *ref, const struct digest *digest)
{
	return xasprintf("%s/%s@%s", ref->host, ref->repository, digest->text);
}

static char *source_key(const struct image_ref *ref, const struct digest *digest)
{
	return xasprintf("%s %s", ref->host, digest->text);
}

void presence_release(struct presence *presence)
{
	strmap_release(&presence->blobs);
	strmap_release(&presence->sources);
}

void presence_add(struct presence *presence, const struct image_ref *ref,
		  const struct digest *digest)
{
	AUTO(freep) char *blob = blob_key(ref, digest);
	AUTO(freep) char *source = source_key(ref, digest);

	strmap_set(&presence->blobs, blob, NULL);
	strmap_set(&presence->sources, source, ref->repository);
}

bool presence_has(const struct presence *presence, const struct image_ref *ref,
		  const struct digest *digest)
{
	AUTO(freep) char *blob = blob_key(ref, digest);

	return strmap_has(&presence->blobs, blob);
}

void presence_remove(struct presence *presence, const struct image_ref *ref,
		     const struct digest *digest)
{
	AUTO(freep) char *blob = blob_key(ref, digest);

	(void)strmap_remove(&presence->blobs, blob); /* it may never have been known */
}

const char *presence_source(const struct presence *presence, const struct image_ref *ref,
			    const struct digest *digest)
{
	AUTO(freep) char *key = source_key(ref, digest);
	const char *repository = strmap_get(&presence->sources, key);

	return repository && !str_eq(repository, ref->repository) ? repository : NULL;
}

void presence_remember(struct store *store, const struct image_ref *ref,
		       const struct descriptors *blobs)
{
	struct strmap records = STRMAP_INIT;

	VEC_FOREACH(blob, blobs) {
		AUTO(freep) char *key = source_key(ref, &blob->digest);

		strmap_set(&records, key, ref->repository);
	}
	/* What cannot be written costs a mount, nothing else. */
	if (records.len > 0)
		(void)!store_cache_put_all(store, CACHE_SPACE, &records, NULL);
	strmap_release(&records);
}

void presence_recall(struct store *store, const struct image_ref *ref, const struct digest *digest,
		     struct str *ret)
{
	AUTO(freep) char *key = source_key(ref, digest);
	bool found = false;

	if (store_cache_get(store, CACHE_SPACE, key, ret, &found, NULL) < 0 || !found)
		str_clear(ret);
}
