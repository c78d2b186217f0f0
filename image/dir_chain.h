/*
 * The directories on the way to a path below a root, held open one inside of the other. The next path mostly shares
 * them, so that an archive of 13,000 files needs one openat(2) for each directory and none for each file.
 * Nothing is followed: every component is a real directory.
 */
#ifndef IMAGE_DIR_CHAIN_H
#define IMAGE_DIR_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct dir_link {
	char *name;
	int fd; /* -1 = closed for the sake of deeper ones */
};

struct dir_chain {
	int root_fd; /* borrowed */
	struct dir_link *items;
	size_t len, cap;
};

void dir_chain_init(struct dir_chain *chain, int root_fd);
void dir_chain_release(struct dir_chain *chain);

enum dir_chain_mode {
	DIR_CHAIN_EXISTING, /* *ret_fd is -1 when a component is missing or no directory */
	DIR_CHAIN_MAKE, /* missing ones are made (mode 0755), and what else has the name makes way */
};

/*
 * The directory `path` (relative, cleaned, "." is the root). *ret_fd is borrowed until the next call. ERR_INPUT for
 * a path with empty, "." or ".." components.
 */
WARN_UNUSED int dir_chain_open(struct dir_chain *chain, const char *path, enum dir_chain_mode mode,
			       int *ret_fd, struct err *err);
/* Lets go of `path` and all below it: it is about to be replaced. */
void dir_chain_forget(struct dir_chain *chain, const char *path);

/*
 * Makes sure that `name` is a directory and opens it. One that takes the place of a whiteout is marked opaque:
 * both together say that the lower one is hidden.
 */
WARN_UNUSED int dir_make(int parent_fd, const char *name, mode_t mode, int *ret_fd,
			 struct err *err);
/* Removes whatever has the name; directories with all that is in them. Not being there is fine. */
WARN_UNUSED int dir_clear(int parent_fd, const char *name, struct err *err);

#endif
