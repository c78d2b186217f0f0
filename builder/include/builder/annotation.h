/*
 * Annotations of the documents of an image (OCI image-spec, annotations.md), in the two spellings of docker buildx:
 *
 *	--annotation [PLACE[PLATFORM],...:]KEY=VALUE
 *	--output annotation[-PLACE][PLATFORM].KEY=VALUE
 *
 * PLACE is manifest, which is meant when there is none, index, manifest-descriptor or index-descriptor.
 */
#ifndef BUILDER_ANNOTATION_H
#define BUILDER_ANNOTATION_H

#include "base/err.h"
#include "base/map.h"
#include "image/platform.h"

enum annotation_place {
	ANNOTATE_MANIFEST,
	ANNOTATE_INDEX,
	ANNOTATE_MANIFEST_DESCRIPTOR,
	ANNOTATE_INDEX_DESCRIPTOR,
};

struct annotation {
	enum annotation_place place;
	struct platform platform; /* os "" = of all platforms */
	char *key, *value;
};

struct annotations {
	struct annotation *items;
	size_t len, cap;
};

/* The value of --annotation; adds one for each place. ERR_USAGE. */
WARN_UNUSED int annotations_add(struct annotations *annotations, const char *text, struct err *err);
/* The attribute of --output whose key begins with "annotation". */
WARN_UNUSED int annotations_add_attribute(struct annotations *annotations, const char *key,
					  const char *value, struct err *err);
void annotations_add_all(struct annotations *annotations, const struct annotations *more);
/* Those of a place, of one platform's documents or (NULL) of what is about all of them; sorted by key. */
void annotations_select(const struct annotations *annotations, enum annotation_place place,
			const struct platform *platform, struct strmap *ret);
bool annotations_have(const struct annotations *annotations, enum annotation_place place);
void annotations_release(struct annotations *annotations);

#endif
