/* What a descriptor can show. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>

#define TERMINAL_RESET    "\033[0m"
#define TERMINAL_FAINT    "\033[2m"
#define TERMINAL_BLUE     "\033[34m"
#define TERMINAL_CYAN     "\033[36m"
#define TERMINAL_YELLOW   "\033[33m"
#define TERMINAL_RED      "\033[31m"
#define TERMINAL_RED_BOLD "\033[1;31m"

#define TERMINAL_HIDE_CURSOR "\033[?25l"
#define TERMINAL_SHOW_CURSOR "\033[?25h"
#define TERMINAL_ERASE_LINE  "\033[K" /* from the cursor to its end */
#define TERMINAL_ERASE_BELOW "\033[J" /* from the cursor to the end of the screen */

/* A terminal that understands cursor movement. */
bool terminal_is_usable(int fd);
/* A usable terminal, and NO_COLOR (no-color.org) is not set. */
bool terminal_has_colour(int fd);
/* Now; 24 x 80 where nothing is known. */
void terminal_size(int fd, unsigned *ret_rows, unsigned *ret_columns);

#endif
