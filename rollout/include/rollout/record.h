/*
 * What a rollout has done so far, kept on the disk, so that it can be taken up again: one rollout a fleet, in
 * `rollouts/NAME` of the data directory. A line of JSON for each board that has ended, the release first:
 *
 *	{"fleet": "registry.example.com/team/greenhouse", "release": "sha256:...", "version": "v1.3"}
 *	{"board": "pi-1", "state": "done"}
 *	{"board": "pi-2", "state": "failed", "reason": "service 'app': it is unhealthy"}
 *
 * The file saves asking boards again; what they run is the truth. A line that is cut off, because the machine was, is none.
 * So lines are not forced onto the disk one by one: boards whose lines a loss of power takes are asked again.
 */
#ifndef ROLLOUT_RECORD_H
#define ROLLOUT_RECORD_H

#include "base/err.h"
#include "base/map.h"
#include "image/digest.h"
#include "rollout/plan.h"

struct rollout_record;

/* All borrowed. */
struct record_about {
	const char *fleet; /* its repository: HOST/PATH */
	const struct digest *release;
	const char *version;
	bool again; /* what an earlier one has done does not count */
};

/*
 * One at a time: ERR_DENIED with process and machine when another one of this fleet is under way. What is there of another
 * release is forgotten.
 */
WARN_UNUSED int record_open(const struct record_about *about, struct rollout_record **ret,
			    struct err *err);
void record_free(struct rollout_record *record);

static inline void record_freep(struct rollout_record **record)
{
	record_free(*record);
	*record = NULL;
}

/* By an earlier rollout of this release that has not come to its end. */
bool record_is_done(const struct rollout_record *record, const char *board);
/* `reason` NULL = none. Any thread. */
WARN_UNUSED int record_add(struct rollout_record *record, const char *board, enum board_state state,
			   const char *reason, struct err *err);
/* All boards have the release: the next rollout asks all of them. */
WARN_UNUSED int record_finish(struct rollout_record *record, struct err *err);

/* Without taking part: the boards that an unfinished rollout of the release has done. */
WARN_UNUSED int record_peek(const struct record_about *about, struct strmap *ret, struct err *err);

#endif
