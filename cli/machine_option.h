/* Values of --platform and --board: what images are for. */
#ifndef CLI_MACHINE_OPTION_H
#define CLI_MACHINE_OPTION_H

#include "base/err.h"
#include "base/vec.h"
#include "image/platform.h"
#include "templates/board.h"

struct machine {
	struct platform platform;
	const struct board *board; /* NULL = named by its platform; else of the catalog */
};

struct machines {
	struct machine *items;
	size_t len, cap;
	struct board_catalog boards; /* loaded when one was named */
};

#define MACHINES_INIT         \
	{                     \
		.items = NULL \
	}

/*
 * Words of --platform ("local" is this machine's) and of --board, each a list. A platform that a board
 * stands for too counts once, as the board. Errors are ERR_USAGE.
 */
WARN_UNUSED int machines_parse(const struct strvec *platforms, const struct strvec *boards,
			       struct machines *ret, struct err *err);
void machines_release(struct machines *machines);
/* Their platforms alone, each once; the caller frees the array. */
WARN_UNUSED int machines_parse_platforms(const struct strvec *platforms,
					 const struct strvec *boards, struct platform **ret,
					 size_t *ret_count, struct err *err);
/*
 * For a command that takes one: `platform` and `board` are a word of each, or NULL. *ret_given = false when neither names
 * one. ERR_USAGE.
 */
WARN_UNUSED int machine_parse_one(const char *platform, const char *board, struct platform *ret,
				  bool *ret_given, struct err *err);

/* For --board of a command that takes a list; T and field as for OPTION_LIST. */
#define OPTION_BOARDS(T, field, help_, ...)                                  \
	OPTION_LIST(T, field, 0, "board", "BOARD[,...]", VALUE_BOARD, help_, \
		    .yields_to = "platform", __VA_ARGS__)
/* For --board right behind --platform of a command that takes one; T and field as for OPTION_STRING. */
#define OPTION_BOARD(T, field)                                    \
	OPTION_STRING(T, field, 0, "board", "BOARD", VALUE_BOARD, \
		      "The same, for the platform of this board")

#endif
