/*
 * A layer of the store in another form: compressed otherwise, or with its times clamped. What a layer was turned into
 * is remembered, so that the same conversion is a look-up the next time.
 */
#ifndef IMAGE_LAYER_CONVERT_H
#define IMAGE_LAYER_CONVERT_H

#include "image/layer.h"

/* How a blob is compressed, by its media type in either dialect; false for what is no layer. */
bool compression_of_media_type(const char *media_type, enum compression *ret);

/*
 * Compressed as the options say, with the same diffID; with clamp_mtime the entries are written anew, and the diffID is
 * another one unless no time was above it. ERR_DIGEST when the blob does not hold what diff_id says.
 */
WARN_UNUSED int layer_convert(struct store *store, const struct descriptor *blob,
			      const struct digest *diff_id, const struct layer_options *options,
			      const struct monitor *monitor, struct layer *ret, struct err *err);

#endif
