/*
 * In which order boards get a release, and when that ends: canaries, waves, how many may fail. Pure: no clock, no thread, no
 * board; who carries it out asks what is next and tells what came of it.
 *
 *	plan_init(&plan, boards.len, &rules);
 *	while (plan_next(&plan, now, &board, &wake) == PLAN_START)
 *		plan_ended(&plan, board, bring(board), now);
 *
 * Waves: first the canaries, one after the other the waves, each when all of the one before have ended. A canary that fails
 * ends it, whatever may fail otherwise; one that cannot be reached is replaced by the next board. Boards that could not be
 * reached are tried again after the last wave, less and less often.
 */
#ifndef ROLLOUT_PLAN_H
#define ROLLOUT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum board_state {
	BOARD_PENDING,
	BOARD_ACTIVE,
	BOARD_DONE,    /* it runs the release, and is healthy */
	BOARD_FAILED,  /* it has what it had before */
	BOARD_OFFLINE, /* it could not be reached */
	BOARD_STATES   /* how many there are */
};

/* As `--json` and the state file have it: "pending". */
const char *board_state_name(enum board_state state);

/* "3", "10%" */
struct amount {
	unsigned value;
	bool is_percent;
};

/* ERR_USAGE. */
WARN_UNUSED int amount_parse(const char *text, struct amount *ret, struct err *err);
/* Of `total`; a percentage is rounded up or down. */
size_t amount_of(struct amount amount, size_t total, bool up);

/* What becomes of boards that cannot be reached. */
enum offline_rule {
	OFFLINE_WAIT, /* are tried again at the end, until the time is over */
	OFFLINE_SKIP, /* are left out */
	OFFLINE_FAIL, /* have failed */
};

struct plan_rules {
	struct amount canaries, wave, max_failures;
	enum offline_rule offline;
	uint64_t
		wait_ms; /* how long to try boards that cannot be reached, from the end of the last wave */
};

/* One byte a board. */
struct plan {
	struct plan_rules rules;
	uint8_t *states;
	size_t len;
	size_t counts[BOARD_STATES];
	size_t canaries, wave_size, max_failures; /* in boards */
	unsigned wave;                            /* the one under way: 0 = the canaries */
	size_t next;                              /* the first board that may be pending */
	size_t left;                              /* boards that this wave may still start */
	size_t wave_done;                         /* boards of it that are healthy */
	size_t wave_failed;                       /* and that have failed */
	bool is_stopped;                          /* nothing is started any more */
	bool is_retrying;                         /* all waves are through */
	size_t retry_next;
	unsigned retry_round;
	uint64_t retry_at_ms, retry_end_ms;
};

void plan_init(struct plan *plan, size_t boards, const struct plan_rules *rules);
void plan_release(struct plan *plan);
/* Before the first plan_next(): an earlier rollout has done that board, and it counts as a canary that is well. */
void plan_set_done(struct plan *plan, size_t board);

/* Of the boards that are pending, the wave of the one at `position`, if nothing fails and all are reached. */
unsigned plan_wave_at(const struct plan *plan, size_t position);

enum plan_answer {
	PLAN_START, /* *ret_board, which is active now */
	PLAN_WAIT,  /* until a board has ended, or until *ret_wake_ms unless that is UINT64_MAX */
	PLAN_OVER,
};

/* `now_ms` of one clock that never goes back. */
enum plan_answer plan_next(struct plan *plan, uint64_t now_ms, size_t *ret_board,
			   uint64_t *ret_wake_ms);
/* DONE, FAILED, OFFLINE, or PENDING for one that was put back because we are stopped. Returns what it counts as. */
enum board_state plan_ended(struct plan *plan, size_t board, enum board_state state);
/* No board is started any more. */
void plan_stop(struct plan *plan);
/* It was stopped because of boards that failed. */
bool plan_has_failed(const struct plan *plan);

#endif
