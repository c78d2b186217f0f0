/* A new fleet in the text of edgectl.yaml, of which everything else stays as it is. */
#ifndef CLI_FLEET_ENTRY_H
#define CLI_FLEET_ENTRY_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

struct fleet_entry {
	const char *name, *registry;
	const struct strvec *boards;
};

/* ERR_INPUT when `text` has a fleet of that name, or is written so that nothing can be added. */
WARN_UNUSED int fleet_entry_add(const struct fleet_entry *entry, struct span text, struct str *ret,
				struct err *err);

#endif
