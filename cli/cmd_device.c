#include "app.h"
#include "command.h"
#include "device_option.h"
#include "format.h"
#include "table.h"

#include "base/alloc.h"
#include "base/json.h"
#include "device/container.h"
#include "device/info.h"

#define LABEL_WIDTH   12
#define LABEL_SERVICE "com.docker.compose.service"
#define LABEL_PROJECT "com.docker.compose.project"

/* --- info --- */

struct info_args {
	bool json;
	struct strvec device;
};

static void add_line(struct str *out, const char *label, const char *text)
{
	str_addf(out, "%-*s%s\n", LABEL_WIDTH, label, text);
}

static void add_hardware(const struct device_info *info, struct str *out)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_addf(&text, "%s, %u processor%s, ", info->machine ? info->machine : "unknown",
		 info->processors, info->processors == 1 ? "" : "s");
	format_size(&text, info->memory);
	str_add(&text, " of memory");
	add_line(out, "Hardware", text.ptr);
}

static void add_load(const struct device_info *info, struct str *out)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!info->has_load)
		return;
	str_addf(&text, "%.2f, %.2f, %.2f in the last 1, 5 and 15 minutes", info->load[0],
		 info->load[1], info->load[2]);
	add_line(out, "Load", text.ptr);
}

static void add_disk(const struct device_info *info, struct str *out)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (info->disk_size == 0)
		return;
	format_size(&text, info->disk_free);
	str_add(&text, " free of ");
	format_size(&text, info->disk_size);
	add_line(out, "Disk", text.ptr);
}

static void show_info(const struct engine *engine, const struct device_info *info, struct str *out)
{
	const struct engine_about *about = engine_about(engine);
	AUTO(freep) char *address = device_address_format(engine_address(engine));
	AUTO(freep)
	char *engine_text =
		xasprintf("%s %s, API 1.%u", about->product, about->version, about->api_minor);
	AUTO(freep)
	char *system = xasprintf("%s, Linux %s", info->system ? info->system : "unknown",
				 info->kernel ? info->kernel : "unknown");
	AUTO(freep)
	char *containers = xasprintf("%u running, %u in all; %u images", info->running,
				     info->containers, info->images);

	add_line(out, "Board", info->model ? info->model : engine_name(engine));
	add_line(out, "Address", address);
	add_hardware(info, out);
	add_line(out, "System", system);
	add_line(out, "Engine", engine_text);
	add_line(out, "Containers", containers);
	add_disk(info, out);
	add_load(info, out);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_set_string(object, key, text);
}

static void show_info_json(const struct engine *engine, const struct device_info *info,
			   struct str *out)
{
	const struct engine_about *about = engine_about(engine);
	AUTO(freep) char *address = device_address_format(engine_address(engine));
	json_auto_t *object =
		json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "name", engine_name(engine), "address",
			  address, "engine", "product", about->product, "version", about->version,
			  "arch", about->arch);

	set_number(json_object_get(object, "engine"), "apiMinor", about->api_minor);
	set_text(object, "model", info->model);
	set_text(object, "hostname", info->hostname);
	set_text(object, "machine", info->machine);
	set_text(object, "system", info->system);
	set_text(object, "kernel", info->kernel);
	set_number(object, "processors", info->processors);
	set_number(object, "memory", info->memory);
	set_number(object, "containers", info->containers);
	set_number(object, "running", info->running);
	set_number(object, "images", info->images);
	if (info->disk_size > 0) {
		set_number(object, "diskSize", info->disk_size);
		set_number(object, "diskFree", info->disk_free);
	}
	if (info->has_load)
		json_object_set_new(
			object, "load",
			json_pack("[f, f, f]", info->load[0], info->load[1], info->load[2]));
	json_write_pretty(object, out);
}

static const char *device_word(const struct strvec *words)
{
	return words->len > 0 ? words->items[0] : NULL;
}

static int info_run(struct app *app, const void *args_data, struct err *err)
{
	const struct info_args *args = args_data;
	AUTO(board_session_release) struct board_session board = BOARD_SESSION_INIT;
	AUTO(device_info_release) struct device_info info = { .model = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	if (board_session_open(device_word(&args->device), &board, err) < 0 ||
	    device_info_read(board.engine, &info, err) < 0)
		return -1;
	if (args->json)
		show_info_json(board.engine, &info, &text);
	else
		show_info(board.engine, &info, &text);
	return app_print(&text, err);
}

static const struct cli_option info_options[] = {
	OPTION_OPERANDS(struct info_args, device, "DEVICE", VALUE_DEVICE, 0, 1),
	OPTION_FLAG(struct info_args, json, 0, "json",
		    "Print a JSON object; sizes are in bytes, and diskSize, diskFree and load are "
		    "there only when commands can be run on the board"),
	OPTION_END,
};

static const struct cli_example info_examples[] = {
	{ "Is the board there, and has it room?", "edgectl device info root@raspberrypi.local" },
	{ .text = NULL },
};

const struct cli_command cmd_device_info = {
	.name = "device info",
	.group = GROUP_DEVICE,
	.summary = "Show what a board is and how it does",
	.details =
		"Without DEVICE, the board of DOCKER_HOST, of docker's current context, or the "
		"only "
		"one that has a name. Free space and load are shown of boards that are reached by "
		"ssh, and of this machine.",
	.options = info_options,
	.args_size = sizeof(struct info_args),
	.examples = info_examples,
	.run = info_run,
};

/* --- ps --- */

struct ps_args {
	bool all, json;
	struct strvec device;
};

static const char *label_of(const struct container *container, const char *key)
{
	const char *value = strmap_get(&container->labels, key);

	return value ? value : "";
}

static void ps_table(const struct containers *containers, struct str *out)
{
	static const char *const head[] = { "NAME", "PROJECT", "SERVICE", "IMAGE", "STATUS" };
	AUTO(table_release) struct table table;

	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	VEC_FOREACH(container, containers) {
		table_add(&table, container->name);
		table_add(&table, label_of(container, LABEL_PROJECT));
		table_add(&table, label_of(container, LABEL_SERVICE));
		table_add(&table, container->image);
		table_add(&table, container->status);
	}
	table_format(&table, out);
}

static void ps_json(const struct containers *containers, struct str *out)
{
	json_auto_t *array = json_array();

	VEC_FOREACH(container, containers)
		json_array_append_new(array,
				      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
						container->id, "name", container->name, "project",
						label_of(container, LABEL_PROJECT), "service",
						label_of(container, LABEL_SERVICE), "image",
						container->image, "state", container->state,
						"status", container->status));
	json_write_pretty(array, out);
}

static int ps_run(struct app *app, const void *args_data, struct err *err)
{
	const struct ps_args *args = args_data;
	AUTO(board_session_release) struct board_session board = BOARD_SESSION_INIT;
	AUTO(containers_release) struct containers containers = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	if (board_session_open(device_word(&args->device), &board, err) < 0 ||
	    containers_list(board.engine, NULL, args->all, &containers, err) < 0)
		return -1;
	if (args->json)
		ps_json(&containers, &text);
	else
		ps_table(&containers, &text);
	return app_print(&text, err);
}

static const struct cli_option ps_options[] = {
	OPTION_OPERANDS(struct ps_args, device, "DEVICE", VALUE_DEVICE, 0, 1),
	OPTION_FLAG(struct ps_args, all, 'a', "all", "Those that do not run as well"),
	OPTION_FLAG(struct ps_args, json, 0, "json",
		    "Print a JSON array of objects with the members id, name, project, service, "
		    "image, state and status"),
	OPTION_END,
};

const struct cli_command cmd_device_ps = {
	.name = "device ps",
	.group = GROUP_DEVICE,
	.summary = "List the containers of a board",
	.options = ps_options,
	.args_size = sizeof(struct ps_args),
	.run = ps_run,
};
