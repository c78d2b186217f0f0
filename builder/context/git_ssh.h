/*
 * git over ssh(1) for libgit2, whose own implementation knows nothing of the user's ~/.ssh/config,
 * jump hosts and hardware keys. GIT_SSH_COMMAND and GIT_SSH are honoured as git(1) does it.
 */
#ifndef CONTEXT_GIT_SSH_H
#define CONTEXT_GIT_SSH_H

#include <git2.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

/* ssh://, or USER@HOST:PATH. */
bool git_ssh_is_url(const char *url);
/*
 * The command that runs git-upload-pack there; `only_agent` when no key and no configuration of the
 * user must take part. ERR_INPUT for a host that ssh would take for an option.
 */
WARN_UNUSED int git_ssh_command(const char *url, bool only_agent, struct strvec *ret,
				struct err *err);
/* A git_transport_cb; `param` is the struct git_talk of the exchange. */
int git_ssh_transport(git_transport **out, git_remote *owner, void *param);

#endif
