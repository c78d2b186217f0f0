/*
 * What becomes of a build: the values of --output, as docker buildx and BuildKit know them.
 *
 *	type=image,name=app:1,push=true,compression=zstd	into the store, and to a registry
 *	type=registry						the same, pushed
 *	type=oci,dest=app.tar	type=oci,dest=DIR,tar=false	an OCI image layout
 *	type=docker,dest=app.tar				what `docker load` reads; without dest it is loaded
 *	type=local,dest=DIR	type=tar,dest=FILE		the files of the image
 *	type=cacheonly						nothing
 *	DIR			-				type=local,dest=DIR; type=tar,dest=-
 */
#ifndef BUILDER_OUTPUT_H
#define BUILDER_OUTPUT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "builder/annotation.h"
#include "image/layer.h"

enum build_output_type {
	OUTPUT_IMAGE,
	OUTPUT_OCI,
	OUTPUT_DOCKER,
	OUTPUT_LOCAL,
	OUTPUT_TAR,
	OUTPUT_CACHE_ONLY,
};

/* How the documents and layers of an image are written. */
struct image_form {
	bool docker_types; /* media types of Docker's schema 2 in place of OCI's */
	bool has_compression;
	enum compression compression;
	int level;              /* 0 = the default of the compression */
	bool force_compression; /* of layers of the base image, too */
	bool rewrite_timestamp; /* no time in a new layer is above SOURCE_DATE_EPOCH */
	struct annotations annotations;
};

struct build_output {
	enum build_output_type type;
	struct strvec names; /* canonical; none = those of the build */
	char *dest;          /* NULL = none; "-" = the standard output */
	bool push, push_by_digest;
	bool store;               /* image: tagged in the store */
	bool is_dir;              /* oci, docker: a directory in place of a tar */
	char *attestation_prefix; /* local, tar: of the names of attestations; NULL = none */
	bool platform_split; /* local, tar: each platform in a directory of its own, if there are several */
	struct image_form form;
};

struct build_outputs {
	struct build_output *items;
	size_t len, cap;
};

/* ERR_USAGE names what is wrong: unknown type or attribute, missing dest, level out of range. */
WARN_UNUSED int build_output_parse(const char *text, struct build_output *ret, struct err *err);
/* An image in the store, named as the build is: what there is without --output. */
void build_output_default(struct build_output *ret);
bool build_output_is_image(const struct build_output *output); /* image, oci, docker */
bool build_output_is_files(const struct build_output *output); /* local, tar */
void build_output_release(struct build_output *output);
void build_outputs_release(struct build_outputs *outputs);

#endif
