#include <ctype.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "failure.h"
#include "pages.h"
#include "registry/repository.h"

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

/* null is what some registries say for none. */
static int take_page(const struct call *call, struct strvec *ret, struct err *err)
{
	json_auto_t *json = NULL;
	json_t *tag;
	size_t i;

	if (json_parse(str_span(&call->request.answer), "the list of tags", &json, err) < 0)
		return -1;
	json_array_foreach(json_get_array(json, "tags"), i, tag)
	{
		const char *text = json_string_value(tag);

		if (text && is_tag(text))
			strvec_add(ret, text);
	}
	if (ret->len > TAGS_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d tags", TAGS_MAX);
	return 0;
}

static int ask_for_all(struct registry *registry, const struct image_ref *ref, struct strvec *ret,
		       struct err *err)
{
	AUTO(pages_release) struct pages pages = { .asked = STRMAP_INIT };
	AUTO(call_release) struct call call;
	AUTO(freep) char *path = xasprintf("/v2/%s/tags/list", ref->repository);

	call_init(&call, registry, ref, CALL_PULL);
	call.method = HTTP_GET;
	call.accept = "application/json";
	while (path) {
		AUTO(freep) char *next = NULL;

		call.path = path;
		if (call_perform(&call, err) < 0)
			return -1;
		if (call.request.status != 200)
			return failure_of_status(&call, "the repository", err);
		if (take_page(&call, ret, err) < 0 || pages_next(&pages, &call, &next, err) < 0)
			return -1;
		free(path);
		path = TAKE(next);
	}
	return 0;
}

int registry_tags(struct registry *registry, const struct image_ref *ref, struct strvec *ret,
		  struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);

	if (ask_for_all(registry, ref, ret, err) < 0)
		return err_wrap(err, "tags of '%s/%s'", ref->host, ref->repository);
	return 0;
}
