/*
 * The way to a board's engine, and its connections: libcurl's handles that have served a call wait here
 * for the next one with what they have open.
 */
#ifndef DEVICE_CONNECTION_H
#define DEVICE_CONNECTION_H

#include "base/err.h"
#include "base/monitor.h"
#include "base/str.h"
#include "device/address.h"
#include "libcurl.h"

struct connection;

struct connection_line {
	CURLM *multi;
	CURL *easy;
};

/* Errors as of engine_open(). The address is copied. */
WARN_UNUSED int connection_open(const struct device_address *address, const struct monitor *monitor,
				struct connection **ret, struct err *err);
void connection_free(struct connection *connection);

/* A handle that knows the way: the URL stands for the caller to set. Never fails. */
struct connection_line connection_borrow(struct connection *connection);
/* `is_good`: it may serve again. */
void connection_return(struct connection *connection, struct connection_line line, bool is_good);
/* "http://host:port", without a slash at its end; borrowed. */
const char *connection_url(const struct connection *connection);
/* Runs a command line on the board, by ssh, or here for a unix socket; ERR_UNSUPPORTED for TCP. */
WARN_UNUSED int connection_shell(struct connection *connection, const char *command,
				 struct str *out, struct err *err);
/*
 * Why a connection broke or did not come about, as far as this end knows: ssh's last words. False when it
 * knows nothing.
 */
bool connection_explain(struct connection *connection, struct err *err);

#endif
