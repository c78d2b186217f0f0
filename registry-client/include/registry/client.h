/*
 * A client of container registries (OCI distribution-spec 1.1; Docker Registry HTTP API V2). One
 * object serves all registries of a command: it keeps connections, tokens and what it learned about
 * each host.
 *
 *	AUTO(registry_freep) struct registry *registry = registry_new(&options);
 *
 *	registry_resolve(registry, &ref, &platform, store, &image, err);
 *	registry_fetch_blobs(registry, &ref, &image.manifest.layers, &target, err);
 *
 * Errors name the registry, but not the image where the caller goes on with it: only
 * registry_fetch_manifest(), registry_pull() and registry_push() do.
 */
#ifndef REGISTRY_CLIENT_H
#define REGISTRY_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/monitor.h"
#include "base/str.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "image/store.h"

struct registry_options {
	const struct monitor *monitor; /* borrowed; NULL = silent, not cancellable */
	/* Plain HTTP and unverified certificates are fine. Loopback may speak plain HTTP anyway. */
	bool insecure;
	unsigned jobs;       /* blobs at once; 0 = 4 */
	uint64_t rate_limit; /* bytes per second of all transfers together, each way; 0 = none */
	/*
	 * Where credentials are. NULL = $REGISTRY_AUTH_FILE, else $DOCKER_CONFIG/config.json or
	 * ~/.docker/config.json, then podman's.
	 */
	const char *auth_file;
	bool verbose; /* requests and answers as EVENT_INFO, secrets masked */
};

/* Threads may share it; their calls run one after the other, each with many transfers at once. */
struct registry;

struct registry *registry_new(const struct registry_options *options);
void registry_freep(struct registry **registry);
/*
 * Credentials of a file as balena's command line has it (--registry-secrets), before all others: a map
 * in YAML or JSON from registries to `username` and `password`, "" being Docker Hub.
 */
WARN_UNUSED int registry_load_secrets(struct registry *registry, const char *path, struct err *err);
/*
 * Reads the "registries" of a configuration file (docs/registries.md); one that is not there is fine.
 * Before any other call. ERR_INPUT shows all that is wrong with it.
 */
WARN_UNUSED int registry_configure(struct registry *registry, const char *file, struct err *err);

/*
 * A manifest or index as it came: the exact bytes, checked against the digest of `ref` when it has
 * one.
 */
struct fetched_manifest {
	struct str body;
	char *media_type;
	struct digest digest;
};

WARN_UNUSED int registry_fetch_manifest(struct registry *registry, const struct image_ref *ref,
					struct fetched_manifest *ret, struct err *err);
void fetched_manifest_release(struct fetched_manifest *m);

/* One image of one platform, without its layers. */
struct resolved_image {
	struct digest digest;       /* of the manifest */
	struct digest index_digest; /* of the index; empty = `ref` was a single image */
	struct manifest manifest;
	struct image_config config;
};

/*
 * Finds the image for `platform` behind `ref` and puts index, manifest and config into the store.
 * ERR_NOT_FOUND lists the platforms there are; an image whose config is for another architecture is
 * refused (ERR_UNSUPPORTED).
 */
WARN_UNUSED int registry_resolve(struct registry *registry, const struct image_ref *ref,
				 const struct platform *platform, struct store *store,
				 struct resolved_image *ret, struct err *err);
void resolved_image_release(struct resolved_image *image);

/*
 * Is told of each blob that begins to come, or begins anew, before its first byte: it may take a blob_feed from the
 * writer, and read along. Called by the thread that fetches.
 */
struct blob_watch {
	void (*begins)(struct blob_watch *watch, const struct descriptor *blob,
		       struct blob_writer *writer);
};

/* Where fetched blobs go. All borrowed. */
struct fetch_target {
	struct store *store;
	struct blob_watch *watch; /* NULL = nobody wants to read along */
	unsigned step;            /* that transfers are reported to */
};

/*
 * Brings those of `blobs` that the store lacks, verified as they stream. On failure what was complete stays.
 */
WARN_UNUSED int registry_fetch_blobs(struct registry *registry, const struct image_ref *ref,
				     const struct descriptors *blobs,
				     const struct fetch_target *target, struct err *err);

/* What of an image for several platforms is wanted. */
struct pull_platforms {
	const struct platform *items; /* borrowed */
	size_t count;                 /* 0 = all there are */
	bool or_all;                  /* all there are, too, when there is none for the only item */
};

/*
 * Pulls everything of `ref` for those platforms (NULL = all) into the store. *ret describes what a
 * tag is to point at: the index when it is one, whole or reduced to those platforms only in what is
 * fetched.
 */
WARN_UNUSED int registry_pull(struct registry *registry, const struct image_ref *ref,
			      const struct pull_platforms *platforms,
			      const struct fetch_target *target, struct descriptor *ret,
			      struct err *err);

struct push_summary {
	uint64_t sent_bytes, skipped_bytes;
	unsigned sent_blobs, skipped_blobs;
};

/*
 * Uploads `target` (manifest, or index with all its members) from the store to `ref`: blobs that
 * the repository lacks - mounted, where an image of the store is named for another repository of
 * the registry that has them -, then manifests, the one that `ref` names last, so that a reader
 * never sees half of it.
 */
WARN_UNUSED int registry_push(struct registry *registry, struct store *store,
			      const struct descriptor *target, const struct image_ref *ref,
			      unsigned step, struct push_summary *ret, struct err *err);
/* The same; `ret_sent` gets the digests of the blobs that were sent. */
WARN_UNUSED int registry_push_noting(struct registry *registry, struct store *store,
				     const struct descriptor *target, const struct image_ref *ref,
				     unsigned step, struct strmap *ret_sent,
				     struct push_summary *ret, struct err *err);

#endif
