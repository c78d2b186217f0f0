#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "release/catalogue.h"
#include "release_tags.h"

/* distribution-spec 1.1, "Pulling manifests": [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127} */
#define TAG_MAX 128
#define HEX_LEN 12

static bool is_tag(const char *text)
{
	AUTO(freep) char *reference = xasprintf("localhost/x:%s", text);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	return !strpbrk(text, ":/@") && image_ref_parse(reference, &ref, NULL) == 0;
}

bool tag_is_image(const char *tag)
{
	return str_has_prefix(tag, IMAGE_PREFIX);
}

bool tag_is_draft(const char *tag)
{
	return str_has_prefix(tag, DRAFT_PREFIX);
}

bool tag_is_previous(const char *tag)
{
	return str_has_prefix(tag, PREVIOUS_PREFIX);
}

int release_check_name(const char *name, const char *what, struct err *err)
{
	if (tag_is_image(name) || tag_is_draft(name) || tag_is_previous(name)) {
		(void)err_set(err, ERR_INPUT, "%s '%s' would be taken for something else", what,
			      name);
		return err_hint(err, "names that begin with '" IMAGE_PREFIX "', '" DRAFT_PREFIX
				     "' or '" PREVIOUS_PREFIX "' are edgectl's own");
	}
	/* room for the longest prefix */
	if (*name && strlen(name) <= TAG_MAX - strlen(PREVIOUS_PREFIX) && is_tag(name))
		return 0;
	(void)err_set(err, ERR_INPUT, "%s '%s' cannot be a tag", what, name);
	return err_hint(err, "letters, digits, '_', '.' and '-' make one, at most %zu of them",
			TAG_MAX - strlen(PREVIOUS_PREFIX));
}

char *release_draft_tag(const char *version)
{
	return xasprintf(DRAFT_PREFIX "%s", version);
}

char *channel_previous_tag(const char *channel)
{
	return xasprintf(PREVIOUS_PREFIX "%s", channel);
}

int release_image_tag(const char *service, const struct digest *image, char **ret, struct err *err)
{
	AUTO(freep)
	char *tag = xasprintf(IMAGE_PREFIX "%s.%.*s", service, HEX_LEN, digest_hex(image));

	if (strlen(tag) > TAG_MAX || !is_tag(tag))
		return err_set(err, ERR_INPUT, "the name of service '%s' cannot be part of a tag",
			       service);
	*ret = TAKE(tag);
	return 0;
}
