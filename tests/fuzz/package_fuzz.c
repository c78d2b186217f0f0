/* The databases of package managers that are read out of images: whatever is in them, nothing but them is read. */
#include "package.h"

#include "base/alloc.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	AUTO(packages_release) struct packages packages = { .items = NULL };
	struct err err = ERR_INIT;

	(void)!packages_read_ndb(text, &packages, &err);
	err_clear(&err);
	(void)!packages_read_berkeley(text, &packages, &err);
	err_clear(&err);
	(void)!packages_read_dpkg(text, false, &packages, &err);
	err_clear(&err);
	(void)!packages_read_apk(text, &packages, &err);
	err_clear(&err);
	VEC_FOREACH(package, &packages)
		FUZZ_CHECK(package->name && package->version);
	return 0;
}
