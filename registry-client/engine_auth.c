/* Credentials as an engine takes them that pulls on our behalf. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "credentials.h"
#include "credentials_file.h"
#include "host.h"
#include "registry.h"
#include "registry/login.h"

static void set(json_t *auth, const char *key, const char *value)
{
	if (value)
		json_set_string(auth, key, value);
}

/* base64url with its padding, as Go's URLEncoding has it. */
static char *encode(const struct str *plain)
{
	char *encoded = xmalloc(4 * (plain->len / 3 + 1) + 1);

	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)plain->ptr,
			(int)plain->len);
	for (char *c = encoded; *c; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
	}
	return encoded;
}

int registry_engine_auth(struct registry *registry, const struct image_ref *ref, char **ret,
			 struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(str_release) struct str plain = STR_INIT;
	const struct credentials *login = NULL;
	json_auto_t *auth = NULL;

	*ret = NULL;
	if (registry_login(registry, registry_host(registry, ref->host), ref->repository, &login,
			   err) < 0)
		return -1;
	if (!credentials_exist(login))
		return 0;
	auth = json_object();
	set(auth, "username", login->username);
	set(auth, "password", login->password);
	set(auth, "identitytoken", login->identity_token);
	set(auth, "registrytoken", login->registry_token);
	set(auth, "serveraddress", str_eq(ref->host, "docker.io") ? DOCKER_HUB_SERVER : ref->host);
	json_write(auth, &plain);
	*ret = encode(&plain);
	explicit_bzero(plain.ptr, plain.len);
	return 0;
}
