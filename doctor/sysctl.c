#include "sysctl.h"

#include <fcntl.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"

static bool read_setting(const char *name, struct str *ret)
{
	AUTO(freep) char *path = xasprintf("/proc/sys/%s", name);

	return fs_read_file(AT_FDCWD, path, 4 * LIMIT_KIB, ret, NULL) == 0;
}

long long sysctl_number(const char *name)
{
	AUTO(str_release) struct str text = STR_INIT;
	unsigned long long value = 0;

	if (!read_setting(name, &text) ||
	    !span_to_u64(span_trim(str_span(&text)), INT64_MAX, &value))
		return -1;
	return (long long)value;
}

bool sysctl_has_word(const char *name, const char *word)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, head;
	bool more = read_setting(name, &text);

	rest = span_trim(str_span(&text));
	while (more) {
		more = span_cut(&rest, ' ', &head);
		if (span_eq(head, word))
			return true;
	}
	return false;
}
