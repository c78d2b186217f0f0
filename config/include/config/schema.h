/* JSON Schemas (draft 2020-12) of the configuration's files, for editors. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "base/json.h"
#include "config/key.h"

/*
 * Of edgectl.yaml or of config.yaml, from the table. Everything that the checks accept is valid; of what is valid the
 * checks refuse what a pattern cannot say. The caller owns it.
 */
json_t *config_schema(enum config_place place);

#endif
