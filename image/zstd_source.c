#include "zstd_source.h"

#include <endian.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"

#define INPUT_SIZE     ((size_t)128 * 1024)
#define HEADER_MAX     ((size_t)18) /* of a frame, with its magic number (section 3.1.1) */
#define FRAME_MAGIC    0xFD2FB528U
#define SKIPPABLE      0x184D2A50U
#define SKIPPABLE_MASK 0xFFFFFFF0U

struct zstd_source {
	struct layer_source *source;
	char *input;
	size_t pos, len; /* of the input: what was not taken yet is between them */
	bool begun, is_zstd, at_end;
	bool is_within, is_at_header; /* of a frame */
	ZSTD_DCtx *small;             /* for all frames that it can take; NULL until the first */
	ZSTD_DCtx *large; /* of this frame; NULL = it needs none. With it we hold large_frame */
};

/* Recursive: whoever reads two archives at once must not wait for himself. */
static pthread_mutex_t large_frame = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

struct zstd_source *zstd_source_new(struct layer_source *source)
{
	struct zstd_source *z = xcalloc(1, sizeof(*z));

	z->source = source;
	z->input = xmalloc(INPUT_SIZE);
	return z;
}

static void end_frame(struct zstd_source *z);

void zstd_source_freep(struct zstd_source **source)
{
	struct zstd_source *z = *source;

	if (!z)
		return;
	end_frame(z);
	(void)ZSTD_freeDCtx(z->small);
	free(z->input);
	free(z);
	*source = NULL;
}

bool zstd_source_is_zstd(const struct zstd_source *source)
{
	return source->is_zstd;
}

/* --- the input --- */

/* Until `want` bytes are there, or there are no more. */
static int fill(struct zstd_source *z, size_t want, struct err *err)
{
	if (z->len - z->pos >= want)
		return 0;
	memmove(z->input, z->input + z->pos, z->len - z->pos);
	z->len -= z->pos;
	z->pos = 0;
	while (!z->at_end && z->len < want) {
		ssize_t got =
			z->source->read(z->source, z->input + z->len, INPUT_SIZE - z->len, err);

		if (got < 0)
			return -1;
		z->at_end = got == 0;
		z->len += (size_t)got;
	}
	return 0;
}

static bool begins_frame(const struct zstd_source *z)
{
	uint32_t magic;

	if (z->len - z->pos < sizeof(magic))
		return false;
	memcpy(&magic, z->input + z->pos, sizeof(magic));
	magic = le32toh(magic);
	return magic == FRAME_MAGIC || (magic & SKIPPABLE_MASK) == SKIPPABLE;
}

/* --- frames --- */

static ZSTD_DCtx *new_context(int window_log)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();

	if (!context ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log)))
		abort();
	return context;
}

/* The header is in the input as a whole, so that it can be read again by the other context. */
static int begin_frame(struct zstd_source *z, bool *ret_more, struct err *err)
{
	if (fill(z, HEADER_MAX, err) < 0)
		return -1;
	*ret_more = z->len > z->pos;
	if (!z->small)
		z->small = new_context(ZSTD_SOURCE_SMALL_WINDOW);
	z->is_within = z->is_at_header = *ret_more;
	return 0;
}

static void grow(struct zstd_source *z)
{
	(void)ZSTD_DCtx_reset(z->small, ZSTD_reset_session_only);
	(void)pthread_mutex_lock(&large_frame);
	z->large = new_context(ZSTD_SOURCE_LARGE_WINDOW);
}

static void end_frame(struct zstd_source *z)
{
	z->is_within = false;
	if (!z->large)
		return;
	(void)ZSTD_freeDCtx(z->large);
	z->large = NULL;
	(void)pthread_mutex_unlock(&large_frame);
}

static int frame_failed(size_t code, struct err *err)
{
	if (ZSTD_getErrorCode(code) != ZSTD_error_frameParameter_windowTooLarge)
		return err_set(err, ERR_INPUT, "decompress the archive: %s",
			       ZSTD_getErrorName(code));
	err_set(err, ERR_LIMIT, "decompress the archive: it wants a window of more than %u MiB",
		1U << (ZSTD_SOURCE_LARGE_WINDOW - 20));
	return err_hint(err, "compress it with zstd --long=%d, or less", ZSTD_SOURCE_LARGE_WINDOW);
}

static int decompress_some(struct zstd_source *z, ZSTD_outBuffer *out, struct err *err)
{
	bool was_at_header = z->is_at_header;
	ZSTD_inBuffer in = { .src = z->input };
	size_t code;

	if (fill(z, 1, err) < 0)
		return -1;
	in.pos = z->pos;
	in.size = z->len;
	code = ZSTD_decompressStream(z->large ? z->large : z->small, out, &in);
	z->is_at_header = false;
	if (was_at_header && !z->large &&
	    ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) {
		grow(z);
		return 0;
	}
	if (ZSTD_isError(code))
		return frame_failed(code, err);
	if (code > 0 && z->at_end && in.pos == in.size && out->pos == 0)
		return err_set(err, ERR_INPUT, "decompress the archive: it ends in the middle");
	z->pos = in.pos;
	if (code == 0)
		end_frame(z);
	return 0;
}

static ssize_t read_frames(struct zstd_source *z, void *buf, size_t len, struct err *err)
{
	ZSTD_outBuffer out = { .dst = buf, .size = len };

	while (out.pos == 0) {
		bool more = true;

		if (!z->is_within && begin_frame(z, &more, err) < 0)
			return -1;
		if (!more)
			break;
		if (decompress_some(z, &out, err) < 0)
			return -1;
	}
	return (ssize_t)out.pos;
}

/* --- anything else --- */

static ssize_t pass(struct zstd_source *z, void *buf, size_t len, struct err *err)
{
	size_t there = z->len - z->pos;

	if (there == 0)
		return z->at_end ? 0 : z->source->read(z->source, buf, len, err);
	if (there < len)
		len = there;
	memcpy(buf, z->input + z->pos, len);
	z->pos += len;
	return (ssize_t)len;
}

ssize_t zstd_source_read(struct zstd_source *z, void *buf, size_t len, struct err *err)
{
	if (!z->begun) {
		if (fill(z, HEADER_MAX, err) < 0)
			return -1;
		z->begun = true;
		z->is_zstd = begins_frame(z);
	}
	return z->is_zstd ? read_frames(z, buf, len, err) : pass(z, buf, len, err);
}
