#include "app.h"
#include "command.h"
#include "load_names.h"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/archive.h"

struct load_args {
	const char *input;
	struct strvec names;
	int progress;
	bool quiet;
};

static bool is_stdin(const struct load_args *args)
{
	return !args->input || str_eq(args->input, "-");
}

static int read_file(struct session *session, const struct load_args *args, unsigned step,
		     struct named_images *ret, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct archive_source source = {
		.fd = STDIN_FILENO,
		.name = is_stdin(args) ? "the standard input" : args->input,
		.store = session->store,
		.monitor = &session->monitor,
		.step = step,
	};

	if (!is_stdin(args)) {
		if (fd_open(AT_FDCWD, args->input, O_RDONLY, 0, &fd, err) < 0)
			return -1;
		source.fd = fd;
	}
	return archive_read(&source, ret, err);
}

static int read_input(struct session *session, const struct load_args *args, unsigned step,
		      struct named_images *ret, struct err *err)
{
	const struct layout_request layout = { .dir = args->input,
					       .all = true,
					       .store = session->store,
					       .monitor = &session->monitor };
	struct stat st;

	if (!is_stdin(args) && stat(args->input, &st) == 0 && S_ISDIR(st.st_mode))
		return layout_read(&layout, ret, err);
	return read_file(session, args, step, ret, err);
}

/* --- names --- */

static int tag_image(struct session *session, const struct named_image *image, const char *name,
		     struct str *out, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *shown = NULL;

	if (image_ref_parse(name, &ref, err) < 0 ||
	    store_tag(session->store, name, &image->target, err) < 0)
		return -1;
	shown = image_ref_format_short(&ref);
	progress_summary(session->progress, "loaded %s %s", shown, image->target.digest.text);
	str_addf(out, "%s\n", shown);
	return 0;
}

static int tag_all(struct session *session, const struct load_args *args,
		   const struct named_images *images, struct str *out, struct err *err)
{
	AUTO(load_names_release) struct load_names names = { .items = NULL };

	if (load_names_choose(images, &args->names, &names, err) < 0)
		return -1;
	VEC_FOREACH(name, &names) {
		if (tag_image(session, name->image, name->name, out, err) < 0)
			return -1;
	}
	return 0;
}

static int load_all(struct session *session, const struct load_args *args, struct str *out,
		    struct err *err)
{
	AUTO(named_images_release) struct named_images images = { .items = NULL };
	const char *where = is_stdin(args) ? "the standard input" : args->input;
	unsigned step = progress_begin(&session->monitor, "reading %s", where);
	int status = read_input(session, args, step, &images, err);

	if (status == 0 && images.len == 0)
		status = err_set(err, ERR_INPUT, "there is no image in '%s'", where);
	progress_end(&session->monitor, step, status, err);
	return status < 0 ? -1 : tag_all(session, args, &images, out, err);
}

static int load_run(struct app *app, const void *args_data, struct err *err)
{
	const struct load_args *args = args_data;
	const struct session_options options = {
		.title = "Loading",
		.progress = args->quiet ? PROGRESS_QUIET : (enum progress_mode)args->progress
	};
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(str_release) struct str names = STR_INIT;
	int status;

	if (is_stdin(args) && isatty(STDIN_FILENO)) {
		err_set(err, ERR_USAGE, "no archive is given");
		return err_hint(err, "name a file with --input, or redirect the standard input");
	}
	if (session_open(&options, &session, err) < 0)
		return -1;
	status = load_all(&session, args, &names, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	return args->quiet ? app_print(&names, err) : 0;
}

static const struct cli_option load_options[] = {
	OPTION_STRING(struct load_args, input, 'i', "input", "FILE", VALUE_FILE,
		      "Archive, or directory with an OCI layout; the standard input without it"),
	OPTION_LIST(
		struct load_args, names, 't', "tag", "[OLD=]NAME", VALUE_IMAGE,
		"Name for the image, whatever the archive calls it; OLD=NAME for the one that is "
		"called OLD there. Without a tag, NAME gets the image's own"),
	OPTION_PROGRESS(struct load_args, progress),
	OPTION_FLAG(struct load_args, quiet, 'q', "quiet", "Print only the names"),
	OPTION_END,
};

static const struct cli_example load_examples[] = {
	{ "Take over an image of a Docker engine:", "docker save app:1 | edgectl load" },
	{ "Name the images of an archive for another repository, each with its own tag:",
	  "edgectl load -i app.tar --tag registry.example.com/app" },
	{ NULL, NULL },
};

const struct cli_command cmd_load = {
	.name = "load",
	.group = GROUP_IMAGE,
	.summary = "Read images from a file into the local store",
	.details = "Archives of 'docker save', 'podman save' and 'edgectl save', and OCI image "
		   "layouts as a tar or a directory; compressed with gzip, bzip2, xz or zstd, or "
		   "not. Layers that are not compressed are, on the way, and everything is checked "
		   "against its digest.",
	.options = load_options,
	.args_size = sizeof(struct load_args),
	.examples = load_examples,
	.run = load_run,
};
