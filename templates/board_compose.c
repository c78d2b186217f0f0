#include "templates/board.h"

/*
 * What the chosen peripherals need together: lists are joined without duplicates, of single words the
 * last one counts.
 */
static struct board_setting *find_setting(struct arena *arena, struct board_settings *settings,
					  const char *name)
{
	struct board_setting *added = NULL;

	VEC_FOREACH(setting, settings) {
		if (str_eq(setting->name, name))
			return setting;
	}
	added = ARENA_ADD(arena, settings);
	added->name = name;
	return added;
}

static void add_value(struct arena *arena, struct board_setting *setting, const char *value)
{
	VEC_FOREACH(known, &setting->values) {
		if (str_eq(*known, value))
			return;
	}
	*ARENA_ADD(arena, &setting->values) = value;
}

static void add_peripheral(struct arena *arena, const struct board_peripheral *peripheral,
			   struct board_settings *settings)
{
	VEC_FOREACH(device, &peripheral->devices) {
		struct board_setting *devices = find_setting(arena, settings, "devices");

		devices->is_list = true;
		add_value(arena, devices, arena_printf(arena, "%s:%s", *device, *device));
	}
	VEC_FOREACH(source, &peripheral->settings) {
		struct board_setting *setting = find_setting(arena, settings, source->name);

		setting->is_list = source->is_list;
		if (!source->is_list)
			setting->values.len = 0;
		VEC_FOREACH(value, &source->values)
			add_value(arena, setting, *value);
	}
}

static void format_setting(const struct board_setting *setting, unsigned indent, struct str *out)
{
	str_addf(out, "%*s%s:", (int)indent, "", setting->name);
	if (!setting->is_list) {
		str_addf(out, " %s\n", setting->values.items[0]);
		return;
	}
	str_addc(out, '\n');
	VEC_FOREACH(value, &setting->values)
		str_addf(out, "%*s- %s\n", (int)indent + 2, "", *value);
}

void board_format_compose(const struct board *board, unsigned kinds, unsigned indent,
			  struct str *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct board_settings settings = { .items = NULL };

	VEC_FOREACH(peripheral, &board->peripherals) {
		if (kinds & PERIPHERAL_BIT(peripheral->kind))
			add_peripheral(arena, peripheral, &settings);
	}
	VEC_FOREACH(setting, &settings)
		format_setting(setting, indent, out);
}
