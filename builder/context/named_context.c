#include "context/named_context.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/vec.h"
#include "context/remote_context.h"
#include "image/digest.h"
#include "image/place.h"
#include "image/reference.h"

#define LATEST ":latest"

static void release(struct named_context *context)
{
	free(context->name);
	free(context->value);
	free(context->tag);
	free(context->digest);
}

void named_contexts_release(struct named_contexts *contexts)
{
	VEC_FOREACH(context, contexts)
		release(context);
	free(contexts->items);
	*contexts = (struct named_contexts)NAMED_CONTEXTS_INIT;
}

/* --- the name --- */

static char *without_latest(const char *name)
{
	return str_has_suffix(name, LATEST) ? xstrndup(name, strlen(name) - strlen(LATEST))
					    : xstrdup(name);
}

/* "alpine" and "docker.io/library/alpine:latest" are the same image, so they are the same name. */
static bool same_name(const char *a, const char *b)
{
	AUTO(image_ref_release) struct image_ref ref_a = IMAGE_REF_INIT;
	AUTO(image_ref_release) struct image_ref ref_b = IMAGE_REF_INIT;
	AUTO(freep) char *short_a = without_latest(a), *short_b = without_latest(b);
	AUTO(freep) char *whole_a = NULL, *whole_b = NULL;

	if (str_eq(short_a, short_b))
		return true;
	if (image_ref_parse(a, &ref_a, NULL) < 0 || image_ref_parse(b, &ref_b, NULL) < 0)
		return false;
	whole_a = image_ref_format(&ref_a);
	whole_b = image_ref_format(&ref_b);
	return str_eq(whole_a, whole_b);
}

const struct named_context *named_contexts_find(const struct named_contexts *contexts,
						const char *name, const struct platform *platform)
{
	const struct named_context *found = NULL;

	VEC_FOREACH(context, contexts) {
		if (!same_name(context->name, name))
			continue;
		if (context->for_platform && !platform_equal(&context->platform, platform))
			continue;
		if (!found || context->for_platform >= found->for_platform)
			found = context;
	}
	return found;
}

static int parse_name(const char *name, struct named_context *ret, struct err *err)
{
	const char *mark = strstr(name, "::");

	if (!*name || mark == name)
		return err_set(err, ERR_USAGE, "a context needs a name");
	if (str_eq(name, "scratch"))
		return err_set(err, ERR_USAGE, "'scratch' is always empty");
	ret->name = mark ? xstrndup(name, (size_t)(mark - name)) : xstrdup(name);
	ret->for_platform = mark != NULL;
	return mark ? platform_parse(mark + strlen("::"), &ret->platform, err) : 0;
}

/* --- the value --- */

static int set_image(const char *text, struct named_context *ret, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(text, &ref, err) < 0)
		return -1;
	ret->kind = NAMED_IMAGE;
	ret->value = xstrdup(text);
	return 0;
}

static int set_directory(const char *path, struct named_context *ret, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		(void)err_errno(err, "'%s'", path);
		return errno == ENOENT ? err_hint(err, "give a directory, docker-image://NAME, "
						       "oci-layout://DIR, oci:DIR, "
						       "docker-archive:FILE, or the address of a "
						       "repository or archive")
				       : -1;
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is not a directory", path);
	return fs_realpath(path, &ret->value, err);
}

/* DIR[:TAG][@DIGEST]; a file is an archive */
static int set_layout(const char *text, struct named_context *ret, struct err *err)
{
	const char *at = strrchr(text, '@'), *slash, *colon;
	AUTO(freep) char *path = at ? xstrndup(text, (size_t)(at - text)) : xstrdup(text);
	AUTO(freep) char *dir = NULL;
	struct digest digest;
	struct stat st;

	if (at && digest_parse(at + 1, &digest, err) < 0)
		return -1;
	ret->digest = at ? xstrdup(at + 1) : NULL;
	slash = strrchr(path, '/');
	colon = strrchr(slash ? slash : path, ':');
	ret->tag = colon ? xstrdup(colon + 1) : NULL;
	dir = colon ? xstrndup(path, (size_t)(colon - path)) : xstrdup(path);
	ret->kind = NAMED_LAYOUT;
	if (stat(dir, &st) == 0 && S_ISREG(st.st_mode))
		return fs_realpath(dir, &ret->value, err);
	return set_directory(dir, ret, err);
}

/* oci:DIR, oci-archive:FILE, docker-archive:FILE */
static int set_place(const char *text, struct named_context *ret, struct err *err)
{
	AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;

	if (image_place_parse(text, &place, err) < 0)
		return -1;
	ret->kind = NAMED_LAYOUT;
	ret->tag = xstrdup_or_null(place.name);
	ret->digest = xstrdup_or_null(place.digest);
	return fs_realpath(place.path, &ret->value, err);
}

static bool is_place(const char *value)
{
	return str_has_prefix(value, "oci:") || str_has_prefix(value, "oci-archive:") ||
	       str_has_prefix(value, "docker-archive:");
}

static int set_value(const char *value, struct named_context *ret, struct err *err)
{
	static const char image[] = "docker-image://", layout[] = "oci-layout://";

	if (!*value)
		return err_set(err, ERR_USAGE, "a context needs a value");
	if (str_has_prefix(value, image))
		return set_image(value + strlen(image), ret, err);
	if (str_has_prefix(value, layout))
		return set_layout(value + strlen(layout), ret, err);
	if (is_place(value))
		return set_place(value, ret, err);
	if (str_has_prefix(value, "target:") || str_has_prefix(value, "input:"))
		return err_set(err, ERR_UNSUPPORTED, "'%s' has a meaning in bake files only",
			       value);
	if (str_eq(value, "-"))
		return err_set(err, ERR_USAGE, "only the main context can be the standard input");
	if (!remote_context_is(value))
		return set_directory(value, ret, err);
	ret->kind = NAMED_REMOTE;
	ret->value = xstrdup(value);
	return 0;
}

void named_contexts_add_target(struct named_contexts *contexts, const char *name,
			       const char *target)
{
	*VEC_ADD(contexts) = (struct named_context){
		.name = xstrdup(name),
		.kind = NAMED_TARGET,
		.value = xstrdup(target),
	};
}

int named_contexts_add(struct named_contexts *contexts, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	struct named_context context = { .kind = NAMED_DIRECTORY };
	AUTO(freep) char *name = NULL;

	if (!equals) {
		(void)err_set(err, ERR_USAGE, "'%s' has no value", text);
		return err_hint(err, "write NAME=VALUE, as in src=../src");
	}
	name = xstrndup(text, (size_t)(equals - text));
	if (parse_name(name, &context, err) < 0 || set_value(equals + 1, &context, err) < 0) {
		release(&context);
		return err_wrap(err, "context '%s'", name);
	}
	*VEC_ADD(contexts) = context;
	return 0;
}
