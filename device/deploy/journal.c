#include "journal.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "device/container.h"
#include "device/resource.h"

void journal_release(struct journal *journal)
{
	VEC_FOREACH(change, &journal->containers) {
		free(change->id);
		free(change->old_id);
		free(change->old_name);
	}
	free(journal->containers.items);
	VEC_FOREACH(network, &journal->removed)
		json_decref(*network);
	free(journal->removed.items);
	VEC_FOREACH(detached, &journal->detached) {
		free(detached->network);
		free(detached->container);
		json_decref(detached->endpoint);
	}
	free(journal->detached.items);
	strvec_release(&journal->networks);
	strvec_release(&journal->volumes);
	*journal = (struct journal){ .networks = STRVEC_INIT, .volumes = STRVEC_INIT };
}

static void add(struct journal *journal, const char *id, const struct deployed *old)
{
	*VEC_ADD(&journal->containers) = (struct change){
		.id = xstrdup_or_null(id),
		.old_id = old ? xstrdup(old->id) : NULL,
		.old_name = old ? xstrdup(old->name) : NULL,
		.old_ran = old && old->is_running,
	};
}

void journal_made(struct journal *journal, const char *id)
{
	add(journal, id, NULL);
}

void journal_replaced(struct journal *journal, const char *id, const struct deployed *old)
{
	add(journal, id, old);
}

void journal_touched(struct journal *journal, const struct deployed *container)
{
	add(journal, NULL, container);
}

bool journal_is_empty(const struct journal *journal)
{
	return journal->containers.len + journal->networks.len + journal->volumes.len +
		       journal->removed.len + journal->detached.len ==
	       0;
}

void journal_removed(struct journal *journal, const json_t *network)
{
	*VEC_ADD(&journal->removed) = json_deep_copy(network);
}

void journal_disconnected(struct journal *journal, const char *network, const char *container,
			  json_t *endpoint)
{
	*VEC_ADD(&journal->detached) = (struct detached){
		.network = xstrdup(network),
		.container = xstrdup(container),
		.endpoint = json_incref(endpoint),
	};
}

/* Those that use another one's namespace come after it, and go before it. */
int journal_commit(const struct journal *journal, struct engine *engine, struct err *err)
{
	for (size_t i = journal->containers.len; i-- > 0;) {
		const struct change *change = &journal->containers.items[i];

		if (change->id && change->old_id &&
		    container_remove(engine, change->old_id, false, err) < 0)
			return -1;
	}
	return 0;
}

/* The first failure counts; what comes after it is tried all the same. */
static void note(int status, struct err *problem, int *ret_status, struct err *err)
{
	if (status < 0 && *ret_status == 0 && err)
		err_move(err, problem);
	else
		err_clear(problem);
	if (status < 0)
		*ret_status = -1;
}

static int put_back(const struct change *change, struct engine *engine, struct err *err)
{
	/* It has its name when it was not replaced yet. */
	if (change->id)
		(void)!container_rename(engine, change->old_id, change->old_name, NULL);
	if (change->old_ran)
		return container_start(engine, change->old_id, err);
	/* One that was replaced was stopped for that; one that was not replaced was started. */
	return change->id ? 0 : container_stop(engine, change->old_id, -1, err);
}

static void remove_made(struct journal *journal, struct engine *engine, int *status,
			struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	for (size_t i = journal->containers.len; i-- > 0;) {
		const struct change *change = &journal->containers.items[i];

		/* The volumes of one that replaces another are those of that one. */
		if (change->id)
			note(container_remove(engine, change->id, !change->old_id, &problem),
			     &problem, status, err);
	}
	VEC_FOREACH(name, &journal->networks)
		note(network_remove(engine, *name, &problem), &problem, status, err);
	VEC_FOREACH(name, &journal->volumes)
		note(volume_remove(engine, *name, &problem), &problem, status, err);
}

/* The request that makes a network which an engine described. */
static json_t *network_body(const json_t *network)
{
	static const char *const keys[] = { "Name",     "Driver",     "Options",    "IPAM",
					    "Internal", "Attachable", "EnableIPv6", "Labels" };
	json_t *body = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(network, keys[i]);

		if (value && !json_is_null(value))
			json_object_set(body, keys[i], value);
	}
	return body;
}

static void restore(struct journal *journal, struct engine *engine, int *status, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	VEC_FOREACH(network, &journal->removed) {
		json_auto_t *body = network_body(*network);

		note(network_create(engine, body, &problem), &problem, status, err);
	}
	VEC_FOREACH(detached, &journal->detached)
		note(network_connect(engine, detached->network, detached->container,
				     detached->endpoint, &problem),
		     &problem, status, err);
	VEC_FOREACH(change, &journal->containers) {
		if (change->old_id)
			note(put_back(change, engine, &problem), &problem, status, err);
	}
}

int journal_undo(struct journal *journal, struct engine *engine, struct err *err)
{
	int status = 0;

	engine_ignore_cancel(engine, true);
	remove_made(journal, engine, &status, err);
	restore(journal, engine, &status, err);
	engine_ignore_cancel(engine, false);
	journal_release(journal);
	return status;
}
