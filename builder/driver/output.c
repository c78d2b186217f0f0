#include "output.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attestation.h"
#include "base/alloc.h"
#include "base/fd.h"
#include "base/proc.h"
#include "image.h"
#include "image/image_archive.h"
#include "image/reference.h"
#include "output_files.h"
#include "output_target.h"

void output_job_release(struct output_job *job)
{
	free(job->images.items);
	job->images.items = NULL;
}

/* --- images --- */

static const struct strvec *names_of(const struct build_request *request,
				     const struct build_output *output)
{
	return output->names.len > 0 ? &output->names : request->tags;
}

/* Appends to the manifests of the images those about them. */
static int attest(const struct output_job *job, const struct build_output *output,
		  struct descriptors *manifests, struct err *err)
{
	for (size_t i = 0; i < job->images.len; i++) {
		AUTO(descriptor_release) struct descriptor about = { .media_type = NULL };
		const struct attested_image image = {
			.job = job,
			.planned = job->images.items[i].planned,
			.source = job->images.items[i].source,
			.manifest = &manifests->items[i],
			.digest = &manifests->items[i].digest,
			.names = names_of(job->request, output),
			.docker_types = output->form.docker_types,
			.now = job->epoch >= 0 ? job->epoch : (int64_t)time(NULL),
		};

		if (attestation_write(&image, &about, err) < 0)
			return -1;
		descriptor_copy(VEC_ADD(manifests), &about);
	}
	return 0;
}

static void warn_of_times(const struct output_job *job, const struct build_output *output)
{
	if (output->form.rewrite_timestamp && job->epoch < 0)
		monitor_text(job->request->monitor, 0, EVENT_WARNING,
			     "rewrite-timestamp without SOURCE_DATE_EPOCH, ignoring");
}

static int write_image(const struct output_job *job, const struct build_output *output,
		       struct descriptor *ret, struct digest *ret_config, struct err *err)
{
	const struct image_request image = {
		.store = job->request->store,
		.epoch = job->epoch,
		.form = &output->form,
		.monitor = job->request->monitor,
	};
	AUTO(descriptors_release) struct descriptors manifests = { .items = NULL };
	/* `docker load` of most versions takes a single image only */
	bool attests = attestations_are_wanted(job->request) && output->type != OUTPUT_DOCKER;
	bool has_index = job->images.len > 1 || attests;

	warn_of_times(job, output);
	for (size_t i = 0; i < job->images.len; i++) {
		if (image_write(&image, job->images.items[i].planned, VEC_ADD(&manifests),
				ret_config, err) < 0)
			return -1;
	}
	if (attests && attest(job, output, &manifests, err) < 0)
		return -1;
	if (job->images.len > 1)
		*ret_config = (struct digest){ .text = "" };
	if (has_index)
		return image_index_write(&image, &manifests, ret, err);
	descriptor_copy(ret, &manifests.items[0]);
	return 0;
}

/* --- archives --- */

static struct image_archive archive_of(const struct output_job *job,
				       const struct build_output *output,
				       const struct descriptor *target)
{
	return (struct image_archive){ .store = job->request->store,
				       .target = target,
				       .names = names_of(job->request, output),
				       .is_docker = output->type == OUTPUT_DOCKER,
				       .monitor = job->request->monitor };
}

/* `docker load` knows which engine the user works with: contexts, DOCKER_HOST, TLS, ssh. */
static int start_docker(int *ret_stdin, pid_t *ret_pid, struct err *err)
{
	static const char *const argv[] = { "docker", "load", "--quiet", NULL };
	AUTO(fd_closep) int read_end = -1, write_end = -1;
	struct proc proc = { .argv = argv, .stdout_fd = PROC_NULL, .stderr_fd = PROC_INHERIT };

	if (fd_pipe(&read_end, &write_end, err) < 0)
		return -1;
	proc.stdin_fd = read_end;
	if (proc_spawn(&proc, ret_pid, err) < 0)
		return err_hint(err, "without docker(1), write an archive: "
				     "--output type=docker,dest=image.tar");
	*ret_stdin = TAKE_FD(write_end);
	return 0;
}

static int load_into_docker(const struct image_archive *archive, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	AUTO(err_release) struct err write_err = ERR_INIT;
	pid_t pid = -1;
	int status = 0, written;

	if (start_docker(&fd, &pid, err) < 0)
		return -1;
	written = image_archive_write(archive, fd, "docker load", &write_err);
	fd_closep(&fd);
	fd = -1;
	if (proc_wait(pid, &status, err) < 0)
		return -1;
	if (status != 0) /* which is also why it did not take all of the archive */
		return err_set(err, ERR_CHILD, "'docker load' failed with status %d", status);
	if (written < 0)
		err_move(err, &write_err);
	return written;
}

static int write_archive(const struct output_job *job, const struct build_output *output,
			 const struct descriptor *target, struct err *err)
{
	AUTO(output_target_release) struct output_target file = OUTPUT_TARGET_INIT;
	const struct image_archive archive = archive_of(job, output, target);

	if (output->is_dir)
		return image_archive_write_dir(&archive, output->dest, err);
	if (!output->dest)
		return load_into_docker(&archive, err);
	if (output_target_open(&file, output->dest, job->request->stdout_fd, err) < 0 ||
	    image_archive_write(&archive, file.fd, file.path, err) < 0)
		return -1;
	return output_target_commit(&file, err);
}

/* --- one output --- */

static const char *title_of(const struct build_output *output)
{
	switch (output->type) {
	case OUTPUT_IMAGE: return "exporting to image";
	case OUTPUT_OCI: return "exporting to oci image format";
	case OUTPUT_DOCKER: return "exporting to docker image format";
	case OUTPUT_LOCAL: return "exporting to client directory";
	case OUTPUT_TAR: return "exporting to client tarball";
	case OUTPUT_CACHE_ONLY: break;
	}
	return "exporting nothing";
}

static int carry_out(const struct output_job *job, const struct build_output *output,
		     struct descriptor *ret, struct digest *ret_config, struct err *err)
{
	if (monitor_check(job->request->monitor, err) < 0)
		return -1;
	if (build_output_is_files(output))
		return output_files_write(job, output, err);
	if (write_image(job, output, ret, ret_config, err) < 0)
		return -1;
	if (output->type == OUTPUT_IMAGE)
		return 0;
	return write_archive(job, output, ret, err);
}

static int write_output(const struct output_job *job, const struct build_output *output,
			struct descriptor *ret, struct digest *ret_config, struct err *err)
{
	const struct monitor *monitor = job->request->monitor;
	const char *name = job->request->name;
	unsigned step = monitor_add_step(monitor, "%s%s%s%s", name ? "[" : "", name ? name : "",
					 name ? "] " : "", title_of(output));

	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (carry_out(job, output, ret, ret_config, err) < 0) {
		monitor_text(monitor, step,
			     err && err->kind == ERR_CANCELLED ? EVENT_STEP_CANCELLED
							       : EVENT_STEP_FAILED,
			     "%s", err && err->message ? err->message : "failed");
		return -1;
	}
	if (ret->media_type)
		monitor_text(monitor, step, EVENT_STEP_DETAIL, "%s", ret->digest.text);
	monitor_step(monitor, step, EVENT_STEP_DONE);
	return 0;
}

/* --- all of them --- */

/* Without --output. */
static const struct build_output image_in_store = { .type = OUTPUT_IMAGE, .store = true };

static size_t output_count(const struct build_request *request)
{
	return request->outputs && request->outputs->len > 0 ? request->outputs->len : 1;
}

static const struct build_output *output_at(const struct build_request *request, size_t i)
{
	return request->outputs && request->outputs->len > 0 ? &request->outputs->items[i]
							     : &image_in_store;
}

bool outputs_want_layers(const struct build_request *request)
{
	for (size_t i = 0; i < output_count(request); i++) {
		if (output_at(request, i)->type != OUTPUT_CACHE_ONLY)
			return true;
	}
	return false;
}

static int check_dest(const struct build_output *output, struct err *err)
{
	struct stat st;

	if (!output->dest || str_eq(output->dest, "-"))
		return 0;
	if (!output->is_dir && output->type != OUTPUT_LOCAL)
		return output_target_check(output->dest, err);
	if (stat(output->dest, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is not a directory", output->dest);
	return 0;
}

int outputs_check(const struct build_request *request, struct err *err)
{
	for (size_t i = 0; i < output_count(request); i++) {
		const struct build_output *output = output_at(request, i);
		bool is_docker = output->type == OUTPUT_DOCKER;
		bool has_index = request->machine_count > 1 ||
				 (attestations_are_wanted(request) && !is_docker);

		if (is_docker && request->machine_count > 1) {
			(void)err_set(err, ERR_UNSUPPORTED,
				      "'docker load' takes one image, not one for each of %zu "
				      "platforms",
				      request->machine_count);
			return err_hint(err, "choose one with --platform, or write an OCI "
					     "archive: --output type=oci,dest=FILE");
		}
		if (check_dest(output, err) < 0 ||
		    image_check_annotations(&output->form, has_index, err) < 0)
			return -1;
	}
	return 0;
}

int outputs_write(const struct output_job *job, struct build_result *ret, struct err *err)
{
	for (size_t i = 0; i < output_count(job->request); i++) {
		const struct build_output *output = output_at(job->request, i);
		struct descriptor *image = VEC_ADD(&ret->images);
		struct digest config = { .text = "" };

		if (output->type == OUTPUT_CACHE_ONLY)
			continue;
		if (write_output(job, output, image, &config, err) < 0)
			return -1;
		if (!image->media_type || ret->target.media_type)
			continue;
		descriptor_copy(&ret->target, image);
		ret->config = config;
	}
	return 0;
}

static int tag(const struct build_request *request, const struct build_output *output,
	       const struct descriptor *target, struct err *err)
{
	const struct strvec *names = names_of(request, output);

	for (size_t i = 0; names && i < names->len; i++) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *canonical = NULL;

		if (image_ref_parse(names->items[i], &ref, err) < 0)
			return -1;
		canonical = image_ref_format(&ref);
		if (store_tag(request->store, canonical, target, err) < 0)
			return err_wrap(err, "tag '%s'", names->items[i]);
	}
	return 0;
}

int outputs_tag(const struct build_request *request, const struct build_result *result,
		struct err *err)
{
	for (size_t i = 0; i < output_count(request); i++) {
		const struct build_output *output = output_at(request, i);

		if (output->type == OUTPUT_IMAGE && output->store &&
		    tag(request, output, &result->images.items[i], err) < 0)
			return -1;
	}
	return 0;
}
