/*
 * Platforms "os/arch[/variant]" (OCI image-index: platform), with the normalisation that containerd and Docker use:
 * aarch64 and arm64/v8 are "arm64", x86_64 is "amd64", armhf and "arm" are "arm/v7", armel is "arm/v6".
 */
#ifndef IMAGE_PLATFORM_H
#define IMAGE_PLATFORM_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

struct platform {
	char os[32], arch[32], variant[32]; /* variant "" = none */
};

#define PLATFORM_TEXT_MAX 100

/*
 * "linux/arm/v7", "arm64", "arm/v7", "linux/amd64"; an operating system alone ("linux") means this machine's
 * architecture. ERR_INPUT for systems and architectures that no image is made for, with the nearest one as a hint.
 */
WARN_UNUSED int platform_parse(const char *text, struct platform *ret, struct err *err);
/* A comma-separated list, duplicates dropped; the caller frees *ret. */
WARN_UNUSED int platform_parse_list(const char *text, struct platform **ret, size_t *ret_count,
				    struct err *err);
/* From fields as they stand in a config or an index; unknown values are kept. */
void platform_set(struct platform *platform, const char *os, const char *arch, const char *variant);
/* "linux/arm/v7"; `buf` holds PLATFORM_TEXT_MAX bytes; returns buf. */
const char *platform_format(const struct platform *platform, char *buf);
bool platform_equal(const struct platform *a, const struct platform *b);
/*
 * How well an image for `have` serves a machine that wants `want`: 0 = not at all, greater = better. The same platform is
 * best; arm/v7 runs v6 and v5, in that order; arm64 does not run arm.
 */
int platform_match(const struct platform *have, const struct platform *want);
/* Of this machine, by uname(2). */
void platform_host(struct platform *ret);
/* Does this machine's processor run it without emulation (amd64 runs 386)? */
bool platform_is_native(const struct platform *platform);

#endif
