/*
 * What a deployment has changed on the board so far: kept until all of it runs, so that a failure leaves the board as it
 * was. A container that is replaced stays there, stopped and under another name, until then.
 */
#ifndef DEPLOY_JOURNAL_H
#define DEPLOY_JOURNAL_H

#include <jansson.h>

#include "base/vec.h"
#include "state.h"

struct change {
	char *id; /* of the container that was made; NULL = it was only started, or stopped */
	char *old_id, *old_name; /* of the one that it replaces; NULL = none */
	bool old_ran;
};

struct journal {
	struct {
		struct change *items;
		size_t len, cap;
	} containers;
	struct strvec networks, volumes; /* that were made: names */
	struct {
		json_t **items; /* as the engine described them */
		size_t len, cap;
	} removed; /* networks */
	struct {
		struct detached {
			char *network, *container;
			json_t *endpoint;
		} * items;
		size_t len, cap;
	} detached;
};

void journal_release(struct journal *journal);
/* Nothing has been changed. */
bool journal_is_empty(const struct journal *journal);

void journal_made(struct journal *journal, const char *id);
void journal_replaced(struct journal *journal, const char *id, const struct deployed *old);
/* A network that was removed, by the engine's description; and a container that was taken off one before. */
void journal_removed(struct journal *journal, const json_t *network);
void journal_disconnected(struct journal *journal, const char *network, const char *container,
			  json_t *endpoint);
/* A container that stays, but for whether it runs. */
void journal_touched(struct journal *journal, const struct deployed *container);

/* All is well: the containers that were replaced go. */
WARN_UNUSED int journal_commit(const struct journal *journal, struct engine *engine,
			       struct err *err);
/*
 * Puts back what was there, even when the user has stopped us. Does what it can; *err is the first thing that
 * could not be done.
 */
WARN_UNUSED int journal_undo(struct journal *journal, struct engine *engine, struct err *err);

#endif
