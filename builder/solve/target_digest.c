#include "target_digest.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/str.h"
#include "target.h"

struct describer {
	struct tree *tree; /* the target's */
	struct str text;
	struct file_links links; /* as target_emit() makes hard links */
	bool complete;
};

static void add_text(struct str *out, const char *text)
{
	str_addf(out, " %zu:%s", strlen(text), text);
}

static int add_xattrs(struct describer *describer, struct tree *tree, const struct tree_node *node,
		      struct err *err)
{
	struct layer_xattrs xattrs = { .items = NULL };

	if (tree_read_xattrs(tree, node, &xattrs, err) < 0)
		return -1;
	VEC_FOREACH(xattr, &xattrs) {
		add_text(&describer->text, xattr->name);
		str_addf(&describer->text, " %zu:", xattr->len);
		str_addn(&describer->text, xattr->value, xattr->len);
	}
	layer_xattrs_release(&xattrs);
	return 0;
}

/* A file's hash covers its attributes, too. One that is not hashed is not known. */
static int add_content(struct describer *describer, const struct target_entry *entry,
		       struct err *err)
{
	if (entry->type == LAYER_FILE && !entry->tree) {
		describer->complete &= entry->text != NULL;
		add_text(&describer->text, entry->text ? entry->text : "");
		return 0;
	}
	if (entry->type == LAYER_FILE) {
		describer->complete &= entry->node->hash[0] != '\0';
		add_text(&describer->text, entry->node->hash);
		return 0;
	}
	return entry->tree ? add_xattrs(describer, entry->tree, entry->node, err) : 0;
}

static int add_put(struct describer *describer, const struct target_entry *entry, const char *path,
		   struct err *err)
{
	struct str *text = &describer->text;
	const char *first = target_entry_first_link(entry, path, &describer->links);

	str_addf(text, " put %d %o %u:%u %lld %llx", (int)entry->type, (unsigned)entry->mode,
		 entry->owner.uid, entry->owner.gid, (long long)entry->mtime.tv_sec,
		 (unsigned long long)entry->rdev);
	if (entry->link)
		add_text(text, entry->link);
	if (first) {
		str_add(text, " =");
		add_text(text, first);
		return 0;
	}
	return add_content(describer, entry, err);
}

static int add_node(struct describer *describer, struct tree_node *node, struct err *err)
{
	const struct target_entry *entry = target_entry(node);
	AUTO(freep) char *path = NULL;
	int result;

	if (!node->parent || (!entry->put && !entry->on_the_way))
		return 0;
	if (entry->emitted) {
		describer->complete = false;
		return 0;
	}
	path = tree_path(node);
	add_text(&describer->text, path);
	if (entry->put) {
		result = add_put(describer, entry, path, err);
	} else {
		str_addf(&describer->text, " below %o %u:%u %lld", (unsigned)node->st.st_mode,
			 node->st.st_uid, node->st.st_gid, (long long)node->st.st_mtim.tv_sec);
		result = add_xattrs(describer, describer->tree, node, err);
	}
	str_addc(&describer->text, '\n');
	return result;
}

static int add_below(struct describer *describer, struct tree_node *node, struct err *err)
{
	if (add_node(describer, node, err) < 0)
		return -1;
	if (!target_entry(node)->on_the_way)
		return 0;
	VEC_FOREACH(child, &node->children) {
		if (add_below(describer, *child, err) < 0)
			return -1;
	}
	return 0;
}

int target_digest(struct target *target, struct digest *ret, struct err *err)
{
	struct describer describer = { .tree = target_tree(target),
				       .text = STR_INIT,
				       .complete = true };
	int result;

	str_add(&describer.text, "edgectl layer 1\n");
	result = add_below(&describer, describer.tree->root, err);
	*ret = (struct digest){ .text = "" };
	if (result == 0 && describer.complete)
		digest_of(describer.text.ptr, describer.text.len, ret);
	str_release(&describer.text);
	file_links_release(&describer.links);
	return result;
}
