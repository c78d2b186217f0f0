/*
 * A build as a graph: each instruction that makes files is a vertex. A vertex changes the file
 * system of its parent and adds one layer to it; it may read others (COPY --from, RUN
 * --mount=from=). Everything that decides its result stands in the vertex, with all variables
 * expanded, so that its key can be computed (solve/key.h) without looking at the Dockerfile again.
 * Results are kept in the vertex as well: vertices that do not depend on each other share nothing.
 */
#ifndef SOLVE_GRAPH_H
#define SOLVE_GRAPH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"
#include "context/hash.h"
#include "context/ignore.h"
#include "context/ssh_agents.h"
#include "context/tree.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/mode_change.h"
#include "image/config.h"
#include "image/digest.h"
#include "image/layer.h"
#include "image/platform.h"
#include "image/reference.h"
#include "sandbox/sandbox.h"
#include "solve/secret_values.h"

struct cache_source;
struct vertex;

struct vertices {
	struct vertex **items;
	size_t len, cap;
};

/* An image that stages start from, or that files are copied from. */
struct base_image {
	char *name; /* as the Dockerfile calls it */
	struct image_ref ref;
	struct platform platform; /* as asked for */
	struct digest digest;     /* of the manifest */
	struct image_config config;
	struct descriptors layers;
};

/* Files to copy from: the build context, or one that has a name (--build-context). */
struct context_files {
	struct tree *tree;
	struct hash_cache *hashes; /* NULL = nothing is remembered of its files */
	/* What messages about missing files are made of. */
	const char *dir;
	const struct ignore *ignore; /* NULL = nothing is left out */
	const char *ignore_name;
	struct span ignore_text;
};

/* How a build-time volume takes part in cache keys. */
enum volume_cache {
	VOLUME_BY_PATH,    /* by where it is: what is in it does not count */
	VOLUME_BY_CONTENT, /* by what is in it: where it is does not count */
	VOLUME_NEVER,      /* steps that see it are executed every time */
};

/* -v: in every RUN, in no layer. */
struct step_volume {
	struct sandbox_mount mount; /* its strings are borrowed */
	enum volume_cache cache;
	char *identity; /* by path: that; by content: a digest */
};

struct step_volumes {
	struct step_volume *items;
	size_t len, cap;
};

/* What the steps of one target have in common; a graph can hold several targets. All borrowed. */
struct step_settings {
	const char *name;                    /* the target's; NULL = there is only one */
	const struct context_files *context; /* the build context */
	const struct step_volumes *volumes;  /* NULL = none */
	struct ssh_agents *ssh;              /* --ssh; NULL = none, as for the next two */
	const struct secret_values *secrets;
	const struct step_options *options; /* limits and the like of RUN */
	struct layer_options layers;
	int64_t epoch; /* SOURCE_DATE_EPOCH; -1 = none */
	bool no_cache;
	const struct strvec *no_cache_stages; /* the same for some; NULL = none */
};

enum vertex_kind {
	VERTEX_SCRATCH, /* the empty file system */
	VERTEX_IMAGE,
	VERTEX_RUN,
	VERTEX_COPY, /* COPY and ADD */
	VERTEX_WORKDIR,
};

/* A mount of a RUN step, evaluated. */
struct run_mount {
	enum mount_type type;
	/* bind, cache: whose files; NULL = those of `files`, for a cache: nothing */
	struct vertex *from;
	const struct context_files *files; /* NULL = the build context; borrowed */
	char *from_name;                   /* as written */
	char *source;                      /* path in `from`, cleaned, relative to its root */
	char *target;                      /* absolute, cleaned */
	char *id;                          /* cache, secret, ssh */
	char *env; /* secret: the variable that has it; NULL = none. Without a file target is NULL */
	bool read_only;
	bool required;              /* secret, ssh */
	enum mount_sharing sharing; /* cache */
	uint64_t size;              /* tmpfs; 0 = the kernel's default */
	unsigned mode;              /* cache, secret, ssh */
	unsigned uid, gid;
};

struct run_mounts {
	struct run_mount *items;
	size_t len, cap;
};

struct run_vertex {
	struct strvec argv;
	struct strmap env;     /* what counts for the key */
	struct strmap proxies; /* what does not */
	struct strmap scripts; /* heredocs with #!: name -> text */
	char *user;            /* NULL = root */
	char *cwd;
	char *hostname; /* NULL = the usual one */
	enum sandbox_network network;
	bool insecure;
	struct run_mounts mounts;
};

struct add_source;

struct copy_argument {
	char *path;                /* heredoc: its name */
	char *text;                /* heredoc: its body; NULL = a path */
	struct add_source *remote; /* ADD of an address; NULL = a path */
	struct word place;
};

struct copy_arguments {
	struct copy_argument *items;
	size_t len, cap;
};

struct copy_vertex {
	bool is_add, link, parents;
	enum copy_unpack unpack;
	struct vertex *from;               /* NULL = a context: `files` */
	const struct context_files *files; /* NULL = the build context; borrowed */
	char *from_name;                   /* as written; NULL = the build context */
	struct copy_arguments arguments;
	char *dest;               /* absolute; ends in '/' when it must be a directory */
	char *chown;              /* NULL = as the source has it, root from the context */
	struct mode_change *mode; /* NULL = as the source has it */
	struct strvec excludes;
};

struct workdir_vertex {
	char *path; /* absolute */
	char *user; /* its owner; NULL = root */
};

enum vertex_state {
	VERTEX_PENDING,
	VERTEX_CACHED, /* `layer` is known and its blob is in the store */
	VERTEX_DONE,   /* it has been executed */
};

struct vertex {
	enum vertex_kind kind;
	size_t index;           /* in the graph */
	struct vertex *parent;  /* NULL = a source: scratch or an image */
	struct vertices inputs; /* others that it reads; borrowed */
	struct platform platform;
	size_t depth;                          /* layers of its file system */
	char *title;                           /* "RUN make" */
	char *prefix;                          /* "[builder 2/5] " */
	const struct instruction *instruction; /* borrowed from the Dockerfile; NULL = scratch */
	const char *file;                      /* the Dockerfile's name, for messages; borrowed */
	const struct step_settings *settings;  /* borrowed; NULL for sources */
	const struct stage *stage;             /* that it is a step of; borrowed; NULL = of none */
	bool is_result;                        /* the file system of a wanted image */
	bool exported; /* its layers are part of an image that has to be whole in the store */

	union {
		const struct base_image *image; /* borrowed */
		struct run_vertex run;
		struct copy_vertex copy;
		struct workdir_vertex workdir;
	};

	/* Its identity: see key.h. */
	struct str definition; /* empty: `own` was remembered (solve/copy_memory.h) */
	struct digest own, whole;
	struct digest chain; /* of its file system; empty until its layers are known */
	/* An earlier vertex that is the same, which does the work for both; NULL = none. */
	struct vertex *twin;

	/* What is found out about it. */
	enum vertex_state state;
	bool forced;           /* to be executed whatever is in the cache */
	bool stands_on_forced; /* it, or something below it or that it reads, is forced */
	bool is_assumed;       /* CACHED by the definition of what it reads: see `assumed` */
	bool is_strict;        /* is not to be found by the definition of what it reads */
	bool needed;           /* a result takes its files, or a step that may run reads them */
	bool files_wanted;     /* a step that may run reads these files */
	bool files_needed_now; /* a step that will run does */
	struct strvec assumed; /* the file systems that its layer was read from, if it is cached */
	unsigned step;         /* of the monitor; 0 = not announced */
	bool has_ended;        /* as the monitor was told */
	bool was_executed;     /* its layer was made by this build */
	bool was_shown;        /* an image: its step has begun */
	pthread_mutex_t unpacking;   /* an image: held while it is fetched or unpacked */
	struct cache_source *origin; /* whose cache has its blob; NULL = the store; borrowed */
	bool is_unrecorded; /* a file changed while it was read: its key does not say what it is */
	struct layer layer;
	int64_t created; /* when the layer was made, seconds since the epoch */
	bool emulated;
	uint64_t elapsed_ns;
	char *reason; /* why it was not found in the cache; NULL = it was, or is not known yet */
};

struct graph {
	struct vertices vertices; /* owned; each behind those that it depends on */
};

void graph_release(struct graph *graph);
/* A new vertex at the end; owned by the graph. */
struct vertex *graph_add(struct graph *graph, enum vertex_kind kind, struct vertex *parent,
			 const struct platform *platform);
/* For tests and messages: one line per vertex, `N kind parent [inputs] definition`. */
void graph_dump(const struct graph *graph, struct str *out);

/* The context of that name; NULL = the build context. */
const struct context_files *vertex_files(const struct vertex *vertex,
					 const struct context_files *named);
/* mtime of what the builder itself makes: SOURCE_DATE_EPOCH, else a fixed time. */
struct timespec vertex_made_time(const struct vertex *vertex);
/* The vertex whose result counts: itself or its twin. */
struct vertex *vertex_result(struct vertex *vertex);
/*
 * Fills the span of err with the vertex's instruction unless a place stands there already, and puts
 * the target's name before the message; returns -1.
 */
int vertex_error(const struct vertex *vertex, struct err *err);
void base_image_release(struct base_image *image);

#endif
