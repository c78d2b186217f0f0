#include "app.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "registry_option.h"
#include "scratch_store.h"
#include "session.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "image/config.h"
#include "image/image_content.h"
#include "registry/repository.h"

#define MEDIA_EMPTY      "application/vnd.oci.empty.v1+json"
#define MEDIA_FILE       "application/octet-stream"
#define ANNOTATION_TITLE "org.opencontainers.image.title"
#define ANNOTATION_TIME  "org.opencontainers.image.created"
#define BUFFER_SIZE      ((size_t)256 * 1024)

struct attach_args {
	struct strvec words, annotations;
	struct registry_args registry;
	const char *type, *platform, *board;
	int progress;
	bool quiet;
};

struct attachment {
	const struct attach_args *args;
	struct session *session;
	struct image_ref ref;
	struct scratch_store scratch;
	struct manifest manifest;
	struct descriptor made;
};

static void attachment_release(struct attachment *attachment)
{
	image_ref_release(&attachment->ref);
	manifest_release(&attachment->manifest);
	descriptor_release(&attachment->made);
	scratch_store_release(&attachment->scratch);
}

/* --- words --- */

/* RFC 6838 section 4.2, as the image specification asks for it. */
static bool is_media_type(const char *text)
{
	const char *slash = strchr(text, '/');

	if (!slash || slash == text || !slash[1])
		return false;
	for (const char *c = text; *c; c++) {
		if (c != slash && !isalnum((unsigned char)*c) && !strchr("!#$&-^_.+", *c))
			return false;
	}
	return true;
}

static int check_words(const struct attach_args *args, struct err *err)
{
	if (!args->type)
		return err_set(err, ERR_USAGE, "--artifact-type says what it is: name one");
	if (!is_media_type(args->type)) {
		err_set(err, ERR_USAGE, "'%s' is not a media type", args->type);
		return err_hint(err, "as in 'application/spdx+json'");
	}
	VEC_FOREACH(annotation, &args->annotations) {
		if (!strchr(*annotation, '=') || **annotation == '=')
			return err_set(err, ERR_USAGE, "annotation '%s' is not KEY=VALUE",
				       *annotation);
	}
	return 0;
}

/* "FILE:TYPE"; what stands behind the last colon is a type if it has the form of one. */
static void split_word(const char *word, char **ret_path, const char **ret_type)
{
	const char *colon = strrchr(word, ':');

	if (colon && colon != word && is_media_type(colon + 1)) {
		*ret_path = xstrndup(word, (size_t)(colon - word));
		*ret_type = colon + 1;
		return;
	}
	*ret_path = xstrdup(word);
	*ret_type = MEDIA_FILE;
}

/* --- the artifact --- */

static int copy_file(struct attachment *a, int fd, const char *path, struct descriptor *ret,
		     struct err *err)
{
	AUTO(blob_writer_freep) struct blob_writer *writer = NULL;
	AUTO(freep) char *buffer = xmalloc(BUFFER_SIZE);
	ssize_t got;

	writer = blob_writer_new(a->scratch.store, err);
	if (!writer)
		return -1;
	while ((got = fd_read_full(fd, buffer, BUFFER_SIZE, path, err)) > 0) {
		if (monitor_check(&a->session->monitor, err) < 0 ||
		    blob_write(writer, buffer, (size_t)got, err) < 0)
			return -1;
	}
	if (got < 0)
		return -1;
	ret->size = blob_writer_size(writer);
	return blob_writer_commit(writer, NULL, &ret->digest, err);
}

static int add_file(struct attachment *a, const char *word, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	AUTO(freep) char *path = NULL;
	const char *type = NULL;
	struct descriptor *layer;

	split_word(word, &path, &type);
	if (fd_open(AT_FDCWD, path, O_RDONLY, 0, &fd, err) < 0)
		return -1;
	layer = VEC_ADD(&a->manifest.layers);
	layer->media_type = xstrdup(type);
	/* oras and others give the file this name again */
	strmap_set(&layer->annotations, ANNOTATION_TITLE, path_base(path));
	return copy_file(a, fd, path, layer, err);
}

static int put_empty(struct attachment *a, struct descriptor *ret, struct err *err)
{
	ret->media_type = xstrdup(MEDIA_EMPTY);
	ret->size = 2;
	return store_put_blob(a->scratch.store, "{}", 2, &ret->digest, err);
}

static void annotate(struct attachment *a)
{
	char now[32];

	VEC_FOREACH(annotation, &a->args->annotations)
		strmap_set_pair(&a->manifest.annotations, *annotation);
	if (!strmap_has(&a->manifest.annotations, ANNOTATION_TIME))
		strmap_set(&a->manifest.annotations, ANNOTATION_TIME,
			   rfc3339_format(time(NULL), now));
}

/* image-spec, manifest.md, "Guidelines for Artifact Usage". */
static int make_artifact(struct attachment *a, struct err *err)
{
	const struct strvec *words = &a->args->words;

	a->manifest.media_type = xstrdup(MEDIA_OCI_MANIFEST);
	a->manifest.artifact_type = xstrdup(a->args->type);
	if (put_empty(a, &a->manifest.config, err) < 0)
		return -1;
	for (size_t i = 1; i < words->len; i++) {
		if (add_file(a, words->items[i], err) < 0)
			return -1;
	}
	if (a->manifest.layers.len == 0 && put_empty(a, VEC_ADD(&a->manifest.layers), err) < 0)
		return -1;
	annotate(a);
	return image_content_put_manifest(a->scratch.store, &a->manifest, &a->made, err);
}

/* --- its subject --- */

static int find_subject(struct attachment *a, struct err *err)
{
	struct platform platform;
	bool is_given = false;

	if (machine_parse_one(a->args->platform, a->args->board, &platform, &is_given, err) < 0)
		return -1;
	return registry_describe(a->session->registry, &a->ref, is_given ? &platform : NULL,
				 &a->manifest.subject, err);
}

static int attach(struct attachment *a, struct err *err)
{
	const char *image = a->args->words.items[0];
	unsigned step = progress_begin(&a->session->monitor, "attaching to %s", image);
	int status = find_subject(a, err);

	if (status == 0)
		status = make_artifact(a, err);
	if (status == 0)
		status = registry_attach(a->session->registry, a->scratch.store, &a->made, &a->ref,
					 step, err);
	progress_end(&a->session->monitor, step, status, err);
	if (status == 0)
		progress_summary(a->session->progress, "attached %s to %s %s", a->made.digest.text,
				 image, a->manifest.subject.digest.text);
	return status;
}

static int attach_run(struct app *app, const void *args_data, struct err *err)
{
	const struct attach_args *args = args_data;
	struct session_options options = registry_args_to_ask(&args->registry);
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(attachment_release)
	struct attachment a = { .args = args, .session = &session };
	AUTO(str_release) struct str digest = STR_INIT;
	int status;

	options.title = "Attaching";
	options.progress = args->quiet ? PROGRESS_QUIET : (enum progress_mode)args->progress;
	options.without_store = true;
	if (check_words(args, err) < 0 ||
	    image_option_parse(args->words.items[0], &a.ref, err) < 0 ||
	    session_open(&options, &session, err) < 0 || scratch_store_open(&a.scratch, err) < 0)
		return -1;
	status = attach(&a, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	str_addf(&digest, "%s\n", a.made.digest.text);
	return args->quiet ? app_print(&digest, err) : 0;
}

static const struct cli_option attach_options[] = {
	OPTION_OPERANDS(struct attach_args, words, "IMAGE [FILE[:TYPE]]", VALUE_FILE, 1, 0),
	OPTION_STRING(struct attach_args, type, 0, "artifact-type", "TYPE", VALUE_TEXT,
		      "Media type of the whole: what it is to those who look for it"),
	OPTION_LIST(struct attach_args, annotations, 0, "annotation", "KEY=VALUE", VALUE_TEXT,
		    "Add an annotation"),
	OPTION_STRING(struct attach_args, platform, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		      "Attach to the image for this platform instead of the index"),
	OPTION_BOARD(struct attach_args, board),
	OPTION_REGISTRY(struct attach_args, registry),
	OPTION_PROGRESS(struct attach_args, progress),
	OPTION_FLAG(struct attach_args, quiet, 'q', "quiet", "Print only the digest"),
	OPTION_END,
};

static const struct cli_example attach_examples[] = {
	{ "Keep a bill of materials beside the image:",
	  "edgectl attach --artifact-type application/spdx+json registry.example.com/app:1 "
	  "sbom.spdx.json" },
	{ NULL, NULL },
};

const struct cli_command cmd_attach = {
	.name = "attach",
	.group = GROUP_IMAGE,
	.summary = "Attach files to an image in a registry",
	.details =
		"Pushes an artifact that names the image as its subject: a bill of materials, a "
		"signature, a licence. 'edgectl referrers' lists what is attached. The image and "
		"its digest do not change.\n\n"
		"A registry without the referrers API has the list under a tag of the repository "
		"(sha256-...), which edgectl keeps as the specification says.",
	.options = attach_options,
	.args_size = sizeof(struct attach_args),
	.examples = attach_examples,
	.run = attach_run,
};
