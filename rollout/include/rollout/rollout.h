/*
 * Carries out a plan: some boards at a time, each on a thread of its own for as long as it takes.
 *
 * What a board costs while it is not in work is a pointer and a byte here.
 */
#ifndef ROLLOUT_ROLLOUT_H
#define ROLLOUT_ROLLOUT_H

#include "base/err.h"
#include "base/monitor.h"
#include "device/address.h"
#include "rollout/plan.h"
#include "rollout/record.h"

struct rollout_board {
	char *name;     /* as the user calls it */
	char *platform; /* of its images; NULL = as its engine has it */
	struct device_address address;
};

struct rollout_boards {
	struct rollout_board *items;
	size_t len, cap;
};

void rollout_boards_release(struct rollout_boards *boards);

/* What came of one board. */
struct board_report {
	char *from;        /* the release it had; NULL = none, or not known */
	bool is_unchanged; /* it ran the release already */
};

void board_report_release(struct board_report *report);

enum rollout_event_kind {
	ROLLOUT_WAVE,  /* a wave begins, or boards that could not be reached are tried again */
	ROLLOUT_START, /* a board's turn */
	ROLLOUT_PHASE, /* text = what is done on it now */
	ROLLOUT_NOTE,  /* text = something to be told of a board */
	ROLLOUT_END,   /* of a board: `state`, and text = why, if it is not done */
};

/* All borrowed for the call. */
struct rollout_event {
	enum rollout_event_kind kind;
	const struct plan *plan; /* as it is now */
	size_t board;
	enum board_state state;
	const struct board_report *report; /* of ROLLOUT_END */
	const char *text, *hint;
};

/* All borrowed. */
struct rollout {
	const struct rollout_boards *boards;
	struct plan *plan; /* initialised; what was done before is set */
	unsigned parallel;
	struct rollout_record *record; /* NULL = nothing is kept */
	const struct monitor *monitor; /* asked whether to stop */
	/*
	 * Brings the release to one board: 0 when it runs there, healthy; else the board is as it was. ERR_NETWORK = it
	 * could not be reached. Of any thread; `monitor` takes what goes on.
	 */
	int (*bring)(void *data, const struct rollout_board *board, const struct monitor *monitor,
		     struct board_report *ret, struct err *err);
	void *data;
	/* From any thread, but one at a time. */
	void (*tell)(void *data, const struct rollout_event *event);
	void *tell_data;
};

/*
 * Until the plan is over. 0 even if boards have failed: the plan says how many. ERR_CANCELLED when the user has stopped it;
 * boards under way are then put back, and count as pending.
 */
WARN_UNUSED int rollout_run(struct rollout *rollout, struct err *err);

#endif
