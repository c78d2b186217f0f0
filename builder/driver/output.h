/* The last part of a build: what was solved becomes images, archives and files, as the request's outputs say. */
#ifndef DRIVER_OUTPUT_H
#define DRIVER_OUTPUT_H

#include "base/err.h"
#include "builder/build.h"
#include "solve/plan.h"
#include "source.h"

/* Do the layers of base images have to be here? Not when nothing is written. */
bool outputs_want_layers(const struct build_request *request);
/* Mistakes that need not wait for the end of the build: ERR_USAGE, ERR_UNSUPPORTED. */
WARN_UNUSED int outputs_check(const struct build_request *request, struct err *err);

/* What is asked for, and what there is to make it from. */
struct output_image {
	const struct planned_image *planned; /* borrowed, like the source */
	const struct build_source *source;
};

struct output_job {
	const struct build_request *request;
	int64_t epoch; /* SOURCE_DATE_EPOCH; -1 = none */
	struct {
		struct output_image *items;
		size_t len, cap;
	} images; /* one for each platform */
};

void output_job_release(struct output_job *job);

/*
 * Steps of the monitor, one for each output. Fills target, config and images of *ret. What is to be tagged or pushed is
 * not yet.
 */
WARN_UNUSED int outputs_write(const struct output_job *job, struct build_result *ret,
			      struct err *err);
/* Names in the store for what was written. */
WARN_UNUSED int outputs_tag(const struct build_request *request, const struct build_result *result,
			    struct err *err);

#endif
