/* balena's registry-secrets file: what is taken from it is whole, and one host has one answer. */
#include "secrets.h"

#include "base/vec.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(secrets_release) struct secrets secrets = { .items = NULL };
	AUTO(err_release) struct err err = ERR_INIT;
	const struct span text = { .ptr = (const char *)data, .len = size };

	if (secrets_parse(text, "secrets.yml", &secrets, &err) < 0)
		FUZZ_CHECK(err.kind == ERR_INPUT && err.message);
	VEC_FOREACH(secret, &secrets) {
		FUZZ_CHECK(secret->host && credentials_exist(&secret->credentials));
		FUZZ_CHECK(secrets_find(&secrets, secret->host) != NULL);
	}
	return 0;
}
