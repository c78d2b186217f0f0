/* What the stages of the loader share. Each stage is a walk over the tree, guided by the tables of attr.h. */
#ifndef LOADER_H
#define LOADER_H

#include "attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/yaml.h"
#include "compose/load.h"

/* A file that was read, or stdin. */
struct source {
	struct diags diags; /* the problems in it */
	char *path;         /* absolute */
	struct str text;
	struct yaml_mark
		from; /* the `include` or `extends` that names it; no file = the command line */
	struct yaml_documents documents;
};

struct sources {
	struct source **items;
	size_t len, cap;
};

struct loader {
	struct arena *arena;
	const struct compose_options *options;
	struct sources sources;
	const char *directory; /* of the project */
	const char *name;
	const char *namesake; /* what the project is called after when nothing says it: a path */
	struct strmap env;    /* for interpolation: the process environment over the env files */
	struct environments { /* those of files that are included */
		struct strmap **items;
		size_t len, cap;
	} environments;
	struct families { /* files that services extend, once loaded */
		struct family *items;
		size_t len, cap;
	} families;
	struct strvec
		inputs; /* env files and label files, absolute, whether they are there or not */
	struct strmap resources; /* those that were fetched: where they are */
	struct str notes;        /* warnings without a place */
};

/* The paths below which tags were found, as keys from the root. */
struct tagged {
	struct tag_path {
		const char **keys;
		size_t len;
	} * items;
	size_t len, cap;
};

/* The services of a file, among which `extends` looks. */
struct family {
	const char *path; /* absolute */
	const struct strmap *env;
	struct yaml *services;
	struct tagged tagged;
};

/* What files that are loaded together, with those that they include, need to know of where they are. */
struct scope {
	const char *directory; /* what relative paths in them mean: absolute */
	const char *way;       /* the same, from the directory of the scope above; "." at the top */
	const struct strmap *env;
	const struct scope *up;      /* of the file that includes these */
	const struct source *source; /* the file that is at work */
};

/* Problems at a place: "services.web.image: ..." */
struct diag *place_problem(const struct yaml_mark *mark, const struct place *place,
			   enum diag_level level, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same from an error object. */
void place_problem_err(const struct yaml_mark *mark, const struct place *place,
		       const struct err *err);
/*
 * A node of which a problem was told: it is left out, and the rest looked at, so that all problems
 * come in one run.
 */
void refuse_node(struct yaml *node);
bool is_refused(const struct yaml *node);
/* How many errors there are in all files so far. */
size_t loader_errors(const struct loader *loader);

/* Reads a file; problems with it are errors at `from`, or in `err` when that has no file. */
WARN_UNUSED int source_read(struct loader *loader, const char *path, const struct yaml_mark *from,
			    struct source **ret, struct err *err);
/* The path of the file that `name` means in a file of `directory`; brings it here if it is elsewhere. */
WARN_UNUSED int resource_find(struct loader *loader, const char *directory, const char *name,
			      char **ret, struct err *err);
/*
 * The way from the directory of a file to that of the one that it names, as paths show it: absolute
 * when that is elsewhere. The caller frees.
 */
char *resource_way(const char *from, const char *name, const char *to);
/* Parses it; false when it has problems. */
bool source_parse(struct loader *loader, struct source *source);
void sources_release(struct sources *sources);
/* All errors of all files as one; 0 when there are none. */
WARN_UNUSED int sources_check(const struct sources *sources, struct err *err);
void sources_warnings(struct sources *sources, struct str *out);

/* The stages, in their order. */
void tags_take(struct loader *loader, struct yaml *document, struct tagged *ret);
void tags_apply(const struct tagged *tagged, struct yaml *tree);
/* A scalar as the text that a variable or a label gets: as Go prints it. */
const char *value_text(struct arena *arena, const struct yaml *scalar);
/* Makes a string the number or boolean that its attribute wants; a problem when it is none. */
void cast_scalar(struct arena *arena, struct yaml *node, const struct attr *attr,
		 const struct place *place);
void interpolate_document(struct loader *loader, struct yaml *document, const struct strmap *env);
void include_apply(struct loader *loader, struct yaml *document, const struct tagged *tagged,
		   const struct scope *scope);
void extends_apply(struct loader *loader, struct yaml *document, const struct tagged *tagged,
		   const struct scope *scope);
/* Merges `other` over `base`; returns the result, which may be either. */
struct yaml *merge_trees(struct arena *arena, struct yaml *base, struct yaml *other,
			 const struct attr *attr, const struct place *place);
void unique_apply(struct arena *arena, struct yaml *tree, const struct attr *attr);
/* Takes out what is wrong; false when that is the node itself. */
bool validate_tree(struct arena *arena, struct yaml *node, const struct attr *attr,
		   const struct place *place);
/* Short forms to long ones. `lenient` leaves what it cannot read: variables may stand in it. */
void expand_forms(struct arena *arena, struct yaml *document, bool lenient);
void set_defaults(struct loader *loader, struct yaml *document);
void check_nodes(struct yaml *document);
void resolve_paths(struct loader *loader, struct yaml *document, const char *directory);
/* The way from one absolute directory to another; the caller frees. */
char *relative_path(const char *from, const char *to);
void resolve_environment(struct loader *loader, struct yaml *document, const struct strmap *env);
void normalize_model(struct loader *loader, struct yaml *document);
/* Values to their final forms (attr.h). */
void settle_forms(struct loader *loader, struct yaml *document);

/*
 * Loads the documents of a file into `tree`, over what is there, up to the expansion of short forms;
 * false when there were errors: the tree then lacks what is wrong. A file that is only extended is not validated: what comes out is.
 */
bool load_source(struct loader *loader, struct source *source, const struct scope *scope,
		 bool is_extended, struct yaml **tree, struct tagged *ret_tagged);
/* All files of one model: the project's, or those of an include. NULL when there is none. */
struct yaml *load_model(struct loader *loader, const struct sources *sources,
			const struct scope *scope);

/* Long forms; what is long already, or something else, comes back as it is. */
struct yaml *to_pairs_list(struct arena *arena, struct yaml *node);   /* a list of "key=value" */
struct yaml *to_build_map(struct arena *arena, struct yaml *node);    /* {context: ...} */
struct yaml *to_dependencies(struct arena *arena, struct yaml *node); /* {NAME: {condition: ...}} */
struct yaml *to_names_map(struct arena *arena, struct yaml *node);    /* {NAME: null} */

#endif
