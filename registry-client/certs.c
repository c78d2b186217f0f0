#include "certs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"

void certs_release(struct certs *certs)
{
	str_release(&certs->authorities);
	free(certs->certificate);
	free(certs->key);
	*certs = (struct certs)CERTS_INIT;
}

void certs_dirs(struct strvec *ret)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	AUTO(freep) char *own = NULL;

	if (config && *config)
		own = xstrdup(config);
	else if (home && *home)
		own = path_join(home, ".config");
	if (own) {
		strvec_take(ret, path_join(own, "containers/certs.d"));
		strvec_take(ret, path_join(own, "docker/certs.d"));
	}
	strvec_add(ret, "/etc/containers/certs.d");
	strvec_add(ret, "/etc/docker/certs.d");
}

/* --- one directory --- */

int certs_add_authority(const char *path, struct certs *ret, struct err *err)
{
	AUTO(str_release) struct str pem = STR_INIT;

	if (fs_read_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, &pem, err) < 0)
		return -1;
	str_addf(&ret->authorities, "%s\n", pem.ptr);
	return 0;
}

/* libcurl reads both itself, but says less when it cannot. */
static int set_identity(const char *certificate, struct certs *ret, struct err *err)
{
	AUTO(freep)
	char *key =
		xasprintf("%.*s.key", (int)(strlen(certificate) - strlen(".cert")), certificate);

	if (ret->certificate)
		return 0;
	if (access(certificate, R_OK) < 0)
		return err_errno(err, "read '%s'", certificate);
	if (access(key, R_OK) < 0)
		return err_errno(err, "read '%s', the key of '%s'", key, certificate);
	ret->certificate = xstrdup(certificate);
	ret->key = TAKE(key);
	return 0;
}

static int list(const char *path, struct strvec *ret, struct err *err)
{
	AUTO(dir_closep) DIR *dir = dir_open(AT_FDCWD, path, 0);
	const struct dirent *entry;

	if (!dir && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	while (dir && (entry = dir_next(dir)))
		strvec_take(ret, path_join(path, entry->d_name));
	strvec_sort(ret);
	return !dir || errno ? err_errno(err, "read the directory '%s'", path) : 0;
}

static int load_files(const struct strvec *files, struct certs *ret, struct err *err)
{
	for (size_t i = 0; i < files->len; i++) {
		int result = 0;

		if (str_has_suffix(files->items[i], ".crt"))
			result = certs_add_authority(files->items[i], ret, err);
		else if (str_has_suffix(files->items[i], ".cert"))
			result = set_identity(files->items[i], ret, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

int certs_load(const struct strvec *dirs, const char *host, struct certs *ret, struct err *err)
{
	AUTO(strvec_release) struct strvec files = STRVEC_INIT;
	struct certs certs = CERTS_INIT;

	for (size_t i = 0; i < dirs->len && files.len == 0; i++) {
		AUTO(freep) char *path = path_join(dirs->items[i], host);

		if (list(path, &files, err) < 0)
			return -1;
	}
	if (load_files(&files, &certs, err) < 0) {
		certs_release(&certs);
		return -1;
	}
	*ret = certs;
	return 0;
}
