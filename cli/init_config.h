/* The edgectl.yaml of a new project, so that `edgectl push` finds a fleet. */
#ifndef CLI_INIT_CONFIG_H
#define CLI_INIT_CONFIG_H

#include "base/map.h"
#include "templates/board.h"
#include "templates/project.h"

/*
 * Adds it to the project: one fleet of the project's name for the board. Nothing without a registry, and where the
 * template has one of its own. `values` are those of init_answer_values(). True if there is one to push to.
 */
bool init_config_add(const struct strmap *values, const struct board *board,
		     struct project *project);

#endif
