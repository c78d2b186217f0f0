/*
 * From a Dockerfile to a graph: the stages that the target needs, instruction by instruction, with
 * all variables expanded. Only base images are asked for on the way, because their environment,
 * triggers and configuration take part; nothing is pulled and nothing is executed.
 *
 *	struct plan_request request = { .file = &file, .bases = &bases.finder, ... };
 *	plan_image(&graph, &request, &image, err);
 */
#ifndef SOLVE_PLAN_H
#define SOLVE_PLAN_H

#include "base/err.h"
#include "base/map.h"
#include "dockerfile/dockerfile.h"
#include "image/config.h"
#include "image/platform.h"
#include "solve/graph.h"

/* Who knows images: the store and the registry, or a test. */
struct base_finder {
	/* *ret is borrowed and lives as long as the finder. Errors need not name the image. */
	int (*find)(struct base_finder *finder, const char *name, const struct platform *platform,
		    const struct base_image **ret, struct err *err);
};

struct planned_image;

/* What --build-context makes of a name. */
struct named_source {
	bool is_known; /* else it means what it would mean anyway */
	/* As long as the finder lives; neither = an image, which the base finder knows by this name. */
	const struct context_files *files;
	const struct planned_image *result; /* of another target */
};

struct context_finder {
	int (*find)(struct context_finder *finder, const char *name,
		    const struct platform *platform, struct named_source *ret, struct err *err);
};

/* All borrowed; file, settings, bases and contexts must outlive the graph. */
struct plan_request {
	struct dockerfile *file;
	const char *file_name; /* for messages */
	const struct platform *platform;
	bool platform_is_given; /* asked for: the image is of that platform, whatever it starts from */
	const struct platform *build_platform; /* this machine's */
	const char *cpu_model; /* QEMU_CPU in RUN steps for that platform; NULL = the default */
	const char *target;    /* NULL = the last stage */
	const struct strmap *build_args;
	const struct step_settings *settings; /* of all steps */
	bool show_platform;                   /* in the names of steps: there are several */
	struct base_finder *bases;
	struct context_finder *contexts; /* NULL = none have names */
};

/* A line of the image's history. */
struct planned_line {
	char *created_by, *comment;
	struct vertex *vertex; /* whose layer it is; NULL = empty_layer */
};

struct planned_lines {
	struct planned_line *items;
	size_t len, cap;
};

struct planned_image {
	struct vertex *top;
	struct image_config config; /* without the layers and history of this build */
	struct planned_lines lines; /* behind the history of the base */
};

/*
 * Adds the vertices of one platform. Errors have kind and place: ERR_INPUT for what the Dockerfile
 * says, ERR_NOT_FOUND and others from the base images.
 */
WARN_UNUSED int plan_image(struct graph *graph, const struct plan_request *request,
			   struct planned_image *ret, struct err *err);
/*
 * What a plan would say of a source of COPY or ADD, which is all that can be said before it is asked for. `checksum` may
 * be NULL. ERR_INPUT.
 */
WARN_UNUSED int plan_check_source(const struct instruction *instruction, const char *path,
				  const char *checksum, struct err *err);
void planned_image_release(struct planned_image *image);

#endif
