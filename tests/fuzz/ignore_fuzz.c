/*
 * An ignore file, an empty line, and paths. A path matched twice gives the same, and so does a walk that carries the
 * parents' results down and leaves out the directories below which nothing can come back.
 */
#include <string.h>

#include "../ignore_walk.h"
#include "base/alloc.h"
#include "base/path.h"
#include "context/ignore.h"
#include "fuzz.h"

static void check_path(const struct ignore *ignore, const char *path)
{
	AUTO(freep) char *clean = path_clean(path);
	bool ignored = ignore_match(ignore, path);

	FUZZ_CHECK(ignored == ignore_match(ignore, path));
	if (strcmp(clean, path) != 0 || path[0] == '/' || path[0] == '.')
		return;
	FUZZ_CHECK(ignored == ignore_walk_match(ignore, path));
}

/* The end of the ignore file: an empty line, or the end of all. */
static size_t patterns_len(struct span text)
{
	const char *end = memmem(text.ptr, text.len, "\n\n", 2);

	return end ? (size_t)(end - text.ptr) : text.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { .ptr = (const char *)data, .len = size }, rest = text, line = { 0 };
	AUTO(ignore_freep) struct ignore *ignore = NULL;
	AUTO(err_release) struct err err = ERR_INIT;

	if (!size || memchr(data, '\0', size))
		return 0;
	text.len = patterns_len(text);
	rest.ptr += text.len;
	rest.len -= text.len;
	if (ignore_parse(text, ".dockerignore", &ignore, &err) < 0) {
		FUZZ_CHECK(err.message && err.span.line > 0);
		return 0;
	}
	while (rest.len) {
		AUTO(freep) char *path = NULL;

		span_cut(&rest, '\n', &line);
		path = span_dup(line);
		check_path(ignore, path);
		FUZZ_CHECK(!glob_match(path, "x") || glob_check(path));
	}
	return 0;
}
