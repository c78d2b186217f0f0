#include "archive.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/str.h"

struct unpacking {
	struct layer_sink sink; /* takes the archive's entries */
	struct layer_sink *out;
	struct target *target;
	struct tree_node *root; /* the destination: links in the archive do not lead out of it */
	const struct archive_options *options;
};

/* Where an entry goes: all links on the way are followed, as if the destination were the root. */
static int locate(struct unpacking *unpacking, const char *path, struct tree_node **ret_dir,
		  char **ret_name, struct err *err)
{
	AUTO(freep) char *inside = path_in_root(path);
	AUTO(freep) char *parent = path_dir(inside);

	if (target_make_directory(unpacking->target, unpacking->root, parent,
				  &unpacking->options->implied, ret_dir, err) < 0)
		return -1;
	*ret_name = xstrdup(path_base(inside));
	return 0;
}

/* An entry of another kind than what has its name takes its place, as tar(1) does it. */
static int put_replacing(struct unpacking *unpacking, struct tree_node *dir, const char *name,
			 enum layer_entry_type type, struct tree_node **ret, struct err *err)
{
	struct tree_node *node = NULL;
	bool is_dir = type == LAYER_DIR;

	if (tree_find(target_tree(unpacking->target), dir, name, &node, err) < 0)
		return -1;
	if (node && S_ISDIR(node->st.st_mode) != is_dir) {
		target_entry(node)->below = NULL;
		node->st.st_mode = is_dir ? S_IFDIR : S_IFREG;
	}
	return target_put(unpacking->target, dir, name, type, ret, err);
}

static void record(struct tree_node *node, const struct layer_entry *entry,
		   const struct archive_options *options)
{
	struct target_entry *made = target_entry(node);

	made->mode = entry->mode;
	made->owner = options->owner ? *options->owner : (struct owner){ entry->uid, entry->gid };
	made->link = entry->type == LAYER_SYMLINK ? xstrdup(entry->link) : NULL;
	target_settle(node);
	made->emitted = true; /* the archive's stream carries it */
}

static int hard_link_target(struct unpacking *unpacking, const char *link, char **ret,
			    struct err *err)
{
	AUTO(freep) char *name = NULL, *parent = NULL;
	struct tree_node *dir = NULL;

	if (locate(unpacking, link, &dir, &name, err) < 0)
		return -1;
	parent = tree_path(dir);
	*ret = str_eq(parent, ".") ? xstrdup(name) : path_join(parent, name);
	return 0;
}

static int unpack_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct unpacking *unpacking = CONTAINER_OF(sink, struct unpacking, sink);
	AUTO(freep) char *name = NULL, *path = NULL, *link = NULL;
	struct tree_node *dir = NULL, *node = NULL;
	struct layer_entry out = *entry;

	if (str_eq(entry->path, "."))
		return 0; /* the destination keeps its own metadata */
	if (locate(unpacking, entry->path, &dir, &name, err) < 0 ||
	    target_emit_parents(unpacking->target, dir, unpacking->out, err) < 0 ||
	    put_replacing(unpacking, dir, name, entry->type, &node, err) < 0)
		return err_wrap(err, "unpack '%s'", entry->path);
	record(node, entry, unpacking->options);
	if (entry->type == LAYER_HARDLINK &&
	    hard_link_target(unpacking, entry->link, &link, err) < 0)
		return err_wrap(err, "unpack '%s'", entry->path);
	path = tree_path(node);
	out.path = path;
	if (link)
		out.link = link;
	out.uid = target_entry(node)->owner.uid;
	out.gid = target_entry(node)->owner.gid;
	return unpacking->out->entry(unpacking->out, &out, err);
}

static int unpack_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct unpacking *unpacking = CONTAINER_OF(sink, struct unpacking, sink);

	return unpacking->out->data(unpacking->out, data, len, err);
}

int archive_unpack(int fd, struct target *target, struct layer_sink *sink,
		   const struct archive_options *options, struct err *err)
{
	struct unpacking unpacking = {
		.sink = { .entry = unpack_entry, .data = unpack_data },
		.out = sink,
		.target = target,
		.options = options,
	};

	if (target_make_directory(target, target_tree(target)->root, options->dest, &options->made,
				  &unpacking.root, err) < 0 ||
	    target_emit_parents(target, unpacking.root, sink, err) < 0)
		return -1;
	return layer_read(fd, false, &unpacking.sink, NULL, err);
}
