/*
 * What `edgectl rollout` shows: a live table on a terminal, lines elsewhere, objects for programs; and in the end what came
 * of it.
 *
 * On stderr; objects, and what there is in the end, are for stdout.
 */
#ifndef CLI_ROLLOUT_VIEW_H
#define CLI_ROLLOUT_VIEW_H

#include <stdint.h>

#include "base/str.h"
#include "progress.h"
#include "rollout/rollout.h"

enum rollout_view_mode {
	ROLLOUT_VIEW_LIVE,
	ROLLOUT_VIEW_PLAIN,
	ROLLOUT_VIEW_JSON,
	ROLLOUT_VIEW_QUIET,
};

/* Which wave a board's turn was in. */
struct board_turn {
	unsigned wave; /* 0 = the canaries */
	bool is_again; /* all waves were through: it had not been reached in its own */
};

/* A board that is not as it should be. */
struct troubled_board {
	size_t board;
	struct board_turn turn;
	enum board_state state;
	char *reason;
};

/* A board in work. */
struct active_board {
	size_t board;
	struct board_turn turn;
	char *phase;
	uint64_t since; /* ns of the monotonic clock */
};

/* A board that has come to its end well. */
struct done_board {
	size_t board;
	struct board_turn turn;
	char *from; /* NULL = nothing */
	uint64_t elapsed;
	bool is_unchanged;
};

/* How many of these are kept, for the rows that are left. */
#define DONE_BOARDS_KEPT 64

/* For what shows it; everything is under one lock. */
struct rollout_scene {
	const char *fleet, *version;
	const char *digest;
	const struct rollout_boards *boards;
	struct plan plan; /* as it was last told; without its boards */
	uint64_t began;
	size_t unchanged; /* boards that ran it already */
	bool is_stopping;
	struct {
		struct active_board *items;
		size_t len, cap;
	} active;
	struct {
		struct troubled_board *items; /* the last one is the newest */
		size_t len, cap;
	} troubled;
	struct {
		struct done_board *items; /* the same */
		size_t len, cap;
	} done;
};

struct rollout_view;

/* All but the mode are borrowed; `began` and the vectors of the scene are empty. Starts a thread. */
struct rollout_view *rollout_view_new(enum rollout_view_mode mode,
				      const struct rollout_scene *scene,
				      const struct monitor *monitor);
void rollout_view_freep(struct rollout_view **view);
/* For struct rollout: `data` is the view. */
void rollout_view_tell(void *data, const struct rollout_event *event);
/* The last view. `status` as of the whole, with err if it is -1. Then what came of it is appended to `out`. */
void rollout_view_finish(struct rollout_view *view, int status, const struct err *err,
			 struct str *out);

#endif
