/* A RUN step of a few microseconds, executed as those of builds are. */
#ifndef DOCTOR_STEP_H
#define DOCTOR_STEP_H

#include "doctor/check.h"
#include "image/platform.h"

/*
 * Runs the program of probe.h for the platform in the context's sandbox. With `overlay` its file is in a lower directory,
 * as those of base images are. ERR_CHILD when it ends otherwise than it should; else errors are those of sandbox_run().
 */
WARN_UNUSED int step_try(const struct check_context *context, const struct platform *platform,
			 bool overlay, struct err *err);

#endif
