/*
 * What the tests of base share: cmocka with its prerequisites, and a fresh directory for each test.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/fs.h"

#define assert_ok(call)                                          \
	do {                                                     \
		if ((call) < 0)                                  \
			fail_msg("%s: %s", #call, err_.message); \
	} while (0)

/* Where it failed, for a table: the row is in the message. */
#define assert_row(condition, row)                                   \
	do {                                                         \
		if (!(condition))                                    \
			fail_msg("row '%s': %s", (row), #condition); \
	} while (0)

static struct err err_;

/* cmocka set-up: makes a directory and enters it. */
static inline int scratch_enter(void **state)
{
	char *path = NULL;

	err_clear(&err_);
	if (fs_make_temp_dir(AT_FDCWD, "scratch-", &path, &err_) < 0 || chdir(path) < 0)
		return -1;
	*state = path;
	return 0;
}

static inline int scratch_leave(void **state)
{
	char *path = *state;
	int result = chdir("..");

	if (result == 0 && fs_remove_all(AT_FDCWD, path, &err_) < 0) {
		print_error("%s\n", err_.message);
		result = -1;
	}
	free(path);
	err_clear(&err_);
	return result;
}

#define scratch_test(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)

static inline void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

#endif
