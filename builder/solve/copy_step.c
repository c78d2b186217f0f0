#include "copy_step.h"

#include <fcntl.h>
#include <stdlib.h>

#include "accounts.h"
#include "archive.h"
#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "target_digest.h"

#define HEREDOC_MODE 0644

struct copier {
	const struct solver *solver;
	const struct copy_vertex *copy;
	struct timespec made; /* mtime of what has none of its own */
	struct tree *tree;    /* that the source's nodes are of */
	struct target *target;
	struct layer_sink *sink; /* NULL = there is none: archives are not unpacked */
	bool saw_archive;
	struct owner owner; /* --chown, or root */
	bool keep_owner;    /* files of a stage or an image, without --chown */
	unsigned group;
};

/* How directories that lead to the destination are made: with the time of what is put into them. */
static struct target_defaults directory_defaults(const struct copier *copier,
						 const struct tree_node *source)
{
	struct target_defaults defaults = {
		.mode = 0755,
		.owner = copier->owner,
		.mtime = source ? source->st.st_mtim : copier->made,
	};

	(void)mode_change_is_octal(copier->copy->mode,
				   &defaults.mode); /* symbolic: they stay 0755 */
	defaults.mode &= 0777; /* a set-id bit is for what is copied, not for the way to it */
	return defaults;
}

/* An entry like `source`, with the owner and mode that the flags ask for. */
static int put_node(struct copier *copier, struct tree_node *dir, const char *name,
		    struct tree_node *source, struct tree_node **ret, struct err *err)
{
	enum layer_entry_type type = layer_entry_type_of(source->st.st_mode);
	struct target_entry *entry;

	if (target_put(copier->target, dir, name, type, ret, err) < 0)
		return -1;
	entry = target_entry(*ret);
	entry->mode = source->st.st_mode & 07777;
	if (type != LAYER_SYMLINK)
		entry->mode = mode_change_apply(copier->copy->mode, entry->mode, type == LAYER_DIR);
	entry->owner = copier->keep_owner ? (struct owner){ source->st.st_uid, source->st.st_gid }
					  : copier->owner;
	entry->mtime = source->st.st_mtim;
	entry->rdev = source->st.st_rdev;
	entry->tree = copier->tree;
	entry->node = source;
	entry->group = copier->group;
	if (type == LAYER_SYMLINK && tree_read_link(entry->tree, source, &entry->link, err) < 0)
		return -1;
	target_settle(*ret);
	return 0;
}

static int put_text(struct copier *copier, struct tree_node *dir, const char *name,
		    const char *text, struct err *err)
{
	struct tree_node *node = NULL;
	struct target_entry *entry;

	if (target_put(copier->target, dir, name, LAYER_FILE, &node, err) < 0)
		return -1;
	entry = target_entry(node);
	entry->mode = mode_change_apply(copier->copy->mode, HEREDOC_MODE, false);
	entry->owner = copier->owner;
	entry->mtime = copier->made;
	entry->text = text;
	target_settle(node);
	return 0;
}

static int nameless(const struct copier *copier, struct err *err)
{
	(void)err_set(err, ERR_INPUT, "'%s' is a directory, and the address names no file",
		      copier->copy->dest);
	return err_hint(err, "write the destination as the path of a file");
}

/* A file goes to the destination, or into it when it is a directory. */
static int copy_file(struct copier *copier, const struct selection_source *source, struct err *err)
{
	struct target_defaults defaults = directory_defaults(copier, source->node);
	struct tree_node *dir = NULL, *node = NULL;
	AUTO(freep) char *name = NULL, *clean = path_clean(copier->copy->dest);

	if (tree_resolve(target_tree(copier->target), clean, &node, err) < 0)
		return -1;
	if (node && S_ISDIR(node->st.st_mode)) {
		dir = node;
		name = xstrdup(source->name);
		if (!*name)
			return nameless(copier, err);
	} else if (target_make_parent(copier->target, clean, &defaults, &dir, &name, err) < 0) {
		return -1;
	}
	if (!source->node)
		return put_text(copier, dir, name, source->argument->text, err);
	return put_node(copier, dir, name, source->node, &node, err);
}

/*
 * The directory `path` below `top`: it has been put there before, so no link is among its
 * components.
 */
static int find_directory(struct tree *tree, struct tree_node *top, const char *path,
			  struct tree_node **ret, struct err *err)
{
	struct span rest = span_of(path), part;

	*ret = top;
	while (rest.len > 0 && !str_eq(path, ".")) {
		AUTO(freep) char *name = NULL;

		(void)span_cut(&rest, '/', &part);
		name = span_dup(part);
		if (tree_find(tree, *ret, name, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* The contents of a directory go into the destination, which is made like any missing directory. */
static int copy_directory(struct copier *copier, const struct selection_source *source,
			  struct err *err)
{
	struct target_defaults defaults = directory_defaults(copier, source->node);
	AUTO(freep) char *clean = path_clean(copier->copy->dest);
	struct tree_node *top = NULL, *dir = NULL, *node = NULL;

	if (target_make_directory(copier->target, target_tree(copier->target)->root, clean,
				  &defaults, &top, err) < 0)
		return -1;
	VEC_FOREACH(item, &source->items) {
		AUTO(freep) char *parent = path_dir(item->path);

		if (find_directory(target_tree(copier->target), top, parent, &dir, err) < 0)
			return -1;
		if (put_node(copier, dir, path_base(item->path), item->node, &node, err) < 0)
			return -1;
	}
	return 0;
}

/* What a trailing slash promises is made even when the source turns out to be a file. */
static int make_destination(struct copier *copier, const struct tree_node *source, struct err *err)
{
	struct target_defaults defaults = directory_defaults(copier, source);
	struct tree_node *dir = NULL;

	if (!str_has_suffix(copier->copy->dest, "/"))
		return 0;
	return target_make_directory(copier->target, target_tree(copier->target)->root,
				     copier->copy->dest, &defaults, &dir, err);
}

static int is_archive(const struct copier *copier, const struct selection_source *source,
		      int *ret_fd, bool *ret, struct err *err)
{
	enum copy_unpack unpack = copier->copy->unpack;

	*ret = false;
	if (!copier->copy->is_add || !source->node || !S_ISREG(source->node->st.st_mode))
		return 0;
	/* What was downloaded is unpacked only when the flag says so. */
	if (unpack == COPY_UNPACK_NEVER ||
	    (source->argument->remote && unpack != COPY_UNPACK_ALWAYS))
		return 0;
	if (tree_open(copier->tree, source->node, ret_fd, err) < 0)
		return -1;
	return layer_is_archive(*ret_fd, ret, err);
}

static int unpack_archive(struct copier *copier, int fd, const struct tree_node *source,
			  struct err *err)
{
	struct archive_options options = {
		.dest = copier->copy->dest,
		.made = { .mode = 0755, .owner = copier->owner, .mtime = source->st.st_mtim },
		.implied = { .mode = 0755, .mtime = source->st.st_mtim },
		.owner = copier->copy->chown ? &copier->owner : NULL,
	};

	/* What was put so far comes first in the layer, so that the archive's entries win. */
	if (target_emit(copier->target, copier->sink, copier->solver->monitor, err) < 0)
		return -1;
	return archive_unpack(fd, copier->target, copier->sink, &options, err);
}

static int copy_source(struct copier *copier, const struct selection *selection,
		       const struct selection_source *source, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	bool archive = false;

	copier->group++;
	copier->tree = source->tree ? source->tree : selection->tree;
	if (is_archive(copier, source, &fd, &archive, err) < 0)
		return -1;
	copier->saw_archive |= archive;
	if (archive && !copier->sink)
		return 0;
	if (archive)
		return unpack_archive(copier, fd, source->node, err);
	if (make_destination(copier, source->node, err) < 0)
		return -1;
	if (source->node && S_ISDIR(source->node->st.st_mode))
		return copy_directory(copier, source, err);
	return copy_file(copier, source, err);
}

static int copy_all(struct copier *copier, const struct vertex *vertex,
		    const struct selection *selection, struct tree *below, struct err *err)
{
	const char *chown = vertex->copy.chown;

	if (chown && accounts_resolve(below, chown, &copier->owner, err) < 0)
		return -1;
	VEC_FOREACH(source, selection) {
		if (copy_source(copier, selection, source, err) < 0)
			return err_wrap(err, "%s", instruction_name(vertex->instruction->kind));
	}
	return 0;
}

static struct copier copier_for(const struct solver *solver, const struct vertex *vertex,
				struct target *target)
{
	return (struct copier){
		.solver = solver,
		.copy = &vertex->copy,
		.made = vertex_made_time(vertex),
		.target = target,
		.keep_owner = vertex->copy.from && !vertex->copy.chown,
	};
}

int copy_execute(struct solver *solver, const struct vertex *vertex,
		 const struct selection *selection, struct tree *below, struct layer_sink *sink,
		 struct made_layer *made, bool *ret_changed, struct err *err)
{
	AUTO(target_freep) struct target *target = target_new(below);
	struct copier copier = copier_for(solver, vertex, target);

	copier.sink = sink;
	if (copy_all(&copier, vertex, selection, below, err) < 0)
		return -1;
	if (made && (target_digest(target, &made->name, err) < 0 || made_layer_find(made, err) < 0))
		return -1;
	if (made && made->is_found)
		return 0;
	if (target_emit(target, sink, solver->monitor, err) < 0)
		return -1;
	*ret_changed = target_saw_change(target);
	return 0;
}

int copy_fill(struct solver *solver, const struct vertex *vertex, const struct selection *selection,
	      struct tree *below, struct target *target, bool *ret_whole, struct err *err)
{
	struct copier copier = copier_for(solver, vertex, target);

	if (copy_all(&copier, vertex, selection, below, err) < 0)
		return -1;
	*ret_whole = !copier.saw_archive;
	return 0;
}
