/* What `edgectl push` without an image pushes: the images of the compose project here. */
#ifndef CLI_PROJECT_IMAGES_H
#define CLI_PROJECT_IMAGES_H

#include "base/err.h"
#include "base/vec.h"

/*
 * The names that the services with a build section give their images, `services` of them or all. ERR_USAGE without a
 * compose file, ERR_INPUT when there is none.
 */
WARN_UNUSED int project_images(const struct strvec *services, struct strvec *ret, struct err *err);

#endif
