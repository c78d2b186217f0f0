#include "templates/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "board_reader.h"
#include "embedded.h"

const char *peripheral_kind_name(enum peripheral_kind kind)
{
	static const char *const names[PERIPHERAL_COUNT] = {
		[PERIPHERAL_GPIO] = "gpio", [PERIPHERAL_I2C] = "i2c",
		[PERIPHERAL_SPI] = "spi",   [PERIPHERAL_UART] = "uart",
		[PERIPHERAL_CAN] = "can",   [PERIPHERAL_CAMERA] = "camera",
		[PERIPHERAL_GPU] = "gpu",
	};

	return names[kind];
}

/* --- the catalog --- */

static int compare_slugs(const void *a, const void *b)
{
	return strcmp(((const struct board *)a)->slug, ((const struct board *)b)->slug);
}

static void sort(struct board_catalog *catalog)
{
	if (catalog->len > 0)
		qsort(catalog->items, catalog->len, sizeof(*catalog->items), compare_slugs);
}

int board_catalog_add(struct board_catalog *catalog, const char *file, struct span text,
		      struct err *err)
{
	AUTO(diags_release) struct diags diags = { .items = NULL };
	struct yaml_documents documents = { .items = NULL };

	if (text.len > LIMIT_YAML)
		return err_set(err, ERR_LIMIT, "'%s' is larger than %zu bytes", file, LIMIT_YAML);
	if (!catalog->arena)
		catalog->arena = arena_new();
	diags_init(&diags, file, text);
	if (yaml_parse(catalog->arena, &diags, &documents) == 0) {
		VEC_FOREACH(document, &documents)
			boards_read(catalog, *document);
	}
	if (diags_check(&diags, err) < 0)
		return -1;
	sort(catalog);
	return 0;
}

int board_catalog_load(struct board_catalog *ret, struct err *err)
{
	for (const struct embedded_file *file = board_files; file->name; file++) {
		if (board_catalog_add(ret, file->name, file->text, err) < 0)
			return -1;
	}
	return 0;
}

void board_catalog_release(struct board_catalog *catalog)
{
	arena_free(catalog->arena);
	*catalog = (struct board_catalog)BOARD_CATALOG_INIT;
}

/* --- looking for one --- */

static bool is_called(const struct board *board, const char *name)
{
	if (str_eq(board->slug, name))
		return true;
	VEC_FOREACH(alias, &board->aliases) {
		if (str_eq(*alias, name))
			return true;
	}
	return false;
}

const struct board *board_lookup(const struct board_catalog *catalog, const char *name)
{
	VEC_FOREACH(board, catalog) {
		if (is_called(board, name))
			return board;
	}
	return NULL;
}

static int unknown_board(const struct board_catalog *catalog, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	VEC_FOREACH(board, catalog) {
		strvec_add(&names, board->slug);
		VEC_FOREACH(alias, &board->aliases)
			strvec_add(&names, *alias);
	}
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_NOT_FOUND, "unknown board '%s'", name);
	if (nearest)
		return err_hint(err, "did you mean '%s'? 'edgectl board ls' lists them", nearest);
	return err_hint(err, "'edgectl board ls' lists the boards");
}

int board_find(const struct board_catalog *catalog, const char *name, const struct board **ret,
	       struct err *err)
{
	*ret = board_lookup(catalog, name);
	return *ret ? 0 : unknown_board(catalog, name, err);
}

const struct board_peripheral *board_peripheral(const struct board *board,
						enum peripheral_kind kind)
{
	VEC_FOREACH(peripheral, &board->peripherals) {
		if (peripheral->kind == kind)
			return peripheral;
	}
	return NULL;
}

static bool contains(const char *text, const char *word)
{
	return text && strcasestr(text, word);
}

bool board_has_word(const struct board *board, const char *word)
{
	if (contains(board->slug, word) || contains(board->name, word) ||
	    contains(board->vendor, word) || contains(board->soc, word))
		return true;
	VEC_FOREACH(alias, &board->aliases) {
		if (contains(*alias, word))
			return true;
	}
	VEC_FOREACH(core, &board->cpu.cores) {
		if (contains(core->model, word))
			return true;
	}
	VEC_FOREACH(peripheral, &board->peripherals) {
		if (strcasecmp(peripheral_kind_name(peripheral->kind), word) == 0)
			return true;
	}
	return false;
}
