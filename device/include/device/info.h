/* What a board is and how it does. */
#ifndef DEVICE_INFO_H
#define DEVICE_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "device/engine.h"
#include "image/platform.h"

struct device_info {
	char *model;  /* "Raspberry Pi 4 Model B Rev 1.4"; NULL = not known */
	char *system; /* "Debian GNU/Linux 12 (bookworm)" */
	char *kernel; /* "6.1.21-v8+" */
	char *hostname;
	char *machine; /* as uname -m: "aarch64" */
	unsigned processors;
	uint64_t memory; /* bytes */
	unsigned containers, running, images;
	/* Known only where commands can be run: over ssh, and of this machine's own engine. */
	bool has_load;
	double load[3];                /* average of 1, 5 and 15 minutes */
	uint64_t disk_size, disk_free; /* of the file system of the engine's data; 0 = not known */
};

void device_info_release(struct device_info *info);
WARN_UNUSED int device_info_read(struct engine *engine, struct device_info *ret, struct err *err);

/* What images for it are built for: "linux/arm/v7" for an engine of 32 bits on a 64-bit kernel too. */
WARN_UNUSED int device_platform(struct engine *engine, struct platform *ret, struct err *err);

#endif
