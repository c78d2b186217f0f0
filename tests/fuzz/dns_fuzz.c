/* An answer of multicast DNS: names stay text of the letters that they may have, however the message is made. */
#include "dns.h"

#include <ctype.h>
#include <string.h>

#include "fuzz.h"

static void check_name(const char *name)
{
	FUZZ_CHECK(strlen(name) < DNS_NAME_MAX);
	for (; *name; name++)
		FUZZ_CHECK(isalnum((unsigned char)*name) || strchr("-_ .\\", *name));
}

static void see(void *data, const struct dns_record *record)
{
	(*(unsigned *)data)++;
	check_name(record->name);
	check_name(record->target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned count = 0;
	int result = dns_read(data, size, see, &count, NULL);

	FUZZ_CHECK(result == 0 || result == -1);
	/* Each takes ten bytes and a name of one at least. */
	FUZZ_CHECK(count <= size / 11);
	return 0;
}
