/*
 * The timeline of a command in the Chrome trace format ("Trace Event Format", a JSON array of complete events), which
 * chrome://tracing, ui.perfetto.dev and speedscope.app show.
 */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include <stdint.h>

#include "base/str.h"
#include "step.h"

/*
 * One event for each step that has started, and for each transfer: name, cat ("step", "transfer"), ph "X", ts and dur in
 * microseconds since `started`, pid 1 for steps and 2 for transfers, tid the lane: what runs at the same time has
 * different ones, and as few as can be. args: state, cached, emulated, platform; of a transfer bytes and its step.
 * What still runs ends `now`. In the order of time.
 */
void trace_format(const struct steps *steps, uint64_t started, uint64_t now, struct str *out);

#endif
