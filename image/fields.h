/*
 * Members of JSON objects that others wrote: each getter checks the type and names the member in its error
 * (ERR_INPUT). A member that is null counts as absent, as Go's encoders write it.
 */
#ifndef IMAGE_FIELDS_H
#define IMAGE_FIELDS_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "image/digest.h"

enum field_presence { FIELD_OPTIONAL, FIELD_REQUIRED };

/* All leave *ret NULL or empty when an optional member is absent. Borrowed from the object. */
WARN_UNUSED int field_string(const json_t *object, const char *key, enum field_presence presence,
			     const char **ret, struct err *err);
WARN_UNUSED int field_object(const json_t *object, const char *key, enum field_presence presence,
			     json_t **ret, struct err *err);
WARN_UNUSED int field_array(const json_t *object, const char *key, enum field_presence presence,
			    json_t **ret, struct err *err);
WARN_UNUSED int field_integer(const json_t *object, const char *key, enum field_presence presence,
			      int64_t *ret, struct err *err);
WARN_UNUSED int field_digest(const json_t *object, const char *key, struct digest *ret,
			     struct err *err);
/* A copy of an optional string; NULL when absent. */
WARN_UNUSED int field_text(const json_t *object, const char *key, char **ret, struct err *err);
/* An optional array of strings; *ret_is_set (may be NULL) tells an empty one from none. */
WARN_UNUSED int field_strings(const json_t *object, const char *key, struct strvec *ret,
			      bool *ret_is_set, struct err *err);
/* An optional object of strings. */
WARN_UNUSED int field_map(const json_t *object, const char *key, struct strmap *ret,
			  struct err *err);
/* An optional object whose members are objects or null: Go's map[string]struct{}. */
WARN_UNUSED int field_set(const json_t *object, const char *key, struct strmap *ret,
			  struct err *err);

/* Writers: nothing for an empty value; keys of maps sorted. */
void put_text(json_t *object, const char *key, const char *value);
void put_map(json_t *object, const char *key, const struct strmap *map);
void put_set(json_t *object, const char *key, const struct strmap *map);

#endif
