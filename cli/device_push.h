/* `edgectl push DEVICE`: what `edgectl deploy DEVICE` does, by the name that balena's users know. */
#ifndef CLI_DEVICE_PUSH_H
#define CLI_DEVICE_PUSH_H

#include <stdbool.h>

#include "app.h"
#include "fleet_push.h"
#include "registry_option.h"

/* A board of the address book, ssh://, tcp://, tcp+tls:// or unix://, [USER@]NAME.local or an IPv4 address? */
WARN_UNUSED int device_push_is_device(const char *word, bool *ret, struct err *err);
/* ERR_USAGE for options that a board has no use for. */
WARN_UNUSED int device_push_run(struct app *app, const char *device,
				const struct fleet_push_args *args,
				const struct transfer_args *transfer, struct err *err);

#endif
