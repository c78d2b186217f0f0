#include "input.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fs.h"

const char *input_name(const char *name)
{
	return !name || str_eq(name, "-") ? "standard input" : name;
}

int input_read(const char *name, size_t limit, struct str *ret, struct err *err)
{
	if (name && !str_eq(name, "-"))
		return fs_read_file(AT_FDCWD, name, limit, ret, err);
	str_clear(ret);
	return fd_read_to_str(STDIN_FILENO, ret, limit, input_name(NULL), err);
}
