/*
 * Certificates for one registry, as docker and podman keep them (containers-certs.d(5)): in
 * certs.d/HOST[:PORT], every *.crt is an authority to trust beside the system's, NAME.cert and
 * NAME.key are who we are.
 */
#ifndef REGISTRY_CERTS_H
#define REGISTRY_CERTS_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

struct certs {
	struct str authorities;  /* PEM, one after the other; "" = the system's only */
	char *certificate, *key; /* paths; NULL = none */
};

#define CERTS_INIT                      \
	{                               \
		.authorities = STR_INIT \
	}

/*
 * Directories that hold one for each registry, the user's own first: ~/.config/containers/certs.d,
 * ~/.config/docker/certs.d, /etc/containers/certs.d, /etc/docker/certs.d. Appended to `ret`.
 */
void certs_dirs(struct strvec *ret);
/*
 * Of the first of `dirs` that has a directory for `host`. None is fine; what is there and cannot be
 * used is an error.
 */
WARN_UNUSED int certs_load(const struct strvec *dirs, const char *host, struct certs *ret,
			   struct err *err);
/* One more to trust: a file of PEM certificates. */
WARN_UNUSED int certs_add_authority(const char *path, struct certs *ret, struct err *err);
void certs_release(struct certs *certs);

#endif
