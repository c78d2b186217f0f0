#include "terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"

bool terminal_is_usable(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && !str_eq(term, "dumb");
}

bool terminal_has_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return terminal_is_usable(fd) && !(no_color && *no_color);
}

void terminal_size(int fd, unsigned *ret_rows, unsigned *ret_columns)
{
	struct winsize size = { .ws_row = 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){ .ws_row = 0 };
	*ret_rows = size.ws_row ? size.ws_row : 24;
	*ret_columns = size.ws_col ? size.ws_col : 80;
}
