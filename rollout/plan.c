#include "rollout/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

#define RETRY_FIRST_MS 2000
#define RETRY_LAST_MS  30000

const char *board_state_name(enum board_state state)
{
	switch (state) {
	case BOARD_PENDING: return "pending";
	case BOARD_ACTIVE: return "active";
	case BOARD_DONE: return "done";
	case BOARD_FAILED: return "failed";
	case BOARD_OFFLINE: return "offline";
	case BOARD_STATES: break;
	}
	return "unknown";
}

int amount_parse(const char *text, struct amount *ret, struct err *err)
{
	struct span span = span_of(text);
	bool is_percent = str_has_suffix(text, "%");
	unsigned long long value = 0;

	span.len -= is_percent;
	if (!span_to_u64(span, is_percent ? 100 : 1000000, &value)) {
		(void)err_set(err, ERR_USAGE, "'%s' is no number of boards", text);
		return err_hint(err, "a number, or a part of all of them: 10%%");
	}
	*ret = (struct amount){ .value = (unsigned)value, .is_percent = is_percent };
	return 0;
}

size_t amount_of(struct amount amount, size_t total, bool up)
{
	if (!amount.is_percent)
		return amount.value;
	return (total * amount.value + (up ? 99 : 0)) / 100;
}

void plan_init(struct plan *plan, size_t boards, const struct plan_rules *rules)
{
	*plan = (struct plan){ .rules = *rules, .len = boards };
	plan->states = xcalloc(boards + 1, 1);
	plan->counts[BOARD_PENDING] = boards;
	plan->canaries = amount_of(rules->canaries, boards, true);
	plan->wave_size = amount_of(rules->wave, boards, true);
	plan->max_failures = amount_of(rules->max_failures, boards, false);
	if (plan->wave_size == 0)
		plan->wave_size = 1;
	plan->left = plan->canaries;
	plan->retry_end_ms = UINT64_MAX;
}

void plan_release(struct plan *plan)
{
	free(plan->states);
	*plan = (struct plan){ .states = NULL };
}

static void set_state(struct plan *plan, size_t board, enum board_state state)
{
	plan->counts[plan->states[board]]--;
	plan->states[board] = (uint8_t)state;
	plan->counts[state]++;
}

void plan_set_done(struct plan *plan, size_t board)
{
	set_state(plan, board, BOARD_DONE);
	if (plan->canaries > 0)
		plan->canaries--;
	plan->left = plan->canaries;
}

unsigned plan_wave_at(const struct plan *plan, size_t position)
{
	if (position < plan->canaries)
		return 0;
	return 1 + (unsigned)((position - plan->canaries) / plan->wave_size);
}

static enum plan_answer start(struct plan *plan, size_t board, size_t *ret_board)
{
	set_state(plan, board, BOARD_ACTIVE);
	*ret_board = board;
	return PLAN_START;
}

/* --- waves --- */

static bool find_pending(struct plan *plan)
{
	while (plan->next < plan->len && plan->states[plan->next] != BOARD_PENDING)
		plan->next++;
	return plan->next < plan->len;
}

/* All of the wave have ended. */
static void begin_next_wave(struct plan *plan)
{
	if (plan->wave == 0 && plan->wave_done < plan->canaries) {
		plan->left = plan->canaries - plan->wave_done;
		return;
	}
	plan->wave++;
	plan->left = plan->wave_size;
	plan->wave_done = plan->wave_failed = 0;
}

/* --- boards that could not be reached --- */

static uint64_t retry_pause(unsigned round)
{
	uint64_t pause = RETRY_FIRST_MS << (round < 8 ? round : 8);

	return pause < RETRY_LAST_MS ? pause : RETRY_LAST_MS;
}

static void begin_round(struct plan *plan, uint64_t now)
{
	plan->retry_at_ms = now + retry_pause(plan->retry_round++);
	plan->retry_next = 0;
}

static void begin_retrying(struct plan *plan, uint64_t now)
{
	plan->is_retrying = true;
	plan->retry_end_ms = now + plan->rules.wait_ms;
	begin_round(plan, now);
}

static bool find_offline(struct plan *plan)
{
	while (plan->retry_next < plan->len && plan->states[plan->retry_next] != BOARD_OFFLINE)
		plan->retry_next++;
	return plan->retry_next < plan->len;
}

static bool is_retrying_over(const struct plan *plan, uint64_t now)
{
	return plan->rules.offline != OFFLINE_WAIT || now >= plan->retry_end_ms ||
	       plan->counts[BOARD_OFFLINE] == 0;
}

static enum plan_answer retry(struct plan *plan, uint64_t now, size_t *ret_board,
			      uint64_t *ret_wake_ms)
{
	size_t active = plan->counts[BOARD_ACTIVE];

	if (plan->wave == 0 && plan->wave_done >= plan->canaries)
		begin_next_wave(plan);
	if (is_retrying_over(plan, now))
		return active > 0 ? PLAN_WAIT : PLAN_OVER;
	if (now < plan->retry_at_ms) {
		*ret_wake_ms = plan->retry_at_ms < plan->retry_end_ms ? plan->retry_at_ms
								      : plan->retry_end_ms;
		return PLAN_WAIT;
	}
	/* No canary has been reached yet. */
	if (plan->wave == 0 && active >= plan->canaries - plan->wave_done)
		return PLAN_WAIT;
	if (find_offline(plan))
		return start(plan, plan->retry_next++, ret_board);
	if (active > 0)
		return PLAN_WAIT;
	begin_round(plan, now);
	return retry(plan, now, ret_board, ret_wake_ms);
}

/* --- what is next --- */

enum plan_answer plan_next(struct plan *plan, uint64_t now_ms, size_t *ret_board,
			   uint64_t *ret_wake_ms)
{
	*ret_wake_ms = UINT64_MAX;
	if (plan->is_stopped)
		return plan->counts[BOARD_ACTIVE] > 0 ? PLAN_WAIT : PLAN_OVER;
	if (plan->is_retrying)
		return retry(plan, now_ms, ret_board, ret_wake_ms);
	if (!find_pending(plan)) {
		if (plan->counts[BOARD_ACTIVE] > 0)
			return PLAN_WAIT;
		begin_retrying(plan, now_ms);
		return retry(plan, now_ms, ret_board, ret_wake_ms);
	}
	if (plan->left == 0 && plan->counts[BOARD_ACTIVE] > 0)
		return PLAN_WAIT;
	while (plan->left == 0)
		begin_next_wave(plan);
	plan->left--;
	return start(plan, plan->next++, ret_board);
}

enum board_state plan_ended(struct plan *plan, size_t board, enum board_state state)
{
	if (state == BOARD_OFFLINE && plan->rules.offline == OFFLINE_FAIL)
		state = BOARD_FAILED;
	set_state(plan, board, state);
	plan->wave_done += state == BOARD_DONE;
	plan->wave_failed += state == BOARD_FAILED;
	if (plan_has_failed(plan))
		plan->is_stopped = true;
	return state;
}

void plan_stop(struct plan *plan)
{
	plan->is_stopped = true;
}

bool plan_has_failed(const struct plan *plan)
{
	return plan->counts[BOARD_FAILED] > plan->max_failures ||
	       (plan->wave == 0 && plan->canaries > 0 && plan->wave_failed > 0);
}
