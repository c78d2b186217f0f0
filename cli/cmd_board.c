#include "app.h"
#include "command.h"
#include "facts.h"
#include "format.h"
#include "table.h"

#include "base/diag.h"
#include "base/json.h"
#include "templates/board.h"

/* "2x Cortex-A72, 4x Cortex-A53"; "" when nothing is known. */
static void add_cores(struct str *out, const struct board *board)
{
	const char *separator = "";

	VEC_FOREACH(core, &board->cpu.cores) {
		str_addf(out, "%s%ux %s", separator, core->count, core->model);
		separator = ", ";
	}
}

static void add_memory(struct str *out, const struct board *board)
{
	const char *separator = "";

	VEC_FOREACH(mib, &board->memory) {
		bool is_round = *mib % 1024 == 0;

		str_addf(out, "%s%u %s", separator, is_round ? *mib / 1024 : *mib,
			 is_round ? "GiB" : "MiB");
		separator = ", ";
	}
}

/* --- JSON --- */

static void set_words(json_t *object, const char *key, const struct word_list *words)
{
	if (words->len > 0)
		json_object_set_new(object, key, facts_json_of_words(words));
}

static json_t *json_of_cpu(const struct board_cpu *cpu)
{
	json_t *object = json_object();
	json_t *cores = json_array();

	VEC_FOREACH(core, &cpu->cores)
		json_array_append_new(cores,
				      json_pack("{s:I, s:s}", "count", (json_int_t)core->count,
						"model", core->model));
	json_object_set_new(object, "cores", cores);
	set_words(object, "features", &cpu->features);
	facts_json_set(object, "qemu", cpu->qemu);
	return object;
}

static json_t *json_of_peripheral(const struct board_peripheral *peripheral)
{
	json_t *object = json_object();
	json_t *settings = json_object();

	VEC_FOREACH(setting, &peripheral->settings)
		json_object_set_new(settings, setting->name,
				    setting->is_list ? facts_json_of_words(&setting->values)
						     : json_string(setting->values.items[0]));
	set_words(object, "devices", &peripheral->devices);
	set_words(object, "interfaces", &peripheral->interfaces);
	if (json_object_size(settings) > 0)
		json_object_set(object, "compose", settings);
	facts_json_set(object, "note", peripheral->note);
	json_decref(settings);
	return object;
}

static json_t *json_of_peripherals(const struct board *board)
{
	json_t *object = json_object();

	VEC_FOREACH(peripheral, &board->peripherals)
		json_object_set_new(object, peripheral_kind_name(peripheral->kind),
				    json_of_peripheral(peripheral));
	return object;
}

static json_t *json_of_board(const struct board *board)
{
	json_t *object = json_object();
	json_t *memory = json_array();
	char platform[PLATFORM_TEXT_MAX];

	VEC_FOREACH(mib, &board->memory)
		json_array_append_new(memory, json_integer(*mib));
	json_set_string(object, "slug", board->slug);
	json_set_string(object, "name", board->name);
	json_object_set_new(object, "aliases", facts_json_of_words(&board->aliases));
	json_set_string(object, "vendor", board->vendor);
	json_set_string(object, "arch", board->arch);
	json_set_string(object, "platform", platform_format(&board->platform, platform));
	facts_json_set(object, "soc", board->soc);
	json_object_set_new(object, "cpu", json_of_cpu(&board->cpu));
	json_object_set_new(object, "memoryMiB", memory);
	json_object_set_new(object, "peripherals", json_of_peripherals(board));
	json_object_set_new(object, "images", facts_json_of_words(&board->images));
	facts_json_set(object, "link", board->link);
	return object;
}

/* --- board ls --- */

struct board_ls_args {
	struct strvec words;
	const char *arch;
	bool json, quiet;
};

static bool has_arch(const struct board *board, const char *arch, const struct platform *platform)
{
	return str_eq(board->arch, arch) || platform_equal(&board->platform, platform);
}

/* A name that no board has is more likely a slip than a wish for an empty list. */
static int check_arch(const struct board_catalog *boards, const char *arch,
		      struct platform *ret_platform, struct err *err)
{
	AUTO(strvec_release) struct strvec known = STRVEC_INIT;
	AUTO(freep) char *names = NULL;

	if (!arch || platform_parse(arch, ret_platform, NULL) == 0)
		return 0;
	VEC_FOREACH(board, boards) {
		if (str_eq(board->arch, arch))
			return 0;
		if (!strvec_contains(&known, board->arch))
			strvec_add(&known, board->arch);
	}
	strvec_sort(&known);
	names = strvec_join(&known, ", ");
	(void)err_set(err, ERR_USAGE,
		      "option '--arch': '%s' is neither an architecture nor a platform", arch);
	return err_hint(err, "architectures are %s; platforms are like linux/arm/v7", names);
}

static bool is_wanted(const struct board *board, const struct board_ls_args *args,
		      const struct platform *platform)
{
	if (args->arch && !has_arch(board, args->arch, platform))
		return false;
	VEC_FOREACH(word, &args->words) {
		if (!board_has_word(board, *word))
			return false;
	}
	return true;
}

static void add_row(struct table *table, const struct board *board)
{
	AUTO(str_release) struct str cores = STR_INIT;
	char platform[PLATFORM_TEXT_MAX];

	add_cores(&cores, board);
	table_add(table, board->slug);
	table_add(table, platform_format(&board->platform, platform));
	table_add(table, cores.len > 0 ? cores.ptr : "-");
	table_add(table, board->name);
}

static int board_ls_run(struct app *app, const void *args_data, struct err *err)
{
	static const char *const head[] = { "BOARD", "PLATFORM", "PROCESSOR", "NAME" };
	const struct board_ls_args *args = args_data;
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	AUTO(table_release) struct table table;
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *array = json_array();
	struct platform platform = { .os = "" };

	(void)app;
	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	if (board_catalog_load(&boards, err) < 0 ||
	    check_arch(&boards, args->arch, &platform, err) < 0)
		return -1;
	VEC_FOREACH(board, &boards) {
		if (!is_wanted(board, args, &platform))
			continue;
		if (args->quiet)
			str_addf(&text, "%s\n", board->slug);
		else if (args->json)
			json_array_append_new(array, json_of_board(board));
		else
			add_row(&table, board);
	}
	if (!args->quiet && args->json)
		json_write_pretty(array, &text);
	else if (!args->quiet)
		table_format(&table, &text);
	return app_print(&text, err);
}

static const struct cli_option board_ls_options[] = {
	OPTION_OPERANDS(struct board_ls_args, words, "WORD", VALUE_TEXT, 0, 0),
	OPTION_STRING(struct board_ls_args, arch, 0, "arch", "ARCH", VALUE_TEXT,
		      "Only boards of this architecture (rpi, armv7hf, aarch64, amd64, i386, "
		      "i386-nlp) or platform (linux/arm/v7)"),
	OPTION_FLAG(struct board_ls_args, json, 0, "json",
		    "Print a JSON array of objects, each as 'board show --json' prints it"),
	OPTION_FLAG(struct board_ls_args, quiet, 'q', "quiet", "Print only the names for --board"),
	OPTION_END,
};

static const struct cli_example board_ls_examples[] = {
	{ "Boards with a Cortex-A53 and CAN:", "edgectl board ls cortex-a53 can" },
	{ "Everything that runs ARMv6:", "edgectl board ls --arch linux/arm/v6" },
	{ NULL, NULL },
};

const struct cli_command cmd_board_ls = {
	.name = "board ls",
	.group = GROUP_PROJECT,
	.summary = "List the boards that --board knows",
	.details =
		"Every WORD must occur in a board's names, its vendor's or its processor's, or be "
		"one of gpio, i2c, spi, uart, camera, can and gpu that the board has.",
	.options = board_ls_options,
	.args_size = sizeof(struct board_ls_args),
	.examples = board_ls_examples,
	.run = board_ls_run,
};

/* --- board show --- */

struct board_show_args {
	struct strvec boards;
	bool json;
};

static void show_facts(const struct board *board, struct str *out)
{
	AUTO(str_release) struct str cores = STR_INIT;
	AUTO(str_release) struct str memory = STR_INIT;
	AUTO(str_release) struct str dockerfiles = STR_INIT;
	char platform[PLATFORM_TEXT_MAX];

	str_addf(&dockerfiles, "Dockerfile.%s, Dockerfile.%s", board->slug, board->arch);
	add_cores(&cores, board);
	add_memory(&memory, board);
	str_addf(out, "%s\n\n", board->name);
	facts_add_line(out, "Board", board->slug);
	facts_add_words_line(out, "Also called", &board->aliases);
	facts_add_line(out, "Vendor", board->vendor);
	facts_add_line(out, "Page", board->link);
	facts_add_line(out, "Platform", platform_format(&board->platform, platform));
	facts_add_line(out, "Dockerfile", dockerfiles.ptr);
	facts_add_line(out, "SoC", board->soc);
	facts_add_line(out, "Processor", cores.ptr);
	facts_add_words_line(out, "Features", &board->cpu.features);
	facts_add_line(out, "QEMU model", board->cpu.qemu);
	facts_add_line(out, "Memory", memory.ptr);
	facts_add_words_line(out, "Images", &board->images);
}

static void show_peripherals(const struct board *board, struct str *out)
{
	AUTO(str_release) struct str compose = STR_INIT;

	if (board->peripherals.len == 0)
		return;
	str_add(out, "\nPeripherals:\n");
	VEC_FOREACH(peripheral, &board->peripherals) {
		AUTO(str_release) struct str label = STR_INIT;
		AUTO(str_release) struct str text = STR_INIT;

		str_addf(&label, "  %s", peripheral_kind_name(peripheral->kind));
		facts_add_words(&text, &peripheral->devices);
		facts_add_words(&text, &peripheral->interfaces);
		if (peripheral->note)
			str_addf(&text, "%s%s", text.len > 0 ? "\n" : "", peripheral->note);
		facts_add_line(out, label.ptr, text.len > 0 ? text.ptr : "-");
	}
	board_format_compose(board, PERIPHERAL_ALL, 4, &compose);
	if (compose.len > 0)
		str_addf(out, "\nA service that uses all of them has in compose.yaml:\n%s",
			 compose.ptr);
}

static int board_show_run(struct app *app, const void *args_data, struct err *err)
{
	const struct board_show_args *args = args_data;
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	const struct board *board = NULL;

	(void)app;
	if (board_catalog_load(&boards, err) < 0 ||
	    board_find(&boards, args->boards.items[0], &board, err) < 0)
		return -1;
	if (args->json) {
		json_auto_t *object = json_of_board(board);

		json_write_pretty(object, &text);
	} else {
		show_facts(board, &text);
		show_peripherals(board, &text);
	}
	return app_print(&text, err);
}

static const struct cli_option board_show_options[] = {
	OPTION_OPERANDS(struct board_show_args, boards, "BOARD", VALUE_BOARD, 1, 1),
	OPTION_FLAG(struct board_show_args, json, 0, "json",
		    "Print a JSON object with the members slug, name, aliases, vendor, arch, "
		    "platform, soc, cpu, memoryMiB, peripherals, images and link"),
	OPTION_END,
};

static const struct cli_example board_show_examples[] = {
	{ "What a Raspberry Pi 4 has, and how a container gets at it:",
	  "edgectl board show raspberrypi4-64" },
	{ NULL, NULL },
};

const struct cli_command cmd_board_show = {
	.name = "board show",
	.group = GROUP_PROJECT,
	.summary = "Show what is known about a board",
	.details =
		"Processor, memory, recommended base images, and the peripherals with their device "
		"nodes and what a compose service needs to use them. What is not certain is left "
		"out.",
	.options = board_show_options,
	.args_size = sizeof(struct board_show_args),
	.examples = board_show_examples,
	.run = board_show_run,
};
