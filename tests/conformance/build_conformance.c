/*
 * build-scratch: whole builds on FROM scratch, and buildah-conformance's: tree, config and history
 * of the result.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/proc.h"
#include "builder/build.h"
#include "flat_image.h"
#include "image/config.h"
#include "sandbox/identity.h"
#include "suite.h"

#define UNPACKED_MAX (1024 * 1024) /* of the files in the data */

/* One case as it is carried out. */
struct scene {
	const json_t *test;
	char *dir; /* "context" is in it */
	struct store *store;
	struct build_result result;
};

static void fail(const char *what, const char *path)
{
	(void)fprintf(stderr, "%s '%s': %s\n", what, path, strerror(errno));
	exit(1);
}

/* --- the context --- */

static void write_tar(const char *path, const json_t *entries)
{
	struct archive *archive = archive_write_new();
	json_t *item = NULL;
	size_t i = 0;

	(void)archive_write_set_format_ustar(archive);
	(void)archive_write_set_format_filter_by_ext(archive, path);
	if (archive_write_open_filename(archive, path) != ARCHIVE_OK)
		fail("write", path);
	json_array_foreach(entries, i, item)
	{
		const char *name = json_string_value(json_array_get(item, 0));
		const char *content = json_string_value(json_array_get(item, 1));
		struct archive_entry *entry = archive_entry_new();
		bool is_dir = str_has_suffix(name, "/");

		archive_entry_set_pathname(entry, name);
		archive_entry_set_filetype(entry, is_dir ? AE_IFDIR : AE_IFREG);
		archive_entry_set_perm(entry, is_dir ? 0755 : 0644);
		archive_entry_set_size(entry, content ? (la_int64_t)strlen(content) : 0);
		(void)archive_write_header(archive, entry);
		if (content && !is_dir)
			(void)archive_write_data(archive, content, strlen(content));
		archive_entry_free(entry);
	}
	(void)archive_write_free(archive);
}

/* Archives stand in the data as base64 of their zlib stream. */
static void write_compressed(const char *path, const char *base64)
{
	size_t len = strlen(base64);
	AUTO(freep) unsigned char *packed = xmalloc(len);
	AUTO(freep) unsigned char *data = xmalloc(UNPACKED_MAX);
	int packed_len = EVP_DecodeBlock(packed, (const unsigned char *)base64, (int)len);
	uLongf data_len = UNPACKED_MAX;

	/* the padding of base64 leaves zeros behind the stream, which zlib does not look at */
	if (packed_len < 0 || uncompress(data, &data_len, packed, (uLong)packed_len) != Z_OK ||
	    fs_write_file_atomic(AT_FDCWD, path, data, data_len, 0600, NULL) < 0)
		fail("write", path);
}

static void set_attributes(const char *path, const json_t *file)
{
	const char *name = NULL;
	json_t *value = NULL;

	json_object_foreach(json_object_get(file, "xattrs"), name, value)
	{
		if (lsetxattr(path, name, json_string_value(value), json_string_length(value), 0) <
		    0)
			fail("set attribute of", path);
	}
}

static void write_text(const char *path, const json_t *text)
{
	if (fs_write_file_atomic(AT_FDCWD, path,
				 json_string_value(text) ? json_string_value(text) : "",
				 json_string_length(text), 0600, NULL) < 0)
		fail("write", path);
}

static mode_t mode_of(const json_t *file, mode_t otherwise)
{
	const char *mode = json_get_string(file, "mode");

	return mode ? (mode_t)strtoul(mode, NULL, 8) : otherwise;
}

static void make_parent(const char *path)
{
	AUTO(freep) char *dir = path_dir(path);

	if (fs_mkdir_all(AT_FDCWD, dir, 0755, NULL) < 0)
		fail("make", dir);
}

static void make_file(const char *context, const char *name, const json_t *file)
{
	AUTO(freep) char *path = path_join(context, name);
	const char *type = json_get_string(file, "type"), *link = json_get_string(file, "link");
	AUTO(freep) char *target = link ? path_join(context, link) : NULL;
	int result = 0;

	make_parent(path);
	if (str_eq(type, "dir"))
		result = mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
	else if (str_eq(type, "symlink"))
		result = symlink(link, path);
	else if (str_eq(type, "hardlink"))
		result = linkat(AT_FDCWD, target, AT_FDCWD, path, 0);
	else if (str_eq(type, "fifo"))
		result = mkfifo(path, 0600);
	else if (str_eq(type, "tar"))
		write_tar(path, json_object_get(file, "entries"));
	else if (json_object_get(file, "content_zlib_base64"))
		write_compressed(path, json_get_string(file, "content_zlib_base64"));
	else
		write_text(path, json_object_get(file, "content"));
	if (result < 0)
		fail("make", path);
	set_attributes(path, file);
}

/* Owner and mode come last: a directory that may not be written to has to be filled before. */
static void set_metadata(const char *context, const char *name, const json_t *file)
{
	AUTO(freep) char *path = path_join(context, name);
	const char *type = json_get_string(file, "type");

	if (str_eq(type, "symlink") || str_eq(type, "hardlink"))
		return;
	if (json_object_get(file, "uid") && chown(path, (uid_t)json_get_int(file, "uid", 0),
						  (gid_t)json_get_int(file, "gid", 0)) < 0)
		fail("chown", path);
	if (chmod(path, mode_of(file, str_eq(type, "dir") ? 0755 : 0644)) < 0)
		fail("chmod", path);
}

/* The set's own directory, read-only where it is kept: its files are 0644 or 0755. */
static void copy_context(const char *from, const char *to)
{
	AUTO(freep)
	char *source = xasprintf("%s/buildah-conformance/%s/.", getenv("CONFORMANCE_DIR"), from);
	AUTO(err_release) struct err err = ERR_INIT;

	if (proc_check((const char *const[]){ "cp", "-RP", source, to, NULL }, NULL, &err) < 0 ||
	    proc_check((const char *const[]){ "chmod", "-R", "u=rwX,go=rX", to, NULL }, NULL,
		       &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
}

/* What upstream's set-up adds to the context. */
static void make_extra_files(const struct scene *scene, const char *context)
{
	json_t *files = json_object_get(scene->test, "extra_files"), *file = NULL;
	size_t i = 0;

	json_array_foreach(files, i, file) make_file(context, json_get_string(file, "path"), file);
	json_array_foreach(files, i, file)
		set_metadata(context, json_get_string(file, "path"), file);
}

static void make_context(const struct scene *scene, const char *context)
{
	const char *from = json_get_string(scene->test, "context");
	json_t *files = json_object_get(scene->test, "files"), *file = NULL;
	AUTO(freep)
	char *dockerfile = path_join(context, json_get_string(scene->test, "dockerfile_name"));
	const char *name = NULL;

	if (fs_mkdir_all(AT_FDCWD, context, 0755, NULL) < 0)
		fail("make", context);
	if (from)
		copy_context(from, context);
	make_extra_files(scene, context);
	/* A hard link may come before what it links to. */
	json_object_foreach(files, name, file)
	{
		if (!str_eq(json_get_string(file, "type"), "hardlink"))
			make_file(context, name, file);
	}
	json_object_foreach(files, name, file)
	{
		if (str_eq(json_get_string(file, "type"), "hardlink"))
			make_file(context, name, file);
	}
	json_object_foreach(files, name, file) set_metadata(context, name, file);
	if (str_eq(json_get_string(scene->test, "dockerfile_source"), "in context"))
		return;
	make_parent(dockerfile);
	write_text(dockerfile, json_object_get(scene->test, "dockerfile"));
	if (chmod(dockerfile, 0644) < 0)
		fail("chmod", dockerfile);
}

/* --- the build --- */

static int build(struct scene *scene, struct err *err)
{
	AUTO(freep) char *context = path_join(scene->dir, "context");
	AUTO(freep)
	char *dockerfile = path_join(context, json_get_string(scene->test, "dockerfile_name"));
	AUTO(strmap_release) struct strmap build_args = STRMAP_INIT;
	struct build_machine machine = { .board = NULL };
	struct build_request request = {
		.context_dir = context,
		.dockerfile = dockerfile,
		.machines = &machine,
		.machine_count = 1,
		.target = json_get_string(scene->test, "target"),
		.build_args = &build_args,
		.source_date_epoch = -1,
		.layers = { .compression = COMPRESSION_GZIP, .jobs = 1, .clamp_mtime = -1 },
		.store = scene->store,
	};
	const char *name = NULL;
	json_t *value = NULL;

	platform_set(&machine.platform, "linux", "amd64", "");
	json_object_foreach(json_object_get(scene->test, "build_args"), name, value)
		strmap_set(&build_args, name, json_string_value(value));
	return build_run(&request, &scene->result, err);
}

/* --- comparing --- */

static char *dump(const json_t *json)
{
	char *text =
		json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;

	return text ? text : xstrdup("nothing");
}

static void check_equal(struct suite *suite, const char *id, const char *what, const json_t *want,
			const json_t *have)
{
	AUTO(freep) char *want_text = dump(want), *have_text = dump(have);

	suite_case(suite, json_equal(want, have), id, "%s: want %s, have %s", what, want_text,
		   have_text);
}

/* The bytes of an archive that the runner made are not those that the case was computed from. */
static void forget_archive(const struct scene *scene, const char *path, json_t *node)
{
	json_t *file = json_object_get(json_object_get(scene->test, "files"), path_base(path));

	if (!str_eq(json_get_string(file, "type"), "tar"))
		return;
	(void)json_object_del(node, "sha256");
	(void)json_object_del(node, "size");
}

/* buildah's own trees do not tell set-id bits. */
static void mask_mode(const struct scene *scene, json_t *node)
{
	const char *mask =
		json_get_string(json_object_get(scene->test, "expect"), "compare_mode_mask");
	const char *mode = json_get_string(node, "mode");
	char text[8];

	if (!mask || !mode)
		return;
	(void)snprintf(text, sizeof(text), "%04lo",
		       strtoul(mode, NULL, 8) & strtoul(mask, NULL, 8));
	json_set_string(node, "mode", text);
}

/*
 * buildah-conformance: the copy of upstream's directories holds no symbolic links, files stand in
 * their places. tar-g: /tmp is buildah's own doing, which made that case's tree.
 */
static bool is_exception(const struct scene *scene, const char *path, const json_t *want,
			 const json_t *have)
{
	const char *id = json_get_string(scene->test, "name");

	if (str_eq(id, "tar-g") && str_eq(path, "tmp"))
		return true;
	return json_get_string(scene->test, "context") &&
	       str_eq(json_get_string(want, "type"), "symlink") &&
	       str_eq(json_get_string(have, "type"), "file");
}

static void check_tree(struct suite *suite, const struct scene *scene, const char *id, json_t *have)
{
	json_t *want = json_object_get(json_object_get(scene->test, "expect"), "tree");
	json_t *node = NULL, *other = NULL;
	const char *path = NULL;
	size_t i = 0;

	json_array_foreach(want, i, node)
	{
		AUTO(freep) char *key = xstrdup(json_get_string(node, "path"));

		(void)json_object_del(node, "path");
		if (str_eq(json_get_string(node, "type"), "file") && !json_object_get(node, "size"))
			(void)json_object_set_new(node, "size", json_integer(0));
		other = json_object_get(have, key);
		forget_archive(scene, key, node);
		forget_archive(scene, key, other);
		mask_mode(scene, node);
		mask_mode(scene, other);
		if (!is_exception(scene, key, node, other))
			check_equal(suite, id, key, node, other);
		(void)json_object_del(have, key);
	}
	json_object_foreach(have, path, other) check_equal(suite, id, path, NULL, other);
}

/* Maps count as sets of their keys, Env as a set; what is empty is unset. */
static json_t *normal_form(const char *key, const json_t *value)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	const char *name = NULL;
	json_t *item = NULL;

	if (str_eq(key, "Env")) {
		json_to_strvec(value, &words);
	} else if (str_eq(key, "ExposedPorts") || str_eq(key, "Volumes")) {
		json_object_foreach((json_t *)value, name, item) strvec_add(&words, name);
	} else {
		return json_incref((json_t *)value);
	}
	strvec_sort(&words);
	return json_from_strvec(&words);
}

static bool is_empty(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

static void check_config_member(struct suite *suite, const char *id, const char *key,
				const json_t *want, const json_t *have)
{
	json_t *want_form, *have_form;

	if (is_empty(want) && is_empty(have))
		return;
	want_form = want ? normal_form(key, want) : NULL;
	have_form = have ? normal_form(key, have) : NULL;
	check_equal(suite, id, key, want_form, have_form);
	json_decref(want_form);
	json_decref(have_form);
}

static void check_config(struct suite *suite, const struct scene *scene, const char *id,
			 json_t *file)
{
	json_t *want = json_object_get(json_object_get(scene->test, "expect"), "config");
	json_t *have = json_object_get(file, "config"), *value = NULL;
	const char *key = NULL;

	if (!want)
		return;

	json_object_foreach(want, key, value)
	{
		if (str_eq(key, "_author"))
			check_config_member(suite, id, key, value, json_object_get(file, "author"));
		else
			check_config_member(suite, id, key, value, json_object_get(have, key));
	}
	json_object_foreach(have, key, value)
	{
		if (!json_object_get(want, key))
			check_config_member(suite, id, key, NULL, value);
	}
}

/* The texts are compared as well: they are not required, but people and tools read them. */
static void check_history(struct suite *suite, const struct scene *scene, const char *id,
			  json_t *file)
{
	json_t *want = json_object_get(json_object_get(scene->test, "expect"), "history");
	json_t *have = json_object_get(file, "history"), *entry = NULL;
	size_t i = 0, layers = 0;

	if (!want)
		return;
	suite_case(suite, json_array_size(want) == json_array_size(have), id,
		   "history: want %zu entries, have %zu", json_array_size(want),
		   json_array_size(have));
	json_array_foreach(have, i, entry)
	{
		const json_t *line = json_array_get(want, i);
		const char *text = json_get_string(line, "created_by");
		const char *ours = json_get_string(entry, "created_by");
		bool empty = json_is_true(json_object_get(entry, "empty_layer"));

		suite_case(suite, empty == json_is_true(json_object_get(line, "empty_layer")), id,
			   "history %zu: empty_layer", i);
		suite_case(suite, str_eq(text, ours), id, "history %zu: want %s, have %s", i,
			   text ? text : "nothing", ours ? ours : "nothing");
		layers += !empty;
	}
	suite_case(suite,
		   layers == json_array_size(
				     json_object_get(json_object_get(file, "rootfs"), "diff_ids")),
		   id, "history and diff_ids do not line up");
}

static int read_json(struct scene *scene, const struct digest *digest, json_t **ret,
		     struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (store_read_blob(scene->store, digest, LIMIT_CONFIG, &text, err) < 0)
		return -1;
	return json_parse(str_span(&text), "blob", ret, err);
}

static int compare(struct suite *suite, struct scene *scene, const char *id, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	json_t *tree = NULL, *config = NULL;

	if (store_read_blob(scene->store, &scene->result.target.digest, LIMIT_MANIFEST, &text,
			    err) < 0 ||
	    manifest_parse(str_span(&text), scene->result.target.media_type, &manifest, err) < 0 ||
	    flat_image_read(scene->store, &manifest, &tree, err) < 0)
		return -1;
	check_tree(suite, scene, id, tree);
	json_decref(tree);
	if (read_json(scene, &manifest.config.digest, &config, err) < 0)
		return -1;
	check_config(suite, scene, id, config);
	check_history(suite, scene, id, config);
	json_decref(config);
	return 0;
}

/* Built once more, everything comes from the cache, and the image is the same to the byte. */
static void check_again(struct suite *suite, struct scene *scene, const char *id)
{
	struct digest first = scene->result.target.digest;
	AUTO(err_release) struct err err = ERR_INIT;
	int result;

	build_result_release(&scene->result);
	scene->result = (struct build_result)BUILD_RESULT_INIT;
	result = build(scene, &err);
	suite_case(suite, result == 0 && scene->result.executed_steps == 0, id,
		   "second build: %s, %u steps executed", result < 0 ? err.message : "good",
		   scene->result.executed_steps);
	suite_case(suite, digest_equal(&first, &scene->result.target.digest), id,
		   "second build: another digest");
}

static void check_error(struct suite *suite, const struct scene *scene, const char *id,
			const struct err *err)
{
	json_t *expect = json_object_get(scene->test, "expect");
	unsigned line = (unsigned)json_get_int(expect, "error_line", 0);

	suite_case(suite, str_eq(json_get_string(expect, "result"), "error"), id, "error: %s",
		   err->message);
	if (line && err->span.line)
		suite_case(suite, err->span.line == line, id, "error at line %u, not %u: %s",
			   err->span.line, line, err->message);
	if (getenv("CONFORMANCE_SHOW_ERRORS"))
		(void)printf("%s: %s:%u:%u: %s (%s)\n", id, err->span.file ? err->span.file : "",
			     err->span.line, err->span.column, err->message,
			     err->hint ? err->hint : "");
}

static void run_case(struct suite *suite, const json_t *test)
{
	struct scene scene = { .test = test };
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *context = NULL, *store = NULL;
	const char *id = json_get_string(test, "name");

	if (fs_make_temp_dir(AT_FDCWD, "case-", &scene.dir, &err) < 0)
		fail("make", "case-");
	context = path_join(scene.dir, "context");
	store = path_join(scene.dir, "store");
	make_context(&scene, context);
	if (store_open(store, &scene.store, &err) < 0) {
		suite_case(suite, false, id, "store: %s", err.message);
	} else if (build(&scene, &err) < 0) {
		check_error(suite, &scene, id, &err);
	} else if (str_eq(json_get_string(json_object_get(test, "expect"), "result"), "error")) {
		suite_case(suite, false, id, "want an error: %s",
			   json_get_string(json_object_get(test, "expect"), "error_hint"));
	} else {
		if (compare(suite, &scene, id, &err) < 0)
			suite_case(suite, false, id, "%s", err.message);
		check_again(suite, &scene, id);
	}
	build_result_release(&scene.result);
	store_closep(&scene.store);
	if (fs_remove_all(AT_FDCWD, scene.dir, NULL) < 0)
		fail("remove", scene.dir);
	free(scene.dir);
}

/* Cases without an expectation need base images; they are compared with a peer, elsewhere. */
static void run_set(struct suite *suite, const char *name, const char *only)
{
	json_t *data = suite_load(name), *test = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "cases"), i, test)
	{
		if (json_object_get(test, "expect") &&
		    (!only || str_eq(only, json_get_string(test, "name"))))
			run_case(suite, test);
	}
	json_decref(data);
}

int main(int argc, char **argv)
{
	struct suite suite = { .name = "build" };
	AUTO(err_release) struct err err = ERR_INIT;
	struct identity identity;

	/* Files of several owners can be made by a user, too, once he has his range of ids. */
	if (identity_enter(&identity, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	identity_release(&identity);
	(void)umask(0);
	run_set(&suite, "build-scratch/cases.json", argc > 1 ? argv[1] : NULL);
	run_set(&suite, "buildah-conformance/index.json", argc > 1 ? argv[1] : NULL);
	return suite_end(&suite);
}
