#include "live_lock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "device/events.h"
#include "image/digest.h"

/* The engine's own id: a board has many addresses. Boards from copies of one card share it; Podman has none. */
static int board_id(const struct deployment_session *session, char **ret, struct err *err)
{
	json_t *info = NULL;
	const char *id = NULL;

	if (engine_info(session->engine, &info, err) < 0)
		return -1;
	id = json_get_string(info, "ID");
	*ret = id && *id ? xasprintf("%s %s", id, json_get_string(info, "Name") ?: "")
			 : xstrdup(engine_name(session->engine));
	json_decref(info);
	return 0;
}

/* An abstract one (unix(7)): it is gone with the process, whatever becomes of that. */
static socklen_t name_lock(const char *board, const char *project, struct sockaddr_un *ret)
{
	AUTO(freep) char *text = xasprintf("%s %s", board, project);
	struct digest digest;
	int len = 0;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	digest_of(text, strlen(text), &digest);
	len = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "edgectl-livepush-%u-%.32s",
		       (unsigned)getuid(), digest_hex(&digest));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

static int refuse(const struct deployment_session *session, const struct sockaddr_un *address,
		  socklen_t len, struct err *err)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	AUTO(freep) char *process = NULL;
	struct ucred holder;
	socklen_t size = sizeof(holder);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size) == 0 && holder.pid > 0)
		process = xasprintf(", process %d", (int)holder.pid);
	(void)err_set(err, ERR_INPUT,
		      "another livepush keeps '%s' in sync with board '%s' already%s",
		      compose_name(session->project.compose), engine_name(session->engine),
		      process ? process : "");
	return err_hint(err, "end that one first; or give this one another --project-name");
}

int live_lock(const struct deployment_session *session, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	AUTO(freep) char *board = NULL;
	struct sockaddr_un address;
	socklen_t len = 0;

	if (fd < 0)
		return err_errno(err, "look for another livepush");
	if (board_id(session, &board, err) < 0)
		return -1;
	len = name_lock(board, compose_name(session->project.compose), &address);
	if (bind(fd, (const struct sockaddr *)&address, len) < 0)
		return errno == EADDRINUSE ? refuse(session, &address, len, err)
					   : err_errno(err, "look for another livepush");
	/* For whoever asks which process has it. */
	if (listen(fd, 1) < 0)
		return err_errno(err, "look for another livepush");
	*ret_fd = TAKE_FD(fd);
	return 0;
}
