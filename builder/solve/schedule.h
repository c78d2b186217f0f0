/*
 * Work with dependencies, done by several threads: what does not depend on each other at the same
 * time. Of what could be next always that which most work hangs on, else the first.
 *
 *	AUTO(schedule_freep) struct schedule *schedule = schedule_new(count);
 *
 *	schedule_set_cost(schedule, item, cost);
 *	schedule_add_dependency(schedule, item, on);
 *	schedule_run(schedule, jobs, run_item, arg, err);
 */
#ifndef SOLVE_SCHEDULE_H
#define SOLVE_SCHEDULE_H

#include <stddef.h>

#include "base/err.h"

struct schedule;

/* Does one item; called from any thread, for different items at the same time. */
typedef int schedule_fn(void *arg, size_t item, struct err *err);
/* Tells the items that run to end; called once, when the failure of the first has been noted. */
typedef void schedule_stop_fn(void *arg);

struct schedule *schedule_new(size_t count);
void schedule_freep(struct schedule **schedule);
/* How long it takes, in any unit: 0 unless told. */
void schedule_set_cost(struct schedule *schedule, size_t item, unsigned cost);
/* `item` waits for `on`, which must have the smaller number: no circle can arise. */
void schedule_add_dependency(struct schedule *schedule, size_t item, size_t on);
/*
 * Runs every item once. After a failure nothing new is begun; what runs is told by `stop`, which may
 * be NULL, and waited for. err is that of the item that failed first: what fails because it was
 * stopped never takes its place. The calling thread works, too.
 */
WARN_UNUSED int schedule_run(struct schedule *schedule, unsigned jobs, schedule_fn *run,
			     schedule_stop_fn *stop, void *arg, struct err *err);

#endif
