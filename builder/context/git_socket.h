/*
 * TCP for libgit2, whose own waits for a server without limit, and calls nobody back meanwhile (its server timeouts are of
 * version 1.7). TLS, HTTP and git:// of libgit2 go over it.
 *
 *	git_socket_use(&talk->line);
 *	code = libgit2.remote_fetch(...);
 *	git_socket_use(NULL);
 */
#ifndef CONTEXT_GIT_SOCKET_H
#define CONTEXT_GIT_SOCKET_H

struct git_line;

/* Once, before the first connection. */
void git_socket_register(void);
/*
 * What the connections wait by that this thread makes from now on; libgit2 has no room to say so at the connection. They
 * borrow it until they are closed.
 */
void git_socket_use(struct git_line *line);

#endif
