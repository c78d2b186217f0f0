#include "board_reader.h"

#include <limits.h>
#include <string.h>

#include "field.h"

static void read_link(struct arena *arena, struct yaml *node, void *out)
{
	const char **link = out;

	field_read_text(arena, node, out);
	if (*link && !str_has_prefix(*link, "https://") && !str_has_prefix(*link, "http://"))
		(void)yaml_problem(&node->mark, DIAG_ERROR, "'%s' is no web address", *link);
}

/* Slugs, aliases and arch are parts of file names: Dockerfile.<slug>. */
static void check_name(const struct yaml_mark *mark, const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-+");

	if (name[len] || len == 0 || !strchr("abcdefghijklmnopqrstuvwxyz", *name))
		(void)yaml_problem(mark, DIAG_ERROR,
				   "'%s' is no name: small letters, then also digits, '-' and '+'",
				   name);
}

static void read_names(struct arena *arena, struct yaml *node, void *out)
{
	field_read_words(arena, node, out);
	YAML_EACH_ITEM(item, node) {
		if (yaml_is(*item, YAML_STRING))
			check_name(&(*item)->mark, (*item)->text);
	}
}

static void read_name(struct arena *arena, struct yaml *node, void *out)
{
	const char **name = out;

	field_read_text(arena, node, out);
	if (*name)
		check_name(&node->mark, *name);
}

static void read_platform(struct arena *arena, struct yaml *node, void *out)
{
	AUTO(err_release) struct err err = ERR_INIT;
	const char *text = NULL;

	field_read_text(arena, node, &text);
	if (text && platform_parse(text, out, &err) < 0)
		(void)yaml_problem(&node->mark, DIAG_ERROR, "%s", err.message);
}

/* "512 MiB", "4 GiB" */
static void read_size(struct arena *arena, struct yaml *node, unsigned *ret_mib)
{
	const char *text = NULL;
	struct span unit = { .len = 0 }, number;
	unsigned long long value = 0;

	field_read_text(arena, node, &text);
	if (!text)
		return;
	unit = span_of(text);
	if (span_cut(&unit, ' ', &number) && span_to_u64(number, 1024, &value) && value > 0 &&
	    (span_eq(unit, "MiB") || span_eq(unit, "GiB")))
		*ret_mib = (unsigned)value * (span_eq(unit, "GiB") ? 1024 : 1);
	else
		(void)yaml_problem(&node->mark, DIAG_ERROR,
				   "'%s' is no size like '512 MiB' or '4 GiB'", text);
}

static void read_memory(struct arena *arena, struct yaml *node, void *out)
{
	__typeof__(((struct board *)0)->memory) *memory = out;
	unsigned last = 0;

	if (!field_require_kind(node, YAML_LIST))
		return;
	YAML_EACH_ITEM(item, node) {
		unsigned size = 0;

		read_size(arena, *item, &size);
		if (size == 0)
			continue;
		if (size <= last)
			(void)yaml_problem(&(*item)->mark, DIAG_ERROR, "sizes must ascend");
		*ARENA_ADD(arena, memory) = last = size;
	}
}

/* "4x Cortex-A53" */
static void read_core(struct arena *arena, struct yaml *node, struct board_core *core)
{
	const char *text = NULL;
	struct span model = { .len = 0 }, count;
	unsigned long long value = 0;

	field_read_text(arena, node, &text);
	if (!text)
		return;
	model = span_of(text);
	if (span_cut(&model, 'x', &count) && span_to_u64(count, 1024, &value) && value > 0 &&
	    span_has_prefix(model, " ") && span_trim(model).len > 0)
		*core = (struct board_core){ .count = (unsigned)value, .model = model.ptr + 1 };
	else
		(void)yaml_problem(&node->mark, DIAG_ERROR, "'%s' is not like '4x Cortex-A53'",
				   text);
}

static void read_cores(struct arena *arena, struct yaml *node, void *out)
{
	__typeof__(((struct board_cpu *)0)->cores) *cores = out;

	if (!field_require_kind(node, YAML_LIST))
		return;
	YAML_EACH_ITEM(item, node) {
		struct board_core core = { .count = 0 };

		read_core(arena, *item, &core);
		if (core.count > 0)
			*ARENA_ADD(arena, cores) = core;
	}
}

static const struct field cpu_fields[] = {
	{ "cores", false, read_cores, offsetof(struct board_cpu, cores) },
	{ "features", false, field_read_words, offsetof(struct board_cpu, features) },
	{ "qemu", false, field_read_text, offsetof(struct board_cpu, qemu) },
	{ .key = NULL },
};

static void read_cpu(struct arena *arena, struct yaml *node, void *out)
{
	fields_read(arena, node, cpu_fields, out);
}

/* --- peripherals --- */

static void read_devices(struct arena *arena, struct yaml *node, void *out)
{
	field_read_words(arena, node, out);
	YAML_EACH_ITEM(item, node) {
		if (yaml_is(*item, YAML_STRING) && !str_has_prefix((*item)->text, "/dev/"))
			(void)yaml_problem(&(*item)->mark, DIAG_ERROR, "'%s' is no path below /dev",
					   (*item)->text);
	}
}

/* Such words mean the same in YAML without quotes. */
static void add_setting_value(struct arena *arena, struct yaml *node, struct board_setting *setting)
{
	const char *text = yaml_scalar_text(arena, node);

	if (!text || !*text ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-") != strlen(text) ||
	    strchr(":-", *text) || str_has_suffix(text, ":")) {
		(void)yaml_problem(&node->mark, DIAG_ERROR,
				   "only words of letters, digits and '_./:-' can stand here");
		return;
	}
	*ARENA_ADD(arena, &setting->values) = text;
}

static void read_settings(struct arena *arena, struct yaml *node, void *out)
{
	struct board_settings *settings = out;

	if (!field_require_kind(node, YAML_MAP))
		return;
	YAML_EACH_ENTRY(entry, node) {
		struct board_setting setting = { .name = entry->key,
						 .is_list = yaml_is(entry->value, YAML_LIST) };

		YAML_EACH_ITEM(item, entry->value) {
			add_setting_value(arena, *item, &setting);
		}
		if (!setting.is_list)
			add_setting_value(arena, entry->value, &setting);
		if (setting.values.len > 0)
			*ARENA_ADD(arena, settings) = setting;
	}
}

static const struct field peripheral_fields[] = {
	{ "devices", false, read_devices, offsetof(struct board_peripheral, devices) },
	{ "interfaces", false, field_read_words, offsetof(struct board_peripheral, interfaces) },
	{ "compose", false, read_settings, offsetof(struct board_peripheral, settings) },
	{ "note", false, field_read_text, offsetof(struct board_peripheral, note) },
	{ .key = NULL },
};

/* As fields, for what they know about keys; the offsets are the kinds. */
static void read_peripherals(struct arena *arena, struct yaml *node, void *out)
{
	struct board_peripherals *peripherals = out;
	struct field kinds[PERIPHERAL_COUNT + 1] = { { .key = NULL } };

	if (!field_require_kind(node, YAML_MAP))
		return;
	for (enum peripheral_kind kind = 0; kind < PERIPHERAL_COUNT; kind++) {
		struct yaml *value = yaml_get(node, peripheral_kind_name(kind));
		struct board_peripheral *added = NULL;

		kinds[kind].key = peripheral_kind_name(kind);
		if (!value)
			continue;
		added = ARENA_ADD(arena, peripherals);
		added->kind = kind;
		fields_read(arena, value, peripheral_fields, added);
	}
	YAML_EACH_ENTRY(entry, node) {
		if (!fields_find(kinds, entry->key))
			fields_report_unknown(entry, kinds);
	}
}

/* --- boards --- */

static const struct field board_fields[] = {
	{ "name", true, field_read_text, offsetof(struct board, name) },
	{ "aliases", false, read_names, offsetof(struct board, aliases) },
	{ "arch", true, read_name, offsetof(struct board, arch) },
	{ "platform", true, read_platform, offsetof(struct board, platform) },
	{ "soc", false, field_read_text, offsetof(struct board, soc) },
	{ "cpu", false, read_cpu, offsetof(struct board, cpu) },
	{ "memory", false, read_memory, offsetof(struct board, memory) },
	{ "peripherals", false, read_peripherals, offsetof(struct board, peripherals) },
	{ "images", false, field_read_words, offsetof(struct board, images) },
	{ "link", false, read_link, offsetof(struct board, link) },
	{ .key = NULL },
};

static void claim_name(const struct board_catalog *catalog, const struct yaml_mark *mark,
		       const char *name)
{
	const struct board *owner = board_lookup(catalog, name);

	if (owner)
		(void)yaml_problem(mark, DIAG_ERROR, "'%s' is the name of '%s' already", name,
				   owner->slug);
}

static void read_board(struct board_catalog *catalog, const char *vendor,
		       const struct yaml_entry *entry)
{
	struct board board = { .slug = entry->key, .vendor = vendor };

	check_name(&entry->mark, entry->key);
	fields_read(catalog->arena, entry->value, board_fields, &board);
	claim_name(catalog, &entry->mark, board.slug);
	VEC_FOREACH(alias, &board.aliases) {
		claim_name(catalog, &entry->mark, *alias);
		if (str_eq(*alias, board.slug))
			(void)yaml_problem(&entry->mark, DIAG_ERROR, "'%s' is an alias of itself",
					   *alias);
	}
	*ARENA_ADD(catalog->arena, catalog) = board;
}

/* `shared` is a place for what several boards refer to by YAML's anchors. */
static void ignore_value(struct arena *arena, struct yaml *node, void *out)
{
	(void)arena;
	(void)node;
	(void)out;
}

struct board_file {
	const char *vendor;
	struct yaml *boards;
};

static void keep_node(struct arena *arena, struct yaml *node, void *out)
{
	(void)arena;
	*(struct yaml **)out = node;
}

static const struct field file_fields[] = {
	{ "vendor", true, field_read_text, offsetof(struct board_file, vendor) },
	{ "shared", false, ignore_value, 0 },
	{ "boards", true, keep_node, offsetof(struct board_file, boards) },
	{ .key = NULL },
};

void boards_read(struct board_catalog *catalog, struct yaml *document)
{
	struct board_file file = { .vendor = NULL };

	fields_read(catalog->arena, document, file_fields, &file);
	if (!file.boards || !field_require_kind(file.boards, YAML_MAP))
		return;
	YAML_EACH_ENTRY(entry, file.boards)
		read_board(catalog, file.vendor, entry);
}
