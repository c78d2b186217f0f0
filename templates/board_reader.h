/* A file of templates/boards/ to boards; docs/boards.md has the format. */
#ifndef BOARD_READER_H
#define BOARD_READER_H

#include "base/yaml.h"
#include "templates/board.h"

/* Appends the boards of a document. What is wrong is added to the document's diags. */
void boards_read(struct board_catalog *catalog, struct yaml *document);

#endif
