/* Programs in a running container (Engine API, "Exec"). */
#ifndef DEVICE_EXEC_H
#define DEVICE_EXEC_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "device/engine.h"
#include "device/stream.h"

struct exec_request {
	const struct strvec *argv;
	const struct strvec *env; /* NAME=VALUE, beside the container's; NULL = none */
	const char *cwd;          /* NULL = the container's */
	const char *user;         /* NULL = the container's */
	bool privileged;
	bool terminal;    /* its own; exec_interact() only */
	bool takes_input; /* exec_interact() only */
};

/* Runs it to its end without input; *ret_status is its exit status. The container must run. */
WARN_UNUSED int exec_run(struct engine *engine, const char *container,
			 const struct exec_request *request, const struct stream_sink *sink,
			 int *ret_status, struct err *err);

/* The two ends of an interactive program. */
struct exec_terminal {
	int input_fd, output_fd, error_fd; /* ours, borrowed */
	/* Readable once its size has changed; NULL size() = it has none. */
	int resized_fd;
	void (*size)(void *data, unsigned *ret_rows, unsigned *ret_columns);
	void *data;
};

/* The same with our standard streams, over a connection that is upgraded to plain bytes. */
WARN_UNUSED int exec_interact(struct engine *engine, const char *container,
			      const struct exec_request *request,
			      const struct exec_terminal *terminal, int *ret_status,
			      struct err *err);

#endif
