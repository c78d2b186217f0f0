#include "rollout_dry_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "table.h"

/* What a board said: its release, or why it said nothing. */
struct answer {
	char *from, *problem;
};

struct looking {
	const struct rollout_site *site;
	struct answer *answers; /* by board */
};

static void looking_release(struct looking *looking)
{
	for (size_t i = 0; looking->answers && i < looking->site->boards.len; i++) {
		free(looking->answers[i].from);
		free(looking->answers[i].problem);
	}
	free(looking->answers);
}

static void take_answer(void *data, const struct rollout_event *event)
{
	struct looking *looking = data;
	struct answer *answer = &looking->answers[event->board];

	if (event->kind != ROLLOUT_END)
		return;
	answer->from = xstrdup_or_null(event->report->from);
	answer->problem = event->state == BOARD_DONE ? NULL : xstrdup(event->text ?: "");
}

static int look(struct looking *looking, struct err *err)
{
	const struct rollout_site *site = looking->site;
	const struct plan_rules rules = { .wave = { 100, true },
					  .max_failures = { 100, true },
					  .offline = OFFLINE_SKIP };
	AUTO(plan_release) struct plan plan;
	struct rollout rollout = { .boards = &site->boards,
				   .plan = &plan,
				   .parallel = (unsigned)site->args->parallel,
				   .monitor = &site->session.monitor,
				   .bring = delivery_look,
				   .data = site->delivery,
				   .tell = take_answer,
				   .tell_data = looking };

	plan_init(&plan, site->boards.len, &rules);
	return rollout_run(&rollout, err);
}

/* --- what comes of it --- */

static void add_row(const struct looking *looking, size_t board, unsigned wave, struct table *table)
{
	const struct answer *answer = &looking->answers[board];
	AUTO(freep) char *number = xasprintf("%u", wave);
	bool is_done = looking->site->plan.states[board] == BOARD_DONE;

	table_add(table, is_done ? "done" : wave == 0 ? "canary" : number);
	table_add(table, looking->site->boards.items[board].name);
	table_add(table, answer->from ?: "-");
	table_add(table, answer->problem ?: "");
}

static void add_object(const struct looking *looking, size_t board, unsigned wave, struct str *out)
{
	const struct answer *answer = &looking->answers[board];
	bool is_done = looking->site->plan.states[board] == BOARD_DONE;
	json_auto_t *object = json_pack("{s:s}", "event", "plan");

	json_object_set_new(object, "wave", is_done ? json_null() : json_integer(wave));
	json_set_string(object, "board", looking->site->boards.items[board].name);
	json_object_set_new(object, "done", json_boolean(is_done));
	json_object_set_new(object, "from", answer->from ? json_string(answer->from) : json_null());
	json_set_string(object, "to", looking->site->release.version);
	if (answer->problem)
		json_set_string(object, "reason", answer->problem);
	json_write(object, out);
	str_addc(out, '\n');
}

static void show(const struct looking *looking, struct str *out)
{
	static const char *const head[] = { "WAVE", "BOARD", "RUNS", "" };
	const struct rollout_site *site = looking->site;
	AUTO(table_release) struct table table;
	size_t position = 0;

	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	for (size_t i = 0; i < site->boards.len; i++) {
		unsigned wave = plan_wave_at(&site->plan, position);

		position += site->plan.states[i] == BOARD_PENDING;
		if (site->args->json)
			add_object(looking, i, wave, out);
		else
			add_row(looking, i, wave, &table);
	}
	if (!site->args->json)
		table_format(&table, out);
}

int rollout_dry_run(struct rollout_site *site, struct str *out, struct err *err)
{
	AUTO(looking_release) struct looking looking = { .site = site };

	if (rollout_site_peek(site, err) < 0)
		return -1;
	looking.answers = xcalloc(site->boards.len + 1, sizeof(*looking.answers));
	if (look(&looking, err) < 0)
		return -1;
	show(&looking, out);
	return 0;
}
