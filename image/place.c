#include "image/place.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

static const struct {
	const char *prefix;
	enum place_kind kind;
} prefixes[] = {
	{ "docker://", PLACE_REGISTRY },
	{ "store:", PLACE_STORE },
	{ "oci:", PLACE_LAYOUT },
	{ "oci-archive:", PLACE_LAYOUT_ARCHIVE },
	{ "docker-archive:", PLACE_DOCKER_ARCHIVE },
};

void image_place_release(struct image_place *place)
{
	image_ref_release(&place->ref);
	free(place->path);
	free(place->name);
	free(place->digest);
	*place = (struct image_place)IMAGE_PLACE_INIT;
}

bool image_place_is_path(const struct image_place *place)
{
	return place->kind == PLACE_LAYOUT || place->kind == PLACE_LAYOUT_ARCHIVE ||
	       place->kind == PLACE_DOCKER_ARCHIVE;
}

static enum place_kind kind_of(const char *text, const char **ret_rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!str_has_prefix(text, prefixes[i].prefix))
			continue;
		*ret_rest = text + strlen(prefixes[i].prefix);
		return prefixes[i].kind;
	}
	*ret_rest = text;
	return PLACE_NAME;
}

/* "PATH@sha256:..." -> the path alone */
static int cut_digest(char *path, char **ret, struct err *err)
{
	char *at = strrchr(path, '@');
	struct digest digest;

	if (!at || !(str_has_prefix(at, "@sha256:") || str_has_prefix(at, "@sha512:")))
		return 0;
	if (digest_parse(at + 1, &digest, err) < 0)
		return -1;
	*at = '\0';
	*ret = xstrdup(digest.text);
	return 0;
}

static int parse_name(const char *text, struct image_place *place, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (place->kind != PLACE_DOCKER_ARCHIVE) {
		place->name = xstrdup(text);
		return 0;
	}
	if (image_ref_parse(text, &ref, err) < 0)
		return -1;
	place->name = image_ref_format(&ref);
	return 0;
}

/* The path ends at the first colon, as skopeo has it. */
static int parse_path(const char *text, struct image_place *place, struct err *err)
{
	AUTO(freep) char *rest = xstrdup(text);
	char *colon;

	if (place->kind == PLACE_LAYOUT && cut_digest(rest, &place->digest, err) < 0)
		return -1;
	colon = strchr(rest, ':');
	if (colon)
		*colon = '\0';
	if (!*rest)
		return err_set(err, ERR_INPUT, "no path is given");
	place->path = xstrdup(rest);
	if (!colon)
		return 0;
	if (!colon[1])
		return err_set(err, ERR_INPUT, "no name stands behind the last ':'");
	return parse_name(colon + 1, place, err);
}

int image_place_parse(const char *text, struct image_place *ret, struct err *err)
{
	struct image_place place = IMAGE_PLACE_INIT;
	const char *rest;
	int result;

	place.kind = kind_of(text, &rest);
	result = image_place_is_path(&place) ? parse_path(rest, &place, err)
					     : image_ref_parse(rest, &place.ref, err);
	if (result < 0) {
		image_place_release(&place);
		return rest == text ? -1 : err_wrap(err, "'%s'", text);
	}
	*ret = place;
	return 0;
}
