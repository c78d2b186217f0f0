/*
 * Addresses of git repositories as `docker build` and ADD take them:
 *
 *	https://HOST/PATH.git   ssh://[USER@]HOST/PATH   git://HOST/PATH   file:///PATH
 *	USER@HOST:PATH          github.com/OWNER/REPOSITORY
 *
 * with what of it is wanted behind them: `#REF:SUBDIR`, or a query of the names ref, branch, tag,
 * subdir, checksum, commit, keep-git-dir, submodules, mtime and fetch-by-commit.
 */
#ifndef CONTEXT_GIT_URL_H
#define CONTEXT_GIT_URL_H

#include <stdbool.h>

#include "base/err.h"

struct git_url {
	char *remote; /* without fragment and query; may hold user and password */
	char *ref;    /* branch, tag, full name or 40 digits; NULL = the server's default branch */
	char *subdir; /* clean, relative; NULL = all of it */
	char *checksum; /* beginning of the commit's hash, lower case; NULL = any */
	bool keep_git_dir, keep_git_dir_set;
	bool without_submodules;
	bool checkout_times; /* files have the time of the checkout instead of the commit's */
};

#define GIT_URL_INIT            \
	{                       \
		.remote = NULL, \
	}

/*
 * By its form alone: a caller who also takes paths looks for a directory of that name first. HTTP(S)
 * addresses are repositories only when their path ends in `.git`; all others of them are files.
 */
bool git_url_is(const char *text);
/* ssh://, or USER@HOST:PATH: it takes the keys of whoever builds. */
bool git_url_is_ssh(const char *text);
/*
 * ERR_INPUT for unknown or contradicting options, with what was meant. `text` must be one by
 * git_url_is().
 */
WARN_UNUSED int git_url_parse(const char *text, struct git_url *ret, struct err *err);
void git_url_release(struct git_url *url);
/* Is it the beginning of a commit's hash, 7 to 40 hexadecimal digits? */
bool git_is_hash(const char *text);
/* A whole one. */
bool git_is_full_hash(const char *text);
/* ADD --checksum on top of what the address says: ERR_INPUT when they contradict each other. */
WARN_UNUSED int git_url_set_checksum(struct git_url *url, const char *checksum, struct err *err);
/* The remote without passwords and tokens, for messages and titles; the caller frees. */
char *git_url_shown(const struct git_url *url);

#endif
