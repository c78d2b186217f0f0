#include "image_option.h"

#include <stdlib.h>

#include "format.h"

void image_refs_release(struct image_refs *refs)
{
	VEC_FOREACH(ref, refs)
		image_ref_release(ref);
	free(refs->items);
	*refs = (struct image_refs){ .items = NULL };
}

static int as_usage(struct err *err)
{
	err->kind = ERR_USAGE;
	return -1;
}

int platform_option_parse(const struct strvec *words, struct platform **ret, size_t *ret_count,
			  struct err *err)
{
	AUTO(str_release) struct str list = STR_INIT;
	AUTO(freep) char *joined = strvec_join(words, ",");
	struct span rest = span_of(joined), word;
	struct platform host;
	char host_name[PLATFORM_TEXT_MAX];

	*ret = NULL;
	*ret_count = 0;
	if (words->len == 0)
		return 0;
	platform_host(&host);
	for (bool more = true; more;) {
		more = span_cut(&rest, ',', &word);
		str_add(&list, list.len > 0 ? "," : "");
		if (span_eq(word, "local"))
			str_add(&list, platform_format(&host, host_name));
		else
			str_addn(&list, word.ptr, word.len);
	}
	if (platform_parse_list(list.ptr, ret, ret_count, err) < 0)
		return as_usage(err);
	return 0;
}

int image_option_parse(const char *text, struct image_ref *ret, struct err *err)
{
	if (image_ref_parse(text, ret, err) < 0)
		return as_usage(err);
	return 0;
}

static void add_push_summary(struct session *session, const char *name,
			     const struct descriptor *target, const struct push_summary *summary)
{
	AUTO(str_release) struct str sent = STR_INIT;

	format_size(&sent, summary->sent_bytes);
	progress_summary(session->progress, "pushed %s %s (%u blob%s, %s sent; %u there before)",
			 name, target->digest.text, summary->sent_blobs,
			 summary->sent_blobs == 1 ? "" : "s", sent.ptr, summary->skipped_blobs);
}

int push_image(struct session *session, const struct descriptor *target,
	       const struct image_ref *ref, struct err *err)
{
	return push_image_from(session, session->store, target, ref, err);
}

int push_image_from(struct session *session, struct store *store, const struct descriptor *target,
		    const struct image_ref *ref, struct err *err)
{
	struct push_summary summary = { .sent_bytes = 0 };
	AUTO(freep) char *name = image_ref_format_short(ref);
	unsigned step = progress_begin(&session->monitor, "pushing %s", name);
	int status = registry_push(session->registry, store, target, ref, step, &summary, err);

	progress_end(&session->monitor, step, status, err);
	if (status < 0)
		return -1;
	add_push_summary(session, name, target, &summary);
	return 0;
}
