/* The stages in their order, for one file and for all of a model. */
#include "loader.h"

static void drop_version(struct yaml *tree)
{
	const struct yaml_entry *entry = yaml_entry(tree, "version");

	if (!entry)
		return;
	(void)yaml_problem(&entry->mark, DIAG_WARNING,
			   "'version' is obsolete and ignored: remove it");
	yaml_remove(tree, "version");
}

/* Up to the merge. */
static void load_document(struct loader *loader, struct yaml *document, const struct scope *scope,
			  bool is_extended, struct yaml **tree, struct tagged *tagged)
{
	const struct place root = { .up = NULL };

	if (document->kind != YAML_MAP) {
		(void)place_problem(&document->mark, &root, DIAG_ERROR,
				    "a compose file is a mapping with 'services', and not %s",
				    yaml_kind_name(document->kind));
		return;
	}
	tags_take(loader, document, tagged);
	if (!loader->options->no_interpolate)
		interpolate_document(loader, document, scope->env);
	if (!is_extended) {
		include_apply(loader, document, tagged, scope);
		tags_apply(tagged, *tree);
		extends_apply(loader, document, tagged, scope);
	}
	*tree = merge_trees(loader->arena, *tree, document, &attr_document, &root);
	unique_apply(loader->arena, *tree, &attr_document);
	if (!is_extended)
		(void)validate_tree(loader->arena, *tree, &attr_document, &root);
	drop_version(*tree);
}

bool load_source(struct loader *loader, struct source *source, const struct scope *scope,
		 bool is_extended, struct yaml **tree, struct tagged *ret_tagged)
{
	size_t errors = loader_errors(loader);

	if (!*tree)
		*tree = yaml_new(loader->arena, YAML_MAP, NULL);
	for (size_t i = 0; i < source->documents.len; i++) {
		struct yaml *document = source->documents.items[i];
		struct tagged tagged = { 0 };

		if (document->kind == YAML_NULL)
			continue;
		load_document(loader, document, scope, is_extended, tree, &tagged);
		expand_forms(loader->arena, *tree, loader->options->no_interpolate);
		unique_apply(loader->arena, *tree, &attr_document);
		for (size_t tag = 0; ret_tagged && tag < tagged.len; tag++)
			*ARENA_ADD(loader->arena, ret_tagged) = tagged.items[tag];
		if (loader_errors(loader) > errors)
			return false;
	}
	return true;
}

struct yaml *load_model(struct loader *loader, const struct sources *sources,
			const struct scope *scope)
{
	struct yaml *tree = NULL;
	struct scope here = *scope;

	VEC_FOREACH(source, sources) {
		here.source = *source;
		/* What else is wrong in it is still found; another file would tell it again. */
		if (!load_source(loader, *source, &here, false, &tree, NULL))
			break;
	}
	if (!yaml_len(tree) && loader_errors(loader))
		return NULL;
	/* What is included may be empty. */
	if (!yaml_len(tree) && !scope->up) {
		struct source *first = sources->items[0];

		(void)diags_add(&first->diags, DIAG_ERROR, 0, 0, 0, "there is nothing in it");
		return NULL;
	}
	set_defaults(loader, tree);
	check_nodes(tree);
	if (scope->up || !loader->options->no_path_resolution)
		resolve_paths(loader, tree, scope->up ? scope->way : scope->directory);
	resolve_environment(loader, tree, scope->env);
	return tree;
}
