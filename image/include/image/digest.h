/*
 * Content digests "sha256:<64 hex>" and "sha512:<128 hex>" (OCI image-spec, descriptor.md#digests). A struct digest
 * is always valid or empty: text from outside becomes one only through digest_parse(), so that it is safe
 * in a path and in a URL.
 */
#ifndef IMAGE_DIGEST_H
#define IMAGE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DIGEST_TEXT_MAX 136 /* "sha512:" + 128 + NUL */

enum digest_algorithm { DIGEST_SHA256, DIGEST_SHA512 };

struct digest {
	char text[DIGEST_TEXT_MAX]; /* "" = none */
};

/* ERR_INPUT for another algorithm, wrong length, upper case or anything else. */
WARN_UNUSED int digest_parse(const char *text, struct digest *ret, struct err *err);
bool digest_is_set(const struct digest *digest);
bool digest_equal(const struct digest *a, const struct digest *b);
enum digest_algorithm digest_algorithm_of(const struct digest *digest);
/* "sha256"; and the part behind the colon, borrowed. */
const char *digest_algorithm_name(enum digest_algorithm algorithm);
const char *digest_hex(const struct digest *digest);
/* sha256 of a buffer. */
void digest_of(const void *data, size_t len, struct digest *ret);

/* Hashing a stream. */
struct hasher;
struct hasher *hasher_new(enum digest_algorithm algorithm);
void hasher_free(struct hasher *hasher);
void hasher_freep(struct hasher **hasher);
void hasher_update(struct hasher *hasher, const void *data, size_t len);
/* Ends the stream; the hasher starts anew afterwards. */
void hasher_finish(struct hasher *hasher, struct digest *ret);

#endif
