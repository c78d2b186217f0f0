/* Exit codes of edgectl; the manual page edgectl(1) lists the same. */
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_INTERRUPTED = 130, /* 128 + SIGINT, as shells report it */
};

#endif
