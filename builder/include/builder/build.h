/*
 * Building images: a Dockerfile and a context, for one or several platforms, to a manifest or an index in the store;
 * or several of that kind at once.
 *
 *	struct build_request request = { .context_dir = ".", .store = store, .registry = registry, ... };
 *	AUTO(build_result_release) struct build_result result = BUILD_RESULT_INIT;
 *
 *	if (build_run(&request, &result, err) < 0) ...
 *
 * The caller has entered his identity (sandbox/identity.h) and forked the sandbox before; see cli/cmd_build.c.
 */
#ifndef BUILDER_BUILD_H
#define BUILDER_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/map.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "builder/attestation.h"
#include "builder/board.h"
#include "builder/output.h"
#include "builder/secret.h"
#include "context/named_context.h"
#include "context/ssh_agents.h"
#include "image/layer.h"
#include "image/manifest.h"
#include "image/platform.h"
#include "image/store.h"
#include "registry/client.h"
#include "sandbox/sandbox.h"
#include "solve/cache_place.h"
#include "solve/graph.h"

/* -v HOST:CONTAINER[:ro|rw][:cache=path|content|none]: present in every RUN, never in a layer. */
struct build_volume {
	char *source; /* absolute, exists */
	char *target; /* absolute */
	bool read_only;
	enum volume_cache cache;
};

struct build_volumes {
	struct build_volume *items;
	size_t len, cap;
};

/* ERR_USAGE with what is wrong: missing source, relative target, unknown option. `base_dir` resolves relative sources. */
WARN_UNUSED int build_volume_parse(const char *text, const char *base_dir, struct build_volume *ret,
				   struct err *err);
void build_volumes_release(struct build_volumes *v);

/* What one image of the result is for. */
struct build_machine {
	struct platform platform;
	/* Chooses the Dockerfile and fills it in; NULL = just the platform. */
	const struct build_board *board;
	const char *cpu_model; /* QEMU_CPU in its RUN steps; NULL = the platform's default */
};

/* A time that is now, whatever the Dockerfile says. */
#define BUILD_EPOCH_NONE (-2)
/* The last second of the year 9999: times in an image are those of RFC 3339, whose years have four digits. */
#define BUILD_EPOCH_MAX 253402300799

/* All borrowed for the call. */
struct build_request {
	const char *name; /* tells it from others of the same build; NULL = there is only one */
	const char *context_dir; /* a directory, or what context/remote_context.h knows */
	/*
	 * NULL = Dockerfile in the context; "-" = the standard input; an http or https address; else relative to
	 * the working directory, or in a remote context.
	 */
	const char *dockerfile;
	const char *
		dockerfile_text; /* the file itself, and `dockerfile` is what it is called; NULL = read it */
	int stdin_fd;            /* what "-" reads */
	const struct build_machine *machines; /* none = this one; no two of the same platform */
	size_t machine_count;
	const struct named_contexts *contexts; /* --build-context; NULL = none */
	const char *target;                    /* a stage's name; NULL = the last */
	const struct strmap *build_args; /* value NULL = from our environment, if it is there */
	const struct strmap *labels;
	bool label_vcs; /* labels of the repository that the context is in, where labels does not set them */
	const struct build_volumes *volumes;
	struct ssh_agents *ssh;              /* --ssh; NULL = none */
	const struct build_secrets *secrets; /* NULL = none; so are the next */
	const struct step_options *steps;    /* what RUN steps have in common */
	bool live_directives; /* balena's dev-cmd-live and its like count: driver/live_directives.h */
	const struct strvec *tags; /* names that the result gets in the store */
	bool no_cache;
	const struct cache_places *cache_from, *cache_to; /* NULL = none */
	bool explain;                         /* say at the end why steps were executed */
	const struct strvec *no_cache_stages; /* names or numbers of stages; NULL = none */
	unsigned jobs;                        /* steps at once; 0 = one per processor */
	bool pull;                 /* ask the registry for bases even if the store has them */
	int64_t source_date_epoch; /* -1 = the Dockerfile's, else now; or BUILD_EPOCH_NONE */
	struct layer_options layers;
	const struct build_outputs *outputs;           /* NULL, none = build_output_default() */
	int stdout_fd;                                 /* what the destination "-" is */
	const struct build_attestations *attestations; /* NULL = none */

	struct store *store;
	struct registry *registry;
	struct sandbox *sandbox;
	const struct monitor *monitor;
};

/* The steps of a build that run on one platform, which is not the image's where FROM --platform says so. */
struct platform_steps {
	struct platform platform;
	unsigned cached, executed, shared;
};

struct build_result {
	/* Of the first output that is an image: a manifest for one platform, else an index. Empty = none is. */
	struct descriptor target;
	struct digest config; /* of a single-platform image; empty otherwise */
	/* For each output what it is, in the store: media_type NULL where it is no image. */
	struct descriptors images;
	/* Its steps; those that another target of the build, or another platform, stands for are shared. */
	unsigned cached_steps, executed_steps, shared_steps;
	struct {
		struct platform_steps *items;
		size_t len, cap;
	} platforms;          /* the same, one by one */
	uint64_t emulated_ns; /* spent in emulated steps */
};

#define BUILD_RESULT_INIT         \
	{                         \
		.cached_steps = 0 \
	}

/*
 * Errors: ERR_INPUT with all problems of the Dockerfile rendered, ERR_CHILD for a RUN step that failed (child_status set,
 * span = its lines), ERR_CANCELLED, and those of the rooms below. Nothing is tagged unless all platforms succeeded.
 */
WARN_UNUSED int build_run(const struct build_request *request, struct build_result *ret,
			  struct err *err);
/*
 * Several at once, as one graph: what they have in common is done once, and the first failure ends all. They have names,
 * by which a named context can mean another one's result (NAMED_TARGET), and the same store, registry, sandbox and
 * monitor. `ret` has a result for each. Errors begin with the name; ERR_INPUT also for targets that are made from
 * each other. Nothing is tagged unless all succeeded.
 */
WARN_UNUSED int build_run_all(const struct build_request *requests, size_t count,
			      struct build_result *ret, struct err *err);
void build_result_release(struct build_result *result);

#endif
