#include "app.h"
#include "command.h"
#include "machine_option.h"
#include "report.h"
#include "table.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "device/address_book.h"
#include "image/platform.h"

/* --- add --- */

struct add_args {
	const char *certs, *fleet, *platform, *board;
	struct strvec words;
};

static int add_run(struct app *app, const void *args_data, struct err *err)
{
	const struct add_args *args = args_data;
	const char *name = args->words.items[0], *text = args->words.items[1];
	AUTO(device_address_release) struct device_address address = DEVICE_ADDRESS_INIT;
	char text_of_platform[PLATFORM_TEXT_MAX];
	struct platform platform;
	bool has_platform = false;
	struct known_device device;

	(void)app;
	if (device_address_parse(text, &address, err) < 0)
		return -1;
	if (args->certs && address.transport != DEVICE_TLS) {
		(void)err_set(err, ERR_USAGE, "--certs belongs to tcp+tls:// only");
		return err_hint(err, "edgectl device add --certs DIR %s tcp+tls://HOST:2376", name);
	}
	if (args->certs && fs_realpath(args->certs, &address.certs, err) < 0)
		return err_wrap(err, "option '--certs'");
	if (machine_parse_one(args->platform, args->board, &platform, &has_platform, err) < 0)
		return -1;
	if (has_platform)
		platform_format(&platform, text_of_platform);
	device = (struct known_device){ .name = (char *)name,
					.address = address,
					.fleet = (char *)args->fleet,
					.platform = has_platform ? text_of_platform : NULL };
	return address_book_add(&device, err);
}

static const struct cli_option add_options[] = {
	OPTION_OPERANDS(struct add_args, words, "NAME ADDRESS", VALUE_TEXT, 2, 2),
	OPTION_STRING(struct add_args, certs, 0, "certs", "DIR", VALUE_DIR,
		      "Directory of ca.pem, cert.pem and key.pem, for tcp+tls://"),
	OPTION_STRING(struct add_args, fleet, 0, "fleet", "FLEET", VALUE_FLEET,
		      "The fleet it belongs to: 'edgectl rollout FLEET --devices all' finds it"),
	OPTION_STRING(struct add_args, platform, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		      "What a rollout brings to it, instead of what its engine says it is"),
	OPTION_BOARD(struct add_args, board),
	OPTION_END,
};

static const struct cli_example add_examples[] = {
	{ "A board that is reached by ssh:", "edgectl device add bench root@raspberrypi.local" },
	{ "One whose engine asks for certificates:",
	  "edgectl device add --certs ~/certs lab tcp+tls://10.0.0.7:2376" },
	{ "One of a fleet:", "edgectl device add --fleet greenhouse bench root@raspberrypi.local" },
	{ .text = NULL },
};

const struct cli_command cmd_device_add = {
	.name = "device add",
	.group = GROUP_DEVICE,
	.summary = "Give a board a name",
	.details =
		"ADDRESS is [USER@]HOST[:PORT] or ssh://[USER@]HOST[:PORT][/SOCKET] for ssh, "
		"which is the system's own with its configuration, keys and known hosts; "
		"tcp+tls://HOST:PORT for an engine with certificates; tcp://HOST:PORT for one that "
		"anybody may use; unix:///SOCKET for one on this machine. Wherever a command "
		"takes a DEVICE, an address, the name of a docker context, or a name given here "
		"is right.",
	.options = add_options,
	.args_size = sizeof(struct add_args),
	.examples = add_examples,
	.run = add_run,
};

/* --- ls --- */

struct ls_args {
	bool json;
};

static void add_row(struct table *table, const struct known_device *device)
{
	AUTO(freep) char *address = device_address_format(&device->address);

	table_add(table, device->name);
	table_add(table, address);
	table_add(table, device->fleet ? device->fleet : "-");
}

static void show_table(const struct address_book *book, struct str *out)
{
	AUTO(table_release) struct table table;

	table_init(&table, 3);
	table_add(&table, "NAME");
	table_add(&table, "ADDRESS");
	table_add(&table, "FLEET");
	VEC_FOREACH(device, book)
		add_row(&table, device);
	table_format(&table, out);
}

static void show_json(const struct address_book *book, struct str *out)
{
	json_auto_t *array = json_array();

	VEC_FOREACH(device, book) {
		AUTO(freep) char *address = device_address_format(&device->address);
		json_t *object = json_pack("{s:s, s:s}", "name", device->name, "address", address);

		if (device->address.certs)
			json_set_string(object, "certs", device->address.certs);
		if (device->fleet)
			json_set_string(object, "fleet", device->fleet);
		if (device->platform)
			json_set_string(object, "platform", device->platform);
		json_array_append_new(array, object);
	}
	json_write_pretty(array, out);
}

static int ls_run(struct app *app, const void *args_data, struct err *err)
{
	const struct ls_args *args = args_data;
	AUTO(address_book_release) struct address_book book = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	if (address_book_load(&book, err) < 0)
		return -1;
	if (args->json)
		show_json(&book, &text);
	else
		show_table(&book, &text);
	return app_print(&text, err);
}

static const struct cli_option ls_options[] = {
	OPTION_FLAG(struct ls_args, json, 0, "json",
		    "Print a JSON array of objects with the members name and address; fleet "
		    "and platform if they were given; certs of tcp+tls://"),
	OPTION_END,
};

const struct cli_command cmd_device_ls = {
	.name = "device ls",
	.group = GROUP_DEVICE,
	.summary = "List the boards that have names",
	.options = ls_options,
	.args_size = sizeof(struct ls_args),
	.run = ls_run,
};

/* --- rm --- */

struct rm_args {
	struct strvec names;
};

static int rm_run(struct app *app, const void *args_data, struct err *err)
{
	const struct rm_args *args = args_data;

	(void)app;
	VEC_FOREACH(name, &args->names) {
		if (address_book_remove(*name, err) < 0)
			return -1;
	}
	return 0;
}

static const struct cli_option rm_options[] = {
	OPTION_OPERANDS(struct rm_args, names, "NAME", VALUE_DEVICE, 1, 0),
	OPTION_END,
};

const struct cli_command cmd_device_rm = {
	.name = "device rm",
	.group = GROUP_DEVICE,
	.summary = "Forget the name of a board",
	.options = rm_options,
	.args_size = sizeof(struct rm_args),
	.run = rm_run,
};
