/* What a container has been given beyond the image that it is known to have: as if it was one more layer. */
#ifndef DEVICE_CONTAINER_OVERLAY_H
#define DEVICE_CONTAINER_OVERLAY_H

#include <stdbool.h>

struct container_overlay;

struct container_overlay *container_overlay_new(void);
void container_overlay_free(struct container_overlay *overlay); /* NULL is fine */
/* It has what its image has. */
void container_overlay_clear(struct container_overlay *overlay);
bool container_overlay_is_empty(const struct container_overlay *overlay);

/* Files have come over, and what the container runs has not begun anew. */
bool container_overlay_is_restart_due(const struct container_overlay *overlay);

#endif
