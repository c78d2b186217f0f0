#include "job.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "wire.h"

#define DEFAULT_HOSTNAME "buildkitsandbox"

static int check_mounts(const struct sandbox_mounts *mounts, struct err *err)
{
	for (size_t i = 0; mounts && i < mounts->len; i++) {
		const struct sandbox_mount *mount = &mounts->items[i];
		AUTO(freep) char *target = path_in_root(mount->target ? mount->target : "");

		if (!mount->target || !path_is_absolute(mount->target))
			return err_set(err, ERR_INPUT, "mount target '%s' is not an absolute path",
				       mount->target ? mount->target : "");
		if (!strcmp(target, "."))
			return err_set(err, ERR_INPUT, "mount target '%s' is the root directory",
				       mount->target);
		if (mount->kind == SANDBOX_BIND &&
		    (!mount->source || !path_is_absolute(mount->source)))
			return err_set(err, ERR_INPUT, "mount source '%s' is not an absolute path",
				       mount->source ? mount->source : "");
	}
	return 0;
}

static int check_scripts(const struct strmap *scripts, struct err *err)
{
	for (size_t i = 0; scripts && i < scripts->len; i++) {
		const char *name = scripts->items[i].key;

		if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
			return err_set(err, ERR_INPUT, "'%s' cannot be the name of a script", name);
	}
	return 0;
}

int job_check(const struct sandbox_step *step, struct err *err)
{
	if (!step->argv || !step->argv->len)
		return err_set(err, ERR_INPUT, "no command to run");
	if (step->lowers && step->lowers->len > LIMIT_LAYERS)
		return err_set(err, ERR_LIMIT,
			       "%zu layers are more than the %d that overlayfs gets",
			       step->lowers->len, LIMIT_LAYERS);
	if (step->upper && !step->work)
		return err_set(err, ERR_INPUT, "an upper directory needs a work directory");
	if (step->cwd && !path_is_absolute(step->cwd))
		return err_set(err, ERR_INPUT, "working directory '%s' is not an absolute path",
			       step->cwd);
	if (check_mounts(step->mounts, err) < 0)
		return -1;
	return check_scripts(step->scripts, err);
}

static void encode_mounts(const struct sandbox_mounts *mounts, struct str *out)
{
	wire_put_number(out, mounts ? mounts->len : 0);
	for (size_t i = 0; mounts && i < mounts->len; i++) {
		const struct sandbox_mount *mount = &mounts->items[i];

		wire_put_number(out, mount->kind);
		wire_put_text(out, mount->source);
		wire_put_text(out, mount->target);
		wire_put_number(out, mount->read_only);
		wire_put_number(out, mount->size);
	}
}

static void encode_scripts(const struct strmap *scripts, struct str *out)
{
	wire_put_number(out, scripts ? scripts->len : 0);
	for (size_t i = 0; scripts && i < scripts->len; i++) {
		wire_put_text(out, scripts->items[i].key);
		wire_put_text(out, scripts->items[i].value);
	}
}

void job_encode(const struct sandbox_step *step, struct str *out)
{
	wire_put_texts(out, step->lowers);
	wire_put_texts(out, step->argv);
	wire_put_texts(out, step->env);
	wire_put_text(out, step->upper);
	wire_put_text(out, step->work);
	wire_put_text(out, step->cwd ? step->cwd : "/");
	wire_put_text(out, step->user);
	wire_put_text(out, step->hostname ? step->hostname : DEFAULT_HOSTNAME);
	encode_mounts(step->mounts, out);
	wire_put_number(out, step->network);
	encode_scripts(step->scripts, out);
}

static void decode_mounts(struct wire *wire, struct sandbox_mounts *ret)
{
	uint64_t count = wire_number(wire);

	for (uint64_t i = 0; i < count && !wire->bad; i++) {
		struct sandbox_mount *mount = VEC_ADD(ret);

		mount->kind = (enum sandbox_mount_kind)wire_number(wire);
		mount->source = wire_text(wire);
		mount->target = wire_text(wire);
		mount->read_only = wire_number(wire) != 0;
		mount->size = wire_number(wire);
		wire->bad = wire->bad || !mount->target;
	}
}

static void decode_scripts(struct wire *wire, struct strmap *ret)
{
	uint64_t count = wire_number(wire);

	for (uint64_t i = 0; i < count && !wire->bad; i++) {
		AUTO(freep) char *name = wire_text(wire);
		AUTO(freep) char *text = wire_text(wire);

		if (name)
			strmap_set(ret, name, text);
		else
			wire->bad = true;
	}
}

int job_decode(struct span message, struct job *job, struct err *err)
{
	struct wire wire = { .rest = message };

	wire_texts(&wire, &job->lowers);
	wire_texts(&wire, &job->argv);
	wire_texts(&wire, &job->env);
	job->upper = wire_text(&wire);
	job->work = wire_text(&wire);
	job->cwd = wire_text(&wire);
	job->user = wire_text(&wire);
	job->hostname = wire_text(&wire);
	decode_mounts(&wire, &job->mounts);
	job->network = (enum sandbox_network)wire_number(&wire);
	decode_scripts(&wire, &job->scripts);
	if (wire.bad || wire.rest.len || !job->argv.len || !job->cwd || !job->hostname)
		return err_set(err, ERR_CHILD, "broken step between the sandbox's processes");
	return 0;
}

void job_release(struct job *job)
{
	strvec_release(&job->lowers);
	strvec_release(&job->argv);
	strvec_release(&job->env);
	free(job->upper);
	free(job->work);
	free(job->cwd);
	free(job->user);
	free(job->hostname);
	VEC_FOREACH(mount, &job->mounts) {
		free(mount->source);
		free(mount->target);
	}
	free(job->mounts.items);
	strmap_release(&job->scripts);
}
