/*
 * Images on their way to a board: only what its engine lacks travels, as it is in the store. An engine with layers of its own
 * loads an archive whose known layers are left out (seen with Docker 20.10 and 26 on overlay2), and one with the containerd
 * store an OCI layout without the blobs that images sent before have (seen with Docker 26). Where an engine does not, the whole
 * is sent.
 */
#ifndef DEVICE_SEND_H
#define DEVICE_SEND_H

#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "device/engine.h"
#include "image/manifest.h"
#include "image/store.h"

struct sent_image {
	char *id; /* on the board: the digest of its config, or with the containerd store of its manifest */
	uint64_t bytes;       /* that travelled */
	uint64_t whole_bytes; /* of all its layers and its config */
};

void sent_image_release(struct sent_image *sent);

/*
 * `manifest` is that of one platform, in the store with all it names; `name` is what the board calls it afterwards. The
 * board has the image whole afterwards, or is as it was. `step` receives the progress.
 */
WARN_UNUSED int board_send_image(struct engine *engine, struct store *store,
				 const struct descriptor *manifest, const char *name,
				 const struct monitor *monitor, unsigned step,
				 struct sent_image *ret, struct err *err);

#endif
