#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "credential_helper.h"
#include "credentials.h"
#include "credentials_file.h"
#include "registry/login.h"

/* --- the file --- */

static int read_file(const char *path, json_t **ret, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (json_parse_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, ret, &problem) == 0) {
		if (json_is_object(*ret))
			return 0;
		json_decref(TAKE(*ret));
		return err_set(err, ERR_INPUT, "'%s' is not a JSON object", path);
	}
	if (problem.kind == ERR_NOT_FOUND) {
		*ret = json_object();
		return 0;
	}
	err_move(err, &problem);
	return -1;
}

/* A link stays one: dotfiles are often kept elsewhere. */
static char *real_path(const char *path)
{
	char *real = NULL;

	if (fs_realpath(path, &real, NULL) == 0)
		return real;
	return xstrdup(path);
}

static int write_file(const char *path, const json_t *file, struct err *err)
{
	AUTO(freep) char *real = real_path(path);
	AUTO(freep) char *dir = path_dir(real);
	AUTO(str_release) struct str text = STR_INIT;
	int result;

	if (fs_mkdir_all(AT_FDCWD, dir, 0700, err) < 0)
		return -1;
	json_write_pretty(file, &text);
	result = fs_write_file_atomic(AT_FDCWD, real, text.ptr, text.len, 0600, err);
	explicit_bzero(text.ptr, text.len);
	return result;
}

/* --- saving --- */

static char *encode(const struct login_request *request)
{
	AUTO(freep) char *plain = xasprintf("%s:%s", request->username, request->password);
	size_t len = strlen(plain);
	char *encoded = xmalloc(4 * (len / 3 + 1) + 1);

	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)plain, (int)len);
	explicit_bzero(plain, len);
	return encoded;
}

static void enter(json_t *file, const struct login_request *request, const char *identity)
{
	AUTO(freep) char *auth = NULL;

	/* docker keeps the name beside an identity token, without the password */
	auth = encode(&(struct login_request){ .username = request->username,
					       .password = identity ? "" : request->password });
	credentials_enter(file, request->host, auth, identity);
	explicit_bzero(auth, strlen(auth));
}

static int save_with_helper(const char *helper, const struct login_request *request,
			    const char *identity, const struct monitor *monitor, struct err *err)
{
	return credential_helper_store(helper, credentials_key_of(request->host),
				       identity ? "<token>" : request->username,
				       identity ? identity : request->password, monitor, err);
}

int credentials_save(const struct login_request *request, const char *identity,
		     const struct monitor *monitor, char **ret_place, struct err *err)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;
	json_auto_t *file = NULL;
	const char *helper;

	credentials_paths(NULL, &paths);
	if (paths.len == 0)
		return err_set(err, ERR_INPUT, "HOME is not set: nowhere to keep credentials");
	if (read_file(paths.items[0], &file, err) < 0)
		return -1;
	helper = credentials_helper_of(file, request->host);
	if (helper) {
		*ret_place = xasprintf("docker-credential-%s", helper);
		if (save_with_helper(helper, request, identity, monitor, err) < 0)
			return err_hint(err, "'%s' names that helper, by credsStore or credHelpers",
					paths.items[0]);
		credentials_enter(file, request->host, NULL, NULL);
	} else {
		*ret_place = xstrdup(paths.items[0]);
		enter(file, request, identity);
	}
	return write_file(paths.items[0], file, err);
}

/* --- removing --- */

static int remove_with_helper(const char *helper, const char *host, const struct monitor *monitor,
			      struct strvec *ret, struct err *err)
{
	AUTO(credentials_release) struct credentials known = { .username = NULL };
	const char *server = credentials_key_of(host);

	if (credential_helper_get(helper, server, monitor, &known, err) < 0)
		return -1;
	if (!credentials_exist(&known))
		return 0;
	if (credential_helper_erase(helper, server, monitor, err) < 0)
		return -1;
	strvec_addf(ret, "docker-credential-%s", helper);
	return 0;
}

static int remove_from(const char *path, const char *host, const struct monitor *monitor,
		       struct strvec *ret, struct err *err)
{
	json_auto_t *file = NULL;
	const char *helper;
	size_t before = ret->len;

	if (read_file(path, &file, err) < 0)
		return -1;
	helper = credentials_helper_of(file, host);
	if (helper && remove_with_helper(helper, host, monitor, ret, err) < 0)
		return -1;
	if (!credentials_drop(file, host))
		return 0;
	if (ret->len == before)
		strvec_add(ret, path);
	return write_file(path, file, err);
}

int credentials_remove(const char *host, const struct monitor *monitor, struct strvec *ret,
		       struct err *err)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	credentials_paths(NULL, &paths);
	VEC_FOREACH(path, &paths) {
		if (remove_from(*path, host, monitor, ret, err) < 0)
			return -1;
	}
	return 0;
}
