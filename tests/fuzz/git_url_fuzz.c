/* Addresses of repositories: what was read, written as a fragment, reads as the same; nothing leads out of a checkout. */
#include "context/git_url.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/str.h"
#include "fuzz.h"

static void check_parts(const struct git_url *url)
{
	AUTO(freep) char *shown = git_url_shown(url);
	AUTO(freep) char *inside = url->subdir ? path_in_root(url->subdir) : NULL;

	FUZZ_CHECK(*shown);
	FUZZ_CHECK(!url->subdir || strcmp(inside, url->subdir) == 0);
	FUZZ_CHECK(!url->checksum || git_is_hash(url->checksum));
	FUZZ_CHECK(!url->ref || (*url->ref && *url->ref != '-'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	AUTO(git_url_release) struct git_url first = GIT_URL_INIT;
	AUTO(git_url_release) struct git_url second = GIT_URL_INIT;
	AUTO(freep) char *again = NULL;

	if (!git_url_is(text) || git_url_parse(text, &first, NULL) < 0)
		return 0;
	check_parts(&first);
	again = xasprintf("%s#%s:%s", first.remote, first.ref ? first.ref : "",
			  first.subdir ? first.subdir : "");
	if (!git_url_is(again))
		return 0;
	FUZZ_CHECK(git_url_parse(again, &second, NULL) == 0);
	FUZZ_CHECK(str_eq(first.remote, second.remote));
	FUZZ_CHECK(str_eq(first.ref, second.ref) && str_eq(first.subdir, second.subdir));
	return 0;
}
