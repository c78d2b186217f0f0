/* Logical lines to nodes. */
#ifndef NODE_H
#define NODE_H

#include "base/diag.h"
#include "base/str.h"
#include "dockerfile/parser.h"
#include "line.h"

/* The words of one logical line; -1 when it got an error. Heredoc bodies are still to be read. */
WARN_UNUSED int node_read(struct syntax_tree *tree, const struct logical_line *line,
			  struct node *ret, struct diags *diags);
bool node_may_hold_heredocs(const struct node *node);
/*
 * All instructions of `text` (without BOM) to tree->nodes, with its escape; problems to `diags`. The first `directives`
 * lines are no comments.
 */
void nodes_read(struct syntax_tree *tree, struct span text, unsigned directives,
		struct diags *diags);

#endif
