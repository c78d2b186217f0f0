/*
 * docker's config.json and podman's auth.json: whatever is in one, a login is found again, under the
 * host's name alone, and a logout leaves nothing of it.
 */
#include "credentials_file.h"

#include "base/json.h"
#include "credentials.h"
#include "fuzz.h"

#define HOST "r.example:5000"
#define AUTH "YTpi" /* a:b */

static void find(const json_t *file, struct credentials *ret)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	FILE *out = fopen("config.json", "we");

	FUZZ_CHECK(out != NULL);
	json_write(file, &text);
	fwrite(text.ptr, 1, text.len, out);
	fclose(out);
	*ret = (struct credentials){ .username = NULL };
	strvec_add(&paths, "config.json");
	if (credentials_find(&paths, HOST, "app", NULL, ret, NULL) < 0)
		FUZZ_CHECK(!credentials_exist(ret));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(credentials_release) struct credentials found = { .username = NULL };
	AUTO(credentials_release) struct credentials after = { .username = NULL };
	const struct span text = { .ptr = (const char *)data, .len = size };
	json_auto_t *file = NULL;

	if (json_parse(text, "config.json", &file, NULL) < 0 || !json_is_object(file))
		return 0;
	/* a helper's program is not for a fuzzer to run */
	json_object_del(file, "credsStore");
	json_object_del(file, "credHelpers");
	find(file, &found);
	credentials_release(&found);
	credentials_enter(file, HOST, AUTH, NULL);
	find(file, &found);
	FUZZ_CHECK(str_eq(found.username, "a") ||
		   json_get_object(json_get_object(file, "auths"), HOST "/app"));
	FUZZ_CHECK(credentials_drop(file, HOST));
	FUZZ_CHECK(!credentials_drop(file, HOST));
	find(file, &after);
	return 0;
}
