/*
 * The values of options such as --output and --cache-to: one CSV record (RFC 4180, as Go's encoding/csv reads it) of
 * key=value fields.
 *
 *	type=image,"name=a:1,b:1",push=true
 */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"

/*
 * In the order in which they stand; a key that comes twice has its last value, one without '=' has none (NULL). Blanks
 * around a field and the case of a key do not count, but that of `annotation...` does. ERR_USAGE for a quote that is
 * not where it belongs, and for a field without a key.
 */
WARN_UNUSED int attributes_parse(const char *text, struct strmap *ret, struct err *err);
/*
 * The value as Go's strconv.ParseBool reads it, true for a key without one; `otherwise` when the key is not there.
 * ERR_USAGE names the key.
 */
WARN_UNUSED int attributes_get_bool(const struct strmap *attributes, const char *key,
				    bool otherwise, bool *ret, struct err *err);

#endif
