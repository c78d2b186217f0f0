#include <ctype.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/map.h"
#include "call.h"
#include "failure.h"
#include "registry/repository.h"
#include "url.h"

#define TAG_LENGTH_MAX 128
#define TAGS_MAX       1000000

/* distribution-spec, "Pulling manifests": anything else would be somebody's trick on a terminal. */
static bool is_tag(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > TAG_LENGTH_MAX || *text == '.' || *text == '-')
		return false;
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
			return false;
	}
	return true;
}

/* How many new ones there were; null is what some registries say for none. */
static int take_page(const struct call *call, struct strvec *ret, size_t *ret_count,
		     struct err *err)
{
	json_auto_t *json = NULL;
	json_t *tag;
	size_t i;

	*ret_count = 0;
	if (json_parse(str_span(&call->request.answer), "the list of tags", &json, err) < 0)
		return -1;
	json_array_foreach(json_get_array(json, "tags"), i, tag)
	{
		const char *text = json_string_value(tag);

		if (!text || !is_tag(text))
			continue;
		strvec_add(ret, text);
		++*ret_count;
	}
	return 0;
}

static int ask_for_page(struct registry *registry, const struct image_ref *ref, const char *path,
			struct strvec *ret, char **ret_next, struct err *err)
{
	AUTO(call_release) struct call call;
	AUTO(freep) char *link = NULL;
	size_t count = 0;

	call_init(&call, registry, ref, CALL_PULL);
	call.method = HTTP_GET;
	call.path = path;
	call.accept = "application/json";
	if (call_perform(&call, err) < 0)
		return -1;
	if (call.request.status != 200)
		return failure_of_status(&call, "the repository", err);
	if (take_page(&call, ret, &count, err) < 0)
		return -1;
	link = link_next(call_header(&call, "Link") ? call_header(&call, "Link") : "");
	/* a page without a tag, or too many: a registry that would keep us for ever */
	if (!link || count == 0)
		return 0;
	if (ret->len > TAGS_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d tags", TAGS_MAX);
	return url_resolve(call.url, link, ret_next, err);
}

/* Every address is asked once: a registry could send us in circles for ever. */
static int ask_for_all(struct registry *registry, const struct image_ref *ref, struct strmap *asked,
		       struct strvec *ret, struct err *err)
{
	AUTO(freep) char *path = xasprintf("/v2/%s/tags/list", ref->repository);

	while (path) {
		AUTO(freep) char *next = NULL;

		if (ask_for_page(registry, ref, path, ret, &next, err) < 0)
			return -1;
		if (next && strmap_has(asked, next))
			return err_set(err, ERR_PROTOCOL,
				       "the registry's list leads back to a page before, '%s'",
				       next);
		if (next)
			strmap_set(asked, next, NULL);
		free(path);
		path = TAKE(next);
	}
	return 0;
}

int registry_tags(struct registry *registry, const struct image_ref *ref, struct strvec *ret,
		  struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(strmap_release) struct strmap asked = STRMAP_INIT;

	if (ask_for_all(registry, ref, &asked, ret, err) < 0)
		return err_wrap(err, "tags of '%s/%s'", ref->host, ref->repository);
	return 0;
}
