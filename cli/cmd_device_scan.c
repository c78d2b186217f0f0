#include "app.h"
#include "command.h"
#include "interrupt.h"
#include "table.h"

#include "base/json.h"
#include "device/scan.h"

struct scan_args {
	bool json;
	int timeout;
};

static const char *kind_of(const struct found_board *board)
{
	if (board->is_balena)
		return "balena";
	if (board->has_engine)
		return board->has_ssh ? "ssh, engine" : "engine";
	return board->has_ssh ? "ssh" : "no ssh announced";
}

static void show_table(const struct found_boards *boards, struct str *out)
{
	AUTO(table_release) struct table table;

	table_init(&table, 3);
	table_add(&table, "HOST");
	table_add(&table, "ADDRESSES");
	table_add(&table, "KIND");
	VEC_FOREACH(board, boards) {
		AUTO(freep) char *addresses = strvec_join(&board->addresses, ", ");

		table_add(&table, board->host);
		table_add(&table, addresses);
		table_add(&table, kind_of(board));
	}
	table_format(&table, out);
}

static void show_json(const struct found_boards *boards, struct str *out)
{
	json_auto_t *array = json_array();

	VEC_FOREACH(board, boards) {
		json_t *object =
			json_pack("{s:s, s:o, s:b, s:b, s:b}", "host", board->host, "addresses",
				  json_from_strvec(&board->addresses), "ssh", board->has_ssh,
				  "engine", board->has_engine, "balena", board->is_balena);

		if (board->ssh_port)
			json_object_set_new(object, "sshPort", json_integer(board->ssh_port));
		if (board->engine_port)
			json_object_set_new(object, "enginePort", json_integer(board->engine_port));
		json_array_append_new(array, object);
	}
	json_write_pretty(array, out);
}

static int scan_run(struct app *app, const void *args_data, struct err *err)
{
	const struct scan_args *args = args_data;
	AUTO(found_boards_release) struct found_boards boards = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	struct monitor monitor = MONITOR_SILENT;

	(void)app;
	if (interrupt_watch(&monitor.cancel_fd, err) < 0 ||
	    device_scan((unsigned)args->timeout, &monitor, &boards, err) < 0)
		return -1;
	if (args->json)
		show_json(&boards, &text);
	else
		show_table(&boards, &text);
	return app_print(&text, err);
}

static const struct cli_option scan_options[] = {
	OPTION_INT(struct scan_args, timeout, 't', "timeout", "SECONDS", 1, 60,
		   "How long to listen", .fallback = "3"),
	OPTION_FLAG(struct scan_args, json, 0, "json",
		    "Print a JSON array of objects with the members host, addresses, ssh, engine, "
		    "balena, sshPort and enginePort"),
	OPTION_END,
};

const struct cli_command cmd_device_scan = {
	.name = "device scan",
	.group = GROUP_DEVICE,
	.summary = "Look for boards in the local networks",
	.details =
		"Asks by multicast DNS for machines with ssh, balena devices, Docker engines and "
		"workstations of Avahi, on every interface, by IPv4 and IPv6. Boards that do not "
		"announce themselves are not found; nothing is sent to them.",
	.options = scan_options,
	.args_size = sizeof(struct scan_args),
	.run = scan_run,
};
