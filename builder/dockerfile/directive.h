/* `# name=value` at the top of a file. */
#ifndef DIRECTIVE_H
#define DIRECTIVE_H

#include "base/diag.h"
#include "base/str.h"
#include "dockerfile/parser.h"

/*
 * Fills escape and directives of `tree`; repeated and unusable ones go to `diags`. `text` is without its BOM. Returns the
 * number of lines that are directives.
 */
unsigned directives_read(struct span text, struct syntax_tree *tree, struct diags *diags);

struct span drop_bom(struct span text);

#endif
