/* The calls that both forms of exec (device/exec.h) are made of. */
#ifndef DEVICE_EXEC_CALL_H
#define DEVICE_EXEC_CALL_H

#include "device/exec.h"

/* The caller frees *ret_id. */
WARN_UNUSED int exec_create(struct engine *engine, const char *container,
			    const struct exec_request *request, char **ret_id, struct err *err);
WARN_UNUSED int exec_status(struct engine *engine, const char *id, int *ret_status,
			    struct err *err);

#endif
