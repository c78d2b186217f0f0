/*
 * JSON by jansson, with the two things that every reader of foreign JSON needs: a limit, and an
 * error that names the place. Writers give the shortest form with keys in the order of insertion:
 * same tree, same bytes.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/*
 * Parses one value. Duplicate keys, depth above LIMIT_JSON_DEPTH and trailing text are errors
 * (ERR_INPUT, "name:line:column"). `name` is what messages call the text.
 */
WARN_UNUSED int json_parse(struct span text, const char *name, json_t **ret_json, struct err *err);
WARN_UNUSED int json_parse_file(int dirfd, const char *path, size_t limit, json_t **ret_json,
				struct err *err);

void json_write(const json_t *json, struct str *out); /* compact, as manifests are stored */
void json_write_pretty(const json_t *json,
		       struct str *out); /* two spaces, for people; ends with a newline */

/*
 * Members of an object; absent or of another type gives NULL, 0 or the default. For documents whose
 * shape has been checked, and for optional members.
 */
const char *json_get_string(const json_t *object, const char *key);
long long json_get_int(const json_t *object, const char *key, long long otherwise);
json_t *json_get_object(const json_t *object, const char *key);
json_t *json_get_array(const json_t *object, const char *key);
/* Appends the strings of an array; members of other types are skipped. */
void json_to_strvec(const json_t *array, struct strvec *out);
json_t *json_from_strvec(const struct strvec *v);
/*
 * json_object_set_new(object, key, json_string(value)), for text that may hold invalid UTF-8
 * (replaced).
 */
void json_set_string(json_t *object, const char *key, const char *value);

#endif
