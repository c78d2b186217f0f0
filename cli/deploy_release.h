/* `edgectl deploy --release`: what was released, instead of what is built here. */
#ifndef CLI_DEPLOY_RELEASE_H
#define CLI_DEPLOY_RELEASE_H

#include "app.h"
#include "deploy_run.h"
#include "fleet_site.h"
#include "release/catalogue.h"

/*
 * FLEET[:RELEASE], or HOST/REPOSITORY[:RELEASE|@DIGEST] without the project: `ret` names the release. Release both in any
 * case.
 */
WARN_UNUSED int deploy_release_find(struct app *app, const char *word, struct fleet_site *ret_site,
				    struct image_ref *ret, struct err *err);
/* The containers are to say which release they are of. */
WARN_UNUSED int deploy_release_label(struct deployment_session *session,
				     const struct image_ref *ref, struct err *err);
/*
 * Brings the images onto the board before anything is changed there: its engine pulls those that it lacks; what it cannot
 * have from the registry is pulled here and sent.
 */
WARN_UNUSED int deploy_release_bring(struct deployment_session *session, struct err *err);

#endif
