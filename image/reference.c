/*
 * The grammar is that of distribution/reference (reference.go, regexp.go). A name of 64 hexadecimal digits, which Docker
 * refuses because it looks like an image id, is a name like any other: we have no ids.
 */
#include "image/reference.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

#define REPOSITORY_MAX 255
#define TAG_MAX        128
#define DEFAULT_HOST   "docker.io"
#define DEFAULT_SPACE  "library/"
#define DEFAULT_TAG    "latest"

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* alnum, with dashes inside */
static bool is_host_label(struct span label)
{
	if (label.len == 0 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-')
			return false;
	return true;
}

static bool is_host_name(struct span host)
{
	struct span label;
	bool more = true;

	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
		for (size_t i = 1; i < host.len - 1; i++)
			if (!isxdigit((unsigned char)host.ptr[i]) && host.ptr[i] != ':')
				return false;
		return true;
	}
	while (more) {
		more = span_cut(&host, '.', &label);
		if (!is_host_label(label))
			return false;
	}
	return true;
}

static int check_host(struct span host, struct err *err)
{
	const char *colon = memrchr(host.ptr, ':', host.len);
	struct span name = host;
	unsigned long long port;

	if (colon && host.ptr[host.len - 1] != ']') {
		struct span digits = { colon + 1, (size_t)(host.ptr + host.len - colon - 1) };

		name.len = (size_t)(colon - host.ptr);
		if (!span_to_u64(digits, 65535, &port))
			return err_set(err, ERR_INPUT, "'%.*s' is not a port", SPAN_FMT(digits));
	}
	if (!is_host_name(name))
		return err_set(err, ERR_INPUT, "'%.*s' is not a host name", SPAN_FMT(name));
	return 0;
}

/* Length of the separator that `s` begins with: ".", "_", "__" or any number of "-". */
static size_t separator_len(struct span s)
{
	size_t len = 1;

	if (s.ptr[0] == '-') {
		while (len < s.len && s.ptr[len] == '-')
			len++;
		return len;
	}
	return s.len > 1 && s.ptr[0] == '_' && s.ptr[1] == '_' ? 2 : 1;
}

/* Letters and digits with single separators between them. */
static bool is_path_component(struct span s)
{
	if (s.len == 0 || !is_lower_alnum(s.ptr[0]) || !is_lower_alnum(s.ptr[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (is_lower_alnum(s.ptr[i]))
			continue;
		if (!strchr("._-", s.ptr[i]))
			return false;
		i += separator_len((struct span){ s.ptr + i, s.len - i });
		if (!is_lower_alnum(s.ptr[i]))
			return false;
	}
	return true;
}

static int check_repository(struct span path, struct err *err)
{
	struct span rest = path, component;
	bool more = true;

	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] >= 'A' && path.ptr[i] <= 'Z') {
			err_set(err, ERR_INPUT, "'%.*s' must be lower case", SPAN_FMT(path));
			return err_hint(err, "write the name of the repository in small letters");
		}
	while (more) {
		more = span_cut(&rest, '/', &component);
		if (component.len == 0)
			return err_set(err, ERR_INPUT, "a part of the name is empty");
		if (!is_path_component(component)) {
			err_set(err, ERR_INPUT, "'%.*s' cannot be part of a name",
				SPAN_FMT(component));
			return err_hint(err, "a name has letters and digits, with single '.', '_', "
					     "'__' or dashes between them");
		}
	}
	return 0;
}

static int check_tag(struct span tag, struct err *err)
{
	if (tag.len == 0)
		return err_set(err, ERR_INPUT, "the tag behind ':' is empty");
	if (tag.len > TAG_MAX)
		return err_set(err, ERR_INPUT, "the tag has %zu characters, more than %d", tag.len,
			       TAG_MAX);
	for (size_t i = 0; i < tag.len; i++)
		if (!is_alnum(tag.ptr[i]) && tag.ptr[i] != '_' &&
		    (i == 0 || !strchr(".-", tag.ptr[i]))) {
			err_set(err, ERR_INPUT, "'%.*s' is not a tag", SPAN_FMT(tag));
			return err_hint(err,
					"a tag has letters, digits, '_', '.' and '-', and does "
					"not begin with '.' or '-'");
		}
	return 0;
}

/* Is the part before the first slash a registry? As Docker decides it. */
static bool is_registry(struct span first)
{
	if (span_eq(first, "localhost"))
		return true;
	for (size_t i = 0; i < first.len; i++)
		if (strchr(".:[", first.ptr[i]) || (first.ptr[i] >= 'A' && first.ptr[i] <= 'Z'))
			return true;
	return false;
}

static int set_name(struct span name, struct image_ref *ref, struct err *err)
{
	struct span path = name, host = { "", 0 };
	bool is_default;

	if (!span_cut(&path, '/', &host) || !is_registry(host)) {
		host = SPAN_LIT(DEFAULT_HOST);
		path = name;
	} else if (span_eq(host, "index.docker.io")) {
		host = SPAN_LIT(DEFAULT_HOST);
	}
	if (path.len == 0)
		return err_set(err, ERR_INPUT, "the name is empty");
	if (check_host(host, err) < 0 || check_repository(path, err) < 0)
		return -1;
	is_default = span_eq(host, DEFAULT_HOST) && !memchr(path.ptr, '/', path.len);
	ref->host = span_dup(host);
	ref->repository = xasprintf("%s%.*s", is_default ? DEFAULT_SPACE : "", SPAN_FMT(path));
	if (strlen(ref->repository) > REPOSITORY_MAX)
		return err_set(err, ERR_INPUT, "the name has more than %d characters",
			       REPOSITORY_MAX);
	return 0;
}

/* The tag's colon stands behind the last slash: any before it belongs to a port. */
static void cut_tag(struct span *name, struct span *ret_tag)
{
	const char *slash = memrchr(name->ptr, '/', name->len);
	const char *from = slash ? slash : name->ptr;
	size_t len = (size_t)(name->ptr + name->len - from);
	const char *colon = memchr(from, ':', len);

	*ret_tag = (struct span){ NULL, 0 };
	if (!colon)
		return;
	*ret_tag = (struct span){ colon + 1, (size_t)(name->ptr + name->len - colon - 1) };
	name->len = (size_t)(colon - name->ptr);
}

/* What a browser's line, or another tool's transport, has in front. */
static int refuse_scheme(const char *text, const char *scheme_end, struct err *err)
{
	err_set(err, ERR_INPUT, "'%.*s' does not belong to a name", (int)(scheme_end + 3 - text),
		text);
	return err_hint(err, "write '%s'", scheme_end + 3);
}

static int parse(const char *text, struct image_ref *ref, struct err *err)
{
	const char *scheme_end = strstr(text, "://");
	const char *at = strchr(text, '@');
	struct span name = { text, at ? (size_t)(at - text) : strlen(text) }, tag;

	if (name.len == 0)
		return err_set(err, ERR_INPUT, "the name is empty");
	if (scheme_end)
		return refuse_scheme(text, scheme_end, err);
	if (at && digest_parse(at + 1, &ref->digest, err) < 0)
		return -1;
	cut_tag(&name, &tag);
	if (tag.ptr && check_tag(tag, err) < 0)
		return -1;
	if (set_name(name, ref, err) < 0)
		return -1;
	if (tag.ptr)
		ref->tag = span_dup(tag);
	else if (!at)
		ref->tag = xstrdup(DEFAULT_TAG);
	return 0;
}

int image_ref_parse(const char *text, struct image_ref *ret, struct err *err)
{
	struct image_ref ref = IMAGE_REF_INIT;

	if (parse(text, &ref, err) < 0) {
		image_ref_release(&ref);
		return err_wrap(err, "image name '%.300s'", text);
	}
	*ret = ref;
	return 0;
}

void image_ref_release(struct image_ref *ref)
{
	free(ref->host);
	free(ref->repository);
	free(ref->tag);
	*ref = (struct image_ref)IMAGE_REF_INIT;
}

void image_ref_copy(struct image_ref *dst, const struct image_ref *src)
{
	*dst = (struct image_ref){
		.host = xstrdup_or_null(src->host),
		.repository = xstrdup_or_null(src->repository),
		.tag = xstrdup_or_null(src->tag),
		.digest = src->digest,
	};
}

static char *format(const char *host, const char *repository, const struct image_ref *ref)
{
	return xasprintf("%s%s%s%s%s%s%s", host, *host ? "/" : "", repository, ref->tag ? ":" : "",
			 ref->tag ? ref->tag : "", digest_is_set(&ref->digest) ? "@" : "",
			 ref->digest.text);
}

char *image_ref_format(const struct image_ref *ref)
{
	return format(ref->host, ref->repository, ref);
}

char *image_ref_format_short(const struct image_ref *ref)
{
	const char *repository = ref->repository;

	if (strcmp(ref->host, DEFAULT_HOST) != 0)
		return image_ref_format(ref);
	/* "library/a/b" is not what "a/b" means */
	if (str_has_prefix(repository, DEFAULT_SPACE) &&
	    !strchr(repository + strlen(DEFAULT_SPACE), '/'))
		repository += strlen(DEFAULT_SPACE);
	else if (is_registry((struct span){ repository, strcspn(repository, "/") }))
		return image_ref_format(ref);
	return format("", repository, ref);
}

const char *image_ref_version(const struct image_ref *ref)
{
	return digest_is_set(&ref->digest) ? ref->digest.text : ref->tag;
}
