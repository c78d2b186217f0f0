/* Two maps of a compose file beside each other. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "base/yaml.h"
#include "release/difference.h"

/*
 * Appends what differs, with `prefix` before its key; of environment, labels and the like each entry by itself. Keys of
 * the NULL-ended list `except` do not count.
 */
void settings_compare(const struct yaml *before, const struct yaml *after, const char *prefix,
		      const char *const *except, struct setting_changes *out);
void setting_changes_release(struct setting_changes *changes);

#endif
