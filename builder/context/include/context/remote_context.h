/*
 * Contexts that are no directory of this machine: a tar or a Dockerfile on the standard input or
 * behind an HTTP(S) address, told apart by what they hold, and git repositories.
 */
#ifndef CONTEXT_REMOTE_CONTEXT_H
#define CONTEXT_REMOTE_CONTEXT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/str.h"
#include "context/scratch.h"
#include "context/ssh_agents.h"

/* "-", http://, https:// or a repository (context/git_url.h), and no directory that is here. */
bool remote_context_is(const char *text);

/* All borrowed. */
struct remote_context_request {
	const char *source;     /* one by remote_context_is() */
	int stdin_fd;           /* what "-" reads */
	struct ssh_agents *ssh; /* --ssh; NULL = none */
	struct store *store;
	const struct monitor *monitor;
};

struct remote_context {
	char *dir; /* absolute; empty when there is a Dockerfile only. Its files are not to be trusted. */
	bool is_dockerfile;
	struct str dockerfile;
	char *shown;  /* the source as people may see it */
	char *commit; /* of a repository, its hash; NULL = it is none */
	struct scratch scratch;
};

#define REMOTE_CONTEXT_INIT            \
	{                              \
		.dockerfile = STR_INIT \
	}

/*
 * Brings it here; announces a step. ERR_INPUT for what is empty, LIMIT_DOCKERFILE, and the errors of
 * git_source.h, registry/download.h and archive_files.h.
 */
WARN_UNUSED int remote_context_load(const struct remote_context_request *request,
				    struct remote_context *ret, struct err *err);
/* Removes its files. */
void remote_context_release(struct remote_context *context);

/*
 * Reads a file of a context that is not to be trusted: links lead nowhere outside of `dir`.
 * ERR_NOT_FOUND; ERR_LIMIT; ERR_INPUT for what is no file.
 */
WARN_UNUSED int remote_context_read(const char *dir, const char *path, size_t limit,
				    struct str *ret, struct err *err);

#endif
