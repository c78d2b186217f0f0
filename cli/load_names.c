#include "load_names.h"

#include <string.h>

#include "base/alloc.h"
#include "image_option.h"
#include "place_option.h"

void load_names_release(struct load_names *names)
{
	VEC_FOREACH(name, names)
		free(name->name);
	free(names->items);
	*names = (struct load_names){ .items = NULL };
}

/* A colon before the last slash is a port. */
static bool has_tag(const char *text)
{
	const char *slash = strrchr(text, '/');

	return strchr(slash ? slash : text, ':') || strchr(text, '@');
}

/* NULL when it has none. The caller frees. */
static char *own_tag(const struct named_image *image)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (named_image_reference(image, &ref))
		return xstrdup_or_null(ref.tag);
	return xstrdup_or_null(image->name);
}

static int check_unique(const struct load_names *names, const struct named_image *image,
			const char *name, struct err *err)
{
	VEC_FOREACH(known, names) {
		if (str_eq(known->name, name) &&
		    !digest_equal(&known->image->target.digest, &image->target.digest))
			return err_set(err, ERR_INPUT, "two images would be called '%s'", name);
	}
	return 0;
}

static int add(struct load_names *names, const struct named_image *image, const char *text,
	       struct err *err)
{
	AUTO(freep) char *tag = has_tag(text) ? NULL : own_tag(image);
	AUTO(freep) char *whole = tag ? xasprintf("%s:%s", text, tag) : xstrdup(text);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *name = NULL;

	if (image_option_parse(whole, &ref, err) < 0)
		return -1;
	name = image_ref_format(&ref);
	if (check_unique(names, image, name, err) < 0)
		return -1;
	*VEC_ADD(names) = (struct load_name){ .image = image, .name = TAKE(name) };
	return 0;
}

/* OLD=NAME */
static int add_renamed(struct load_names *names, const struct named_images *images,
		       const char *word, const char *equals, struct err *err)
{
	AUTO(freep) char *old = xstrndup(word, (size_t)(equals - word));
	const struct named_image *image = named_images_choose(images, old, err);

	return image ? add(names, image, equals + 1, err) : -1;
}

static int add_to_all(struct load_names *names, const struct named_images *images, const char *word,
		      struct err *err)
{
	if (images->len > 1 && has_tag(word)) {
		err_set(err, ERR_INPUT, "--tag %s is for a single image, and there are %zu", word,
			images->len);
		return err_hint(err,
				"without a tag, each gets its own; or name one of them: "
				"--tag OLD=%s",
				word);
	}
	VEC_FOREACH(image, images) {
		if (add(names, image, word, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_named(const struct load_names *names, const struct named_image *image)
{
	VEC_FOREACH(name, names) {
		if (name->image == image)
			return true;
	}
	return false;
}

static int keep_name(struct load_names *names, const struct named_image *image, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (named_image_reference(image, &ref))
		return add(names, image, image->name, err);
	if (image->name)
		err_set(err, ERR_INPUT, "the image '%s' has a tag, but no name", image->name);
	else
		err_set(err, ERR_INPUT, "the image %s has no name", image->target.digest.text);
	return err_hint(err, "give it one with --tag NAME");
}

int load_names_choose(const struct named_images *images, const struct strvec *words,
		      struct load_names *ret, struct err *err)
{
	VEC_FOREACH(word, words) {
		const char *equals = strchr(*word, '=');
		int status = equals ? add_renamed(ret, images, *word, equals, err)
				    : add_to_all(ret, images, *word, err);

		if (status < 0)
			return -1;
	}
	VEC_FOREACH(image, images) {
		if (!is_named(ret, image) && keep_name(ret, image, err) < 0)
			return -1;
	}
	return 0;
}
