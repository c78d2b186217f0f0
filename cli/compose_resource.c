#include "compose_resource.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "compose/load.h"
#include "context/git_copy.h"
#include "context/git_url.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "interrupt.h"
#include "registry/client.h"
#include "registry/download.h"
#include "registry/repository.h"
#include "report.h"

#define KIND "compose" /* below the cache directory */

#define ARTIFACT_TYPE "application/vnd.docker.compose.project"
#define MEDIA_CONFIG  "application/vnd.docker.compose.config.empty.v1+json"
#define MEDIA_FILE    "application/vnd.docker.compose.file+yaml"
#define MEDIA_ENV     "application/vnd.docker.compose.envfile"
#define KEY_FILE      "com.docker.compose.file"
#define KEY_EXTENDS   "com.docker.compose.extends"
#define KEY_ENV       "com.docker.compose.envfile"

/* --- git repositories --- */

/* What follows the reference may be a file here, which an address of git_url.h does not know. */
static void split_address(const char *resource, char **ret_address, char **ret_subdir)
{
	const char *fragment = strchr(resource, '#');
	const char *colon = fragment ? strchr(fragment, ':') : NULL;

	*ret_address = colon ? xstrndup(resource, (size_t)(colon - resource)) : xstrdup(resource);
	*ret_subdir = path_in_root(colon ? colon + 1 : "");
}

static int find_in_directory(const char *dir, char **ret, struct err *err)
{
	for (const char *const *name = compose_file_names; *name; name++) {
		char *path = path_join(dir, *name);

		if (fs_exists(AT_FDCWD, path)) {
			*ret = path;
			return 0;
		}
		free(path);
	}
	(void)err_set(err, ERR_NOT_FOUND, "there is no compose file in that directory of it");
	return err_hint(err, "name its directory or the file: ADDRESS.git#BRANCH:PATH");
}

static int find_file(const char *top, const char *subdir, char **ret, struct err *err)
{
	AUTO(freep) char *joined = path_join(top, subdir);
	AUTO(freep) char *real_top = NULL, *path = NULL;
	struct stat st;

	if (fs_realpath(top, &real_top, err) < 0)
		return -1;
	if (fs_realpath(joined, &path, NULL) < 0 || !path_is_within(path, real_top) ||
	    stat(path, &st) < 0)
		return err_set(err, ERR_NOT_FOUND, "there is no '%s' in it", subdir);
	if (S_ISDIR(st.st_mode))
		return find_in_directory(path, ret, err);
	*ret = TAKE(path);
	return 0;
}

static void warn_of_old_copy(const struct git_copy *copy)
{
	AUTO(freep) char *line = NULL;

	if (!copy->unreachable)
		return;
	line = xasprintf("warning: %s; using the copy of commit %.12s that is kept here",
			 copy->unreachable, copy->commit);
	report_line(line);
}

static int fetch_repository(const char *resource, const struct monitor *monitor, char **ret,
			    struct err *err)
{
	AUTO(git_copy_release) struct git_copy copy = { .dir = NULL };
	AUTO(freep) char *address = NULL, *subdir = NULL, *shown = download_shown_url(resource);

	split_address(resource, &address, &subdir);
	if (git_copy_fetch(address, KIND, monitor, &copy, err) < 0)
		return -1;
	warn_of_old_copy(&copy);
	if (find_file(copy.dir, subdir, ret, err) < 0)
		return err_wrap(err, "repository '%s'", shown);
	return 0;
}

/* --- artifacts in registries --- */

struct artifact {
	struct registry *registry;
	struct image_ref ref; /* of the manifest, by its digest */
	struct manifest manifest;
};

static void artifact_release(struct artifact *artifact)
{
	manifest_release(&artifact->manifest);
	image_ref_release(&artifact->ref);
	registry_freep(&artifact->registry);
}

/* What a registry may name, for a file that is made here. */
static int check_name(const char *name, const char *key, struct err *err)
{
	if (name && *name && !strchr(name, '/') && !str_eq(name, ".") && !str_eq(name, ".."))
		return 0;
	return err_set(err, ERR_INPUT, "'%s' of a layer must be the name of a file, not '%s'", key,
		       name ? name : "");
}

/* Files of the project are the documents of one. */
static int layer_file(const struct descriptor *layer, const char **ret, struct err *err)
{
	const char *key = str_eq(layer->media_type, MEDIA_ENV) ? KEY_ENV : KEY_FILE;

	*ret = compose_file_names[0];
	if (str_eq(key, KEY_FILE) && !strmap_has(&layer->annotations, KEY_EXTENDS))
		return 0;
	*ret = strmap_get(&layer->annotations, key);
	return check_name(*ret, key, err);
}

static int add_layer(const struct artifact *artifact, const struct descriptor *layer,
		     const char *dir, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT, content = STR_INIT;
	AUTO(freep) char *path = NULL;
	const char *name = NULL;

	if (!str_eq(layer->media_type, MEDIA_FILE) && !str_eq(layer->media_type, MEDIA_ENV))
		return 0;
	if (layer_file(layer, &name, err) < 0 ||
	    registry_read_blob(artifact->registry, &artifact->ref, layer, LIMIT_YAML, &content,
			       err) < 0)
		return -1;
	path = path_join(dir, name);
	if (fs_exists(AT_FDCWD, path)) {
		if (fs_read_file(AT_FDCWD, path, LIMIT_YAML, &text, err) < 0)
			return -1;
		str_add(&text, "\n---\n");
	}
	str_addn(&text, content.ptr, content.len);
	return fs_write_file_atomic(AT_FDCWD, path, text.ptr, text.len, 0600, err);
}

static int add_layers(const struct artifact *artifact, const char *dir, struct err *err)
{
	AUTO(freep) char *path = path_join(dir, compose_file_names[0]);

	VEC_FOREACH(layer, &artifact->manifest.layers)
		if (add_layer(artifact, layer, dir, err) < 0)
			return -1;
	return fs_exists(AT_FDCWD, path)
		       ? 0
		       : err_set(err, ERR_INPUT, "there is no compose file in the artifact");
}

/* Under the digest: complete when it is there. */
static int keep_files(const struct artifact *artifact, const char *dir, struct err *err)
{
	AUTO(freep) char *prefix = xasprintf("%s.new-", dir);
	AUTO(freep) char *work = NULL;
	AUTO(err_release) struct err ignored = ERR_INIT;
	int status;

	if (fs_make_temp_dir(AT_FDCWD, prefix, &work, err) < 0)
		return -1;
	status = add_layers(artifact, work, err);
	if (status == 0 && rename(work, dir) == 0)
		return 0;
	if (status == 0 && errno != EEXIST && errno != ENOTEMPTY)
		status = err_errno(err, "rename '%s'", work);
	(void)!fs_remove_all(AT_FDCWD, work, &ignored);
	return status;
}

/* Of an index, the member that is the project. */
static int select_member(const struct fetched_manifest *fetched, struct image_ref *ref,
			 struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (index_parse(str_span(&fetched->body), fetched->media_type, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (str_eq(member->artifact_type, ARTIFACT_TYPE)) {
			ref->digest = member->digest;
			return 0;
		}
	}
	return err_set(err, ERR_INPUT, "none of its manifests is a compose project");
}

static int check_type(const struct manifest *manifest, struct err *err)
{
	const char *type =
		manifest->artifact_type ? manifest->artifact_type : manifest->config.media_type;

	if (str_eq(type, manifest->artifact_type ? ARTIFACT_TYPE : MEDIA_CONFIG))
		return 0;
	(void)err_set(err, ERR_INPUT, "it is no compose project, but '%s'", type);
	return err_hint(err, "one is made by 'docker compose publish'");
}

static int read_manifest(struct artifact *artifact, struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .media_type = NULL };

	if (registry_fetch_manifest(artifact->registry, &artifact->ref, &fetched, err) < 0)
		return -1;
	if (media_type_is_index(fetched.media_type)) {
		if (select_member(&fetched, &artifact->ref, err) < 0)
			return -1;
		fetched_manifest_release(&fetched);
		if (registry_fetch_manifest(artifact->registry, &artifact->ref, &fetched, err) < 0)
			return -1;
	}
	artifact->ref.digest = fetched.digest;
	if (manifest_parse(str_span(&fetched.body), fetched.media_type, &artifact->manifest, err) <
	    0)
		return -1;
	return check_type(&artifact->manifest, err);
}

static int open_registry(bool insecure, const struct monitor *monitor, struct registry **ret,
			 struct err *err)
{
	const struct registry_options options = { .insecure = insecure, .monitor = monitor };
	AUTO(freep) char *home = NULL, *config = NULL;

	if (fs_config_home(&home, err) < 0)
		return -1;
	config = path_join(home, "config.yaml");
	*ret = registry_new(&options);
	return registry_configure(*ret, config, err);
}

static int fetch_artifact(const char *name, bool insecure, const struct monitor *monitor,
			  char **ret, struct err *err)
{
	AUTO(artifact_release) struct artifact artifact = { .registry = NULL };
	AUTO(freep) char *home = NULL, *cache = NULL, *dir = NULL;

	if (image_ref_parse(name, &artifact.ref, err) < 0 || fs_cache_home(&home, err) < 0 ||
	    open_registry(insecure, monitor, &artifact.registry, err) < 0 ||
	    read_manifest(&artifact, err) < 0)
		return -1;
	cache = path_join(home, KIND);
	dir = path_join(cache, digest_hex(&artifact.ref.digest));
	if (fs_mkdir_all(AT_FDCWD, cache, 0700, err) < 0)
		return -1;
	if (!fs_exists(AT_FDCWD, dir) && keep_files(&artifact, dir, err) < 0)
		return -1;
	*ret = path_join(dir, compose_file_names[0]);
	return 0;
}

int compose_resource_fetch(void *data, const char *resource, char **ret_path, struct err *err)
{
	struct monitor monitor = MONITOR_SILENT;
	const bool *insecure = data;
	AUTO(freep) char *shown = NULL;

	/* what has come by then must not stay in the cache */
	if (interrupt_watch(&monitor.cancel_fd, err) < 0)
		return -1;
	if (str_has_prefix(resource, "oci:")) {
		const char *name = resource + strlen("oci:");

		name += str_has_prefix(name, "//") ? 2 : 0;
		return fetch_artifact(name, *insecure, &monitor, ret_path, err) < 0
			       ? err_wrap(err, "'%s'", resource)
			       : 0;
	}
	if (git_url_is(resource))
		return fetch_repository(resource, &monitor, ret_path, err);
	shown = download_shown_url(resource);
	(void)err_set(err, ERR_INPUT, "'%s' is neither a git repository nor an artifact", shown);
	return err_hint(err, "the one ends in '.git', the other begins with 'oci://'");
}
