/* Manifests and indexes: what is accepted is written in a form that is read to the same, and written to the same. */
#include "fuzz.h"

#include <string.h>

#include "image/manifest.h"

static void check_manifest(struct span text)
{
	struct manifest first = { .media_type = NULL }, second = { .media_type = NULL };
	struct str written = STR_INIT, again = STR_INIT;
	struct err err = ERR_INIT;

	if (manifest_parse(text, NULL, &first, &err) == 0) {
		manifest_write(&first, &written);
		/* written it may be longer: U+FFFD and escapes; then the limit is right to refuse it */
		if (manifest_parse(str_span(&written), first.media_type, &second, &err) == 0) {
			manifest_write(&second, &again);
			FUZZ_CHECK(strcmp(written.ptr, again.ptr) == 0);
		} else {
			FUZZ_CHECK(err.kind == ERR_LIMIT);
		}
	} else {
		FUZZ_CHECK(err.kind != ERR_NONE && err.message);
	}
	manifest_release(&first);
	manifest_release(&second);
	str_release(&written);
	str_release(&again);
	err_release(&err);
}

static void check_index(struct span text)
{
	struct index first = { .media_type = NULL }, second = { .media_type = NULL };
	struct str written = STR_INIT, again = STR_INIT;
	const struct descriptor *chosen = NULL;
	struct err err = ERR_INIT;
	struct platform want;

	if (index_parse(text, NULL, &first, &err) == 0) {
		index_write(&first, &written);
		FUZZ_CHECK(index_parse(str_span(&written), first.media_type, &second, &err) == 0 ||
			   err.kind == ERR_LIMIT);
		index_write(&second, &again);
		FUZZ_CHECK(err.kind == ERR_LIMIT || strcmp(written.ptr, again.ptr) == 0);
		err_clear(&err);
		platform_set(&want, "linux", "arm", "v7");
		if (index_select(&first, &want, &chosen, &err) == 0)
			FUZZ_CHECK(chosen >= first.manifests.items &&
				   chosen < first.manifests.items + first.manifests.len);
	}
	index_release(&first);
	index_release(&second);
	str_release(&written);
	str_release(&again);
	err_release(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct manifest m;
	struct index i;

	check_manifest(text);
	check_index(text);
	/* never both */
	if (manifest_parse(text, NULL, &m, NULL) == 0) {
		FUZZ_CHECK(index_parse(text, NULL, &i, NULL) < 0);
		manifest_release(&m);
	}
	return 0;
}
