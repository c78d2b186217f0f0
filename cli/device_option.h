/* What the commands that talk to one board have in common. */
#ifndef CLI_DEVICE_OPTION_H
#define CLI_DEVICE_OPTION_H

#include "base/err.h"
#include "base/monitor.h"
#include "device/engine.h"

/* In the caller's storage, which must not move: the engine borrows the monitor. */
struct board_session {
	struct monitor monitor;
	struct engine *engine;
};

#define BOARD_SESSION_INIT     \
	{                      \
		.engine = NULL \
	}

/*
 * Connects to the board that `word` means (device/address_book.h; NULL = the default one). Warns of a connection that
 * others can read.
 */
WARN_UNUSED int board_session_open(const char *word, struct board_session *ret, struct err *err);
/* On stderr, when others can read the connection and use the board. */
void board_warn_unless_private(const char *name, const struct device_address *address);
void board_session_release(struct board_session *session);

#endif
