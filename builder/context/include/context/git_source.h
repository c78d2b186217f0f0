/*
 * Files of a git repository, by libgit2: which commit is meant, and its files in a directory.
 *
 *	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
 *
 *	if (git_source_resolve(&url, &keys, monitor, &revision, err) < 0) ...
 *	-- revision.commit identifies the content; nothing has been fetched
 *	if (git_source_checkout(&checkout, &root, err) < 0) ...
 *
 * https, http, git and file are libgit2's; ssh is ssh(1) with the user's own configuration, keys and
 * known hosts, or just what he has lent; it never asks for anything. Only what the reference leads to is fetched, but with its
 * history: libgit2 before 1.7 knows no shallow fetch. No hook, filter program or other command that
 * a repository may name is ever executed, and neither the user's nor the system's git configuration
 * takes part: the same commit gives the same files everywhere.
 */
#ifndef CONTEXT_GIT_SOURCE_H
#define CONTEXT_GIT_SOURCE_H

#include "base/err.h"
#include "base/monitor.h"
#include "context/git_url.h"
#include "context/ssh_agents.h"

/* What opens a repository. All zero: ssh(1) has the keys of the user, as git(1) has them. Borrowed. */
struct git_keys {
	struct ssh_agents
		*lent; /* its agent "default" takes the place of the user's; NULL = none */
	/*
	 * For an address out of somebody else's file: no key but those of the lent agent, and of the
	 * user's configuration nothing but the known hosts.
	 */
	bool only_lent;
	/* For http and https, the password of "x-access-token"; NULL = none, but what the address holds. */
	const char *token;
	const char *token_scope; /* addresses that begin so get it: "https://HOST/" */
};

/* Could ssh log in anywhere at all? */
bool git_keys_allow_ssh(const struct git_keys *keys);

struct git_revision {
	char commit[41]; /* hexadecimal, lower case */
	char *ref;       /* full name on the server; NULL = it is asked for by its hash */
};

#define GIT_REVISION_INIT    \
	{                    \
		.ref = NULL, \
	}

void git_revision_release(struct git_revision *revision);

/*
 * Asks the server what the reference is now: an exact name, a tag, a branch, in this order. A whole
 * hash is its own answer. ERR_NOT_FOUND names what is there; ERR_DIGEST when it is not what the
 * checksum says; ERR_AUTH, ERR_NETWORK.
 */
WARN_UNUSED int git_source_resolve(const struct git_url *url, const struct git_keys *keys,
				   const struct monitor *monitor, struct git_revision *ret,
				   struct err *err);

/* All borrowed. */
struct git_checkout {
	const struct git_url *url;
	const struct git_revision *revision;
	const char *dir;      /* exists, empty, the caller's */
	bool keep_git_dir;    /* whatever the address says */
	struct git_keys keys; /* for submodules, too */
	const struct monitor *monitor;
	unsigned step; /* that transfers are reported to */
};

/*
 * Fetches and checks out, submodules too. Nothing is written outside of `dir`, whatever the
 * repository holds. Files are 0644 or 0755 and have the time of their commit. *ret_root is the
 * directory that the address means: `dir` or its subdirectory, found without leaving `dir`; the
 * caller frees. On failure `dir` holds rubbish.
 */
WARN_UNUSED int git_source_checkout(const struct git_checkout *checkout, char **ret_root,
				    struct err *err);

#endif
