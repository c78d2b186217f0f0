/*
 * Logging in and out: whether a registry takes a user name and password, and keeping them where
 * docker and podman keep theirs.
 */
#ifndef REGISTRY_LOGIN_H
#define REGISTRY_LOGIN_H

#include "registry/client.h"

enum login_check {
	LOGIN_ACCEPTED,
	LOGIN_NOT_ASKED_FOR, /* the registry answers anybody; it may still want them for a push */
};

struct login_request {
	const char *host; /* as image names have it: "docker.io", "localhost:5000" */
	const char *username, *password;
};

/*
 * Asks the registry. *ret_identity receives an identity token when it gives one, to be kept in place
 * of the password; the caller wipes and frees. ERR_AUTH when it does not accept them.
 */
WARN_UNUSED int registry_check_login(struct registry *registry, const struct login_request *request,
				     enum login_check *ret, char **ret_identity, struct err *err);

/*
 * Keeps them: in the credential helper that the file names for the host (credHelpers, credsStore),
 * else in the file itself, as docker does. The file is $REGISTRY_AUTH_FILE, else
 * $DOCKER_CONFIG/config.json, else ~/.docker/config.json; what else is in it stays as it is, and it
 * is of mode 0600. `identity` NULL = the password is kept. *ret_place says where they are now.
 */
WARN_UNUSED int credentials_save(const struct login_request *request, const char *identity,
				 const struct monitor *monitor, char **ret_place, struct err *err);
/*
 * Removes what all the files that are searched for credentials have for the host, and their
 * helpers. The places are appended to `ret`: none = there was nothing.
 */
WARN_UNUSED int credentials_remove(const char *host, const struct monitor *monitor,
				   struct strvec *ret, struct err *err);

/*
 * What we know of the registry of `ref`, as a container engine wants it in "X-Registry-Auth" (Engine API, Authentication):
 * it pulls or pushes in our name. *ret NULL = nothing is known; the caller wipes and frees.
 */
WARN_UNUSED int registry_engine_auth(struct registry *registry, const struct image_ref *ref,
				     char **ret, struct err *err);

/* "https://index.docker.io/v1/", "HTTPS://Example.com/", "docker.io": the host as names have it. */
WARN_UNUSED int login_host_parse(const char *text, char **ret, struct err *err);

#endif
