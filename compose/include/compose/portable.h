/*
 * A model for other machines: what docker compose publishes, and a release is made of.
 *
 * Images must be there already: how they are built is taken out, with what is watched for changes (`build`, `develop`),
 * and profiles, which were chosen. Files of variables are in `environment` by then; those of configs become their
 * `content`.
 */
#ifndef COMPOSE_PORTABLE_H
#define COMPOSE_PORTABLE_H

#include "compose/load.h"

/*
 * Changes the model; afterwards only compose_print() and compose_list() make sense. ERR_INPUT names the service without an
 * image, the directory of the project that it mounts, or the secret that is a file: none of them can travel.
 */
WARN_UNUSED int compose_make_portable(struct compose *compose, struct err *err);

#endif
