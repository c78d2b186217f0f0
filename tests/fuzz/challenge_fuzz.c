/* WWW-Authenticate: what was read, written again in one form, reads as the same. */
#include "challenge.h"

#include "base/vec.h"
#include "fuzz.h"

static void print_quoted(struct str *out, const char *value)
{
	str_addc(out, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			str_addc(out, '\\');
		str_addc(out, *value);
	}
	str_addc(out, '"');
}

static void print(const struct challenges *challenges, struct str *out)
{
	VEC_FOREACH(challenge, challenges) {
		str_addf(out, "%s%s", out->len > 0 ? ", " : "", challenge->scheme);
		if (challenge->token68)
			str_addf(out, " %s", challenge->token68);
		for (size_t i = 0; i < challenge->params.len; i++) {
			str_addf(out, "%s%s=", i > 0 ? "," : " ", challenge->params.items[i].key);
			print_quoted(out, challenge->params.items[i].value);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(challenges_release) struct challenges first = { .items = NULL };
	AUTO(challenges_release) struct challenges second = { .items = NULL };
	AUTO(str_release) struct str once = STR_INIT;
	AUTO(str_release) struct str twice = STR_INIT;
	/* A header field has no NUL. */
	const struct span field = { .ptr = (const char *)data,
				    .len = strnlen((const char *)data, size) };
	int result = challenges_parse(field, &first, NULL);

	FUZZ_CHECK(result == 0 || result == -1);
	print(&first, &once);
	FUZZ_CHECK(challenges_parse(str_span(&once), &second, NULL) == 0);
	print(&second, &twice);
	FUZZ_CHECK(strcmp(once.ptr, twice.ptr) == 0);
	return 0;
}
