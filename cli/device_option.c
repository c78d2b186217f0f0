#include "device_option.h"

#include <unistd.h>

#include "base/alloc.h"
#include "device/address_book.h"
#include "interrupt.h"
#include "report.h"
#include "terminal.h"

void board_warn_unless_private(const char *name, const struct device_address *address)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep)
	char *warning = xasprintf("board '%s': the connection is not encrypted: everybody in its "
				  "network can use its engine as root",
				  name);

	if (device_address_is_private(address))
		return;
	report_format_warning(warning, NULL, terminal_has_colour(STDERR_FILENO), &text);
	(void)!write(STDERR_FILENO, text.ptr, text.len);
}

int board_session_open(const char *word, struct board_session *ret, struct err *err)
{
	AUTO(device_address_release) struct device_address address = DEVICE_ADDRESS_INIT;
	AUTO(freep) char *name = NULL;

	ret->monitor = MONITOR_SILENT;
	if (device_resolve(word, &address, err) < 0 ||
	    interrupt_watch(&ret->monitor.cancel_fd, err) < 0)
		return -1;
	name = word ? xstrdup(word) : device_address_format(&address);
	board_warn_unless_private(name, &address);
	return engine_open(name, &address, &ret->monitor, &ret->engine, err);
}

void board_session_release(struct board_session *session)
{
	engine_freep(&session->engine);
}
