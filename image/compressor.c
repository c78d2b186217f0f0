#include "compressor.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/sparse.h"

/*
 * As large as what Go's gzip makes at its default, which is what the other builders use (within 1 %, of program text and of a
 * Debian root), for two thirds of the processor time of level 6, which makes it 1 to 3 % smaller.
 */
#define GZIP_LEVEL     4
#define GZIP_LEVEL_MAX 12
#define ZSTD_LEVEL     3
#define ZSTD_LEVEL_MAX 19

struct compressor {
	enum compression compression;
	struct libdeflate_compressor *gzip;
	ZSTD_CCtx *zstd;
	void *zeros; /* what a whole block of zeros becomes; NULL = there was none yet */
	size_t zeros_len;
};

int compressor_check_level(enum compression compression, int level, struct err *err)
{
	int max = compression == COMPRESSION_GZIP ? GZIP_LEVEL_MAX : ZSTD_LEVEL_MAX;

	if (level == 0 || (compression != COMPRESSION_NONE && level > 0 && level <= max))
		return 0;
	if (compression == COMPRESSION_NONE)
		return err_set(err, ERR_USAGE, "a layer without compression has no level");
	return err_set(err, ERR_USAGE, "compression level %d: there are 1 to %d", level, max);
}

int compressor_level(enum compression compression, int level)
{
	if (level > 0 || compression == COMPRESSION_NONE)
		return level;
	return compression == COMPRESSION_GZIP ? GZIP_LEVEL : ZSTD_LEVEL;
}

/* Both libraries fail only for lack of memory or a wrong level, which has been checked. */
static void must(bool ok)
{
	if (!ok)
		abort();
}

struct compressor *compressor_new(enum compression compression, int level)
{
	struct compressor *c = xcalloc(1, sizeof(*c));

	c->compression = compression;
	level = compressor_level(compression, level);
	if (compression == COMPRESSION_GZIP) {
		c->gzip = libdeflate_alloc_compressor(level);
		must(c->gzip);
	} else if (compression == COMPRESSION_ZSTD) {
		c->zstd = ZSTD_createCCtx();
		must(c->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(
					c->zstd, ZSTD_c_compressionLevel, level)));
	}
	return c;
}

void compressor_freep(struct compressor **compressor)
{
	struct compressor *c = TAKE(*compressor);

	if (!c)
		return;
	libdeflate_free_compressor(c->gzip);
	ZSTD_freeCCtx(c->zstd);
	free(c->zeros);
	free(c);
}

size_t compressor_bound(const struct compressor *c)
{
	if (c->gzip)
		return libdeflate_gzip_compress_bound(c->gzip, COMPRESSOR_BLOCK);
	return c->zstd ? ZSTD_compressBound(COMPRESSOR_BLOCK) : COMPRESSOR_BLOCK;
}

static size_t run(struct compressor *c, const void *data, size_t len, void *out)
{
	size_t out_len = len;

	if (c->gzip) {
		/* its header: no name, mtime 0, system 255 (unknown), as RFC 1952 allows */
		out_len = libdeflate_gzip_compress(c->gzip, data, len, out, compressor_bound(c));
		must(out_len > 0);
	} else if (c->zstd) {
		out_len = ZSTD_compress2(c->zstd, out, compressor_bound(c), data, len);
		must(!ZSTD_isError(out_len));
	} else {
		memcpy(out, data, len);
	}
	return out_len;
}

/* Holes of files are many blocks of zeros, all alike. */
size_t compressor_run(struct compressor *c, const void *data, size_t len, void *out)
{
	if (len < COMPRESSOR_BLOCK || c->compression == COMPRESSION_NONE || !is_zero(data, len))
		return run(c, data, len, out);
	if (!c->zeros) {
		c->zeros_len = run(c, data, len, out);
		c->zeros = xmemdup(out, c->zeros_len);
		return c->zeros_len;
	}
	memcpy(out, c->zeros, c->zeros_len);
	return c->zeros_len;
}
