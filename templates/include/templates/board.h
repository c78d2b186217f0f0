/*
 * The boards that edgectl knows: what a processor they have, what is on them, and which device nodes
 * that takes. The data is templates/boards/, compiled into the program; docs/boards.md describes it.
 *
 *	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
 *	const struct board *board = NULL;
 *
 *	if (board_catalog_load(&boards, err) < 0 || board_find(&boards, "rpi4", &board, err) < 0)
 *		return -1;
 *
 * Everything that a board points to belongs to its catalog. Nothing is read before a catalog is
 * loaded, and no file is needed then.
 */
#ifndef TEMPLATES_BOARD_H
#define TEMPLATES_BOARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/platform.h"
#include "templates/word_list.h"

enum peripheral_kind {
	PERIPHERAL_GPIO,
	PERIPHERAL_I2C,
	PERIPHERAL_SPI,
	PERIPHERAL_UART,
	PERIPHERAL_CAMERA,
	PERIPHERAL_CAN,
	PERIPHERAL_GPU,
	PERIPHERAL_COUNT,
};

#define PERIPHERAL_BIT(kind) (1U << (kind))
#define PERIPHERAL_ALL       (PERIPHERAL_BIT(PERIPHERAL_COUNT) - 1)

/* A member of a compose service: one word, or a list of them. */
struct board_setting {
	const char *name;
	bool is_list;
	struct word_list values;
};

struct board_settings {
	struct board_setting *items;
	size_t len, cap;
};

struct board_peripheral {
	enum peripheral_kind kind;
	struct word_list devices;       /* absolute paths: device nodes, or directories of them */
	struct word_list interfaces;    /* of the network: can0 */
	struct board_settings settings; /* what a service needs besides the devices */
	const char *note;               /* where its pins are, what enables it; NULL = none */
};

struct board_peripherals {
	struct board_peripheral *items; /* in the order of their kinds */
	size_t len, cap;
};

struct board_core {
	unsigned count;
	const char *model; /* as its maker writes it: "Cortex-A53" */
};

struct board_cpu {
	struct {
		struct board_core *items; /* the fastest first; none = unknown, or several */
		size_t len, cap;
	} cores;
	struct word_list features; /* what programs may rely on, as /proc/cpuinfo calls it */
	const char *qemu; /* QEMU_CPU for exactly this processor; NULL = QEMU has no model of it */
};

struct board {
	const char *slug;
	struct word_list aliases;
	const char *name, *vendor;
	const char *arch; /* of Dockerfile.<arch>: rpi, armv7hf, aarch64, amd64, i386, i386-nlp */
	struct platform platform;
	const char *soc; /* NULL = unknown, or several */
	struct board_cpu cpu;
	struct {
		unsigned
			*items; /* MiB, one for each size that is sold, ascending; none = unknown */
		size_t len, cap;
	} memory;
	struct board_peripherals peripherals;
	struct word_list images; /* recommended base images, the first the best */
	const char *link;        /* the vendor's page; NULL = none */
};

struct board_catalog {
	struct board *items; /* by slug */
	size_t len, cap;
	struct arena *arena;
};

#define BOARD_CATALOG_INIT    \
	{                     \
		.arena = NULL \
	}

/* All boards that are compiled in. */
WARN_UNUSED int board_catalog_load(struct board_catalog *ret, struct err *err);
/*
 * Adds the boards of one file. ERR_INPUT with all of its problems, among them slugs and aliases that
 * the catalog has already; the catalog is then to be released.
 */
WARN_UNUSED int board_catalog_add(struct board_catalog *catalog, const char *file, struct span text,
				  struct err *err);
void board_catalog_release(struct board_catalog *catalog);

/* By slug or alias; NULL when there is none. */
const struct board *board_lookup(const struct board_catalog *catalog, const char *name);
/* The same; without one, ERR_NOT_FOUND with the nearest name as a hint. */
WARN_UNUSED int board_find(const struct board_catalog *catalog, const char *name,
			   const struct board **ret, struct err *err);
/*
 * Does `word` occur in one of its names, its vendor's, its processor's, or is it a peripheral that
 * the board has? Letters of either case are the same.
 */
bool board_has_word(const struct board *board, const char *word);
/* NULL when the board has none, or none is known. */
const struct board_peripheral *board_peripheral(const struct board *board,
						enum peripheral_kind kind);

/* "gpio"; never NULL. */
const char *peripheral_kind_name(enum peripheral_kind kind);

/*
 * The members that a compose service needs for those of the board's peripherals whose PERIPHERAL_BIT()
 * is in `kinds`, as YAML with every line indented by `indent` blanks; nothing when it needs none.
 */
void board_format_compose(const struct board *board, unsigned kinds, unsigned indent,
			  struct str *out);

#endif
