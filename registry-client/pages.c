#include "pages.h"

#include "base/alloc.h"
#include "url.h"

#define PAGES_MAX 10000

void pages_release(struct pages *pages)
{
	strmap_release(&pages->asked);
}

/* A list of links may be one header or several (RFC 9110, 5.3). */
static char *find_link(const struct call *call)
{
	const struct headers *headers = &call->request.answer_headers;
	const char *header = NULL;
	char *link = NULL;

	for (size_t i = 0; !link && (header = headers_next(headers, "Link", &i)) != NULL;)
		link = link_next(header);
	return link;
}

int pages_next(struct pages *pages, const struct call *call, char **ret_next, struct err *err)
{
	AUTO(freep) char *link = find_link(call);
	AUTO(freep) char *next = NULL;

	if (!link)
		return 0;
	/* Behind a proxy, many a registry does not know by which name and scheme it is reached. */
	if (url_resolve_path(call->url, link, &next, err) < 0)
		return -1;
	strmap_set(&pages->asked, call->url, NULL);
	if (strmap_has(&pages->asked, next))
		return err_set(err, ERR_PROTOCOL,
			       "the registry's list leads back to a page before, '%s'", next);
	if (pages->asked.len >= PAGES_MAX)
		return err_set(err, ERR_LIMIT, "the registry's list has more than %d pages",
			       PAGES_MAX);
	*ret_next = TAKE(next);
	return 0;
}
