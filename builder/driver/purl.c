#include <ctype.h>
#include <string.h>

#include "attestation.h"
#include "base/alloc.h"
#include "image/reference.h"

void purl_add_encoded(struct str *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool is_plain = isascii(*c) && (isalnum(*c) || strchr(".-_~:", *c));

		if (is_plain)
			str_addc(out, (char)*c);
		else
			str_addf(out, "%%%02X", *c);
	}
}

/* Slashes stay: they are between the namespace and the name. */
static void add_path(struct str *out, const char *path)
{
	struct span rest = span_of(path), part;
	bool more = true;

	while (more) {
		AUTO(freep) char *text = NULL;

		more = span_cut(&rest, '/', &part);
		text = span_dup(part);
		purl_add_encoded(out, text);
		if (more)
			str_addc(out, '/');
	}
}

void purl_add_image(struct str *out, const char *name, const struct platform *platform)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *path = NULL;
	char text[PLATFORM_TEXT_MAX];

	str_add(out, "pkg:docker/");
	if (image_ref_parse(name, &ref, NULL) < 0) {
		purl_add_encoded(out, name);
	} else {
		path = str_eq(ref.host, "docker.io")
			       ? xstrdup(str_has_prefix(ref.repository, "library/")
						 ? ref.repository + strlen("library/")
						 : ref.repository)
			       : xasprintf("%s/%s", ref.host, ref.repository);
		add_path(out, path);
		if (ref.tag) {
			str_addc(out, '@');
			purl_add_encoded(out, ref.tag);
		}
	}
	str_add(out, "?platform=");
	purl_add_encoded(out, platform_format(platform, text));
}
