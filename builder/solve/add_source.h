/* What ADD brings from elsewhere: a file of a web server, or the files of a repository. */
#ifndef SOLVE_ADD_SOURCE_H
#define SOLVE_ADD_SOURCE_H

#include "base/str.h"
#include "context/tree.h"
#include "dockerfile/dockerfile.h"
#include "solve/solver.h"

struct add_source;
struct material;

/* By the form of the word alone, as BuildKit decides. */
bool add_source_is(const char *text);
/*
 * `checksum` is the flag's value, NULL = none: a digest for a file, a commit for a repository.
 * `settings` are borrowed; NULL = nothing is lent.
 * ERR_INPUT for what makes no sense, as any in a COPY.
 */
WARN_UNUSED int add_source_parse(const char *text, const struct instruction *instruction,
				 const char *checksum, const struct step_settings *settings,
				 struct add_source **ret, struct err *err);
/* ERR_DENIED where ssh has no key of `ssh` to ask the server with. */
WARN_UNUSED int add_source_check_keys(const struct add_source *source, struct err *err);
void add_source_free(struct add_source *source); /* NULL is fine */

static inline void add_source_freep(struct add_source **source)
{
	add_source_free(*source);
}

/* What a file of it is called; "" = a repository, of which ADD copies what is in it. Borrowed. */
const char *add_source_name(const struct add_source *source);

/* Finds out what it is now: a file is fetched unless it is here, of a repository only the commit. */
WARN_UNUSED int add_source_resolve(struct solver *solver, struct add_source *source,
				   struct err *err);
/* For a key; after add_source_resolve(). */
void add_source_describe(const struct add_source *source, struct str *ret);
/* For provenance; the caller frees its strings. After add_source_resolve(). */
struct material add_source_material(const struct add_source *source);
/* Its files, which live as long as the source: the file's node, or the root. After add_source_resolve(). */
WARN_UNUSED int add_source_open(struct solver *solver, struct add_source *source,
				struct tree **ret_tree, struct tree_node **ret_node,
				struct err *err);

#endif
