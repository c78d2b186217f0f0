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
		if (mount->kind == SANDBOX_FILE && !mount->content)
			return err_set(err, ERR_INPUT, "mount '%s' has no content", mount->target);
		if (mount->kind == SANDBOX_TREE && (!mount->lowers.len || !mount->source))
			return err_set(err, ERR_INPUT, "mount '%s' has no source", mount->target);
		if (mount->kind == SANDBOX_TREE && mount->upper && !mount->work)
			return err_set(err, ERR_INPUT, "mount '%s' has no work directory",
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

/*
 * Two steps that change the same, or nothing, have the same layer, and overlayfs takes no directory twice (ELOOP). The upper
 * one of two shows and hides all that the lower one does.
 */
static void encode_lowers(const struct strvec *lowers, struct str *out)
{
	AUTO(strvec_release) struct strvec reversed = STRVEC_INIT;

	for (size_t i = lowers ? lowers->len : 0; i > 0; i--)
		if (!strvec_contains(&reversed, lowers->items[i - 1]))
			strvec_add(&reversed, lowers->items[i - 1]);
	wire_put_number(out, reversed.len);
	for (size_t i = reversed.len; i > 0; i--)
		wire_put_text(out, reversed.items[i - 1]);
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
		if (mount->kind == SANDBOX_TREE) {
			encode_lowers(&mount->lowers, out);
			wire_put_text(out, mount->upper);
			wire_put_text(out, mount->work);
		}
		if (mount->kind != SANDBOX_FILE)
			continue;
		wire_put_bytes(out, mount->content, mount->content_len);
		wire_put_number(out, mount->mode);
		wire_put_number(out, mount->uid);
		wire_put_number(out, mount->gid);
	}
}

static void encode_options(const struct step_options *options, struct str *out)
{
	static const struct step_options none = STEP_OPTIONS_INIT;

	if (!options)
		options = &none;
	wire_put_number(out, options->limits.len);
	VEC_FOREACH(limit, &options->limits) {
		wire_put_number(out, (uint64_t)limit->resource);
		wire_put_number(out, limit->soft);
		wire_put_number(out, limit->hard);
	}
	wire_put_number(out, options->hosts.len);
	VEC_FOREACH(host, &options->hosts) {
		wire_put_text(out, host->name);
		wire_put_text(out, host->address);
	}
	wire_put_texts(out, &options->dns);
	wire_put_number(out, options->shm_size);
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
	encode_lowers(step->lowers, out);
	wire_put_texts(out, step->argv);
	wire_put_texts(out, step->env);
	wire_put_text(out, step->upper);
	wire_put_text(out, step->work);
	wire_put_text(out, step->cwd ? step->cwd : "/");
	wire_put_text(out, step->user);
	wire_put_text(out, step->hostname ? step->hostname : DEFAULT_HOSTNAME);
	encode_mounts(step->mounts, out);
	wire_put_number(out, step->network);
	wire_put_number(out, step->insecure);
	encode_options(step->options, out);
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
		if (mount->kind == SANDBOX_TREE) {
			wire_texts(wire, &mount->lowers);
			mount->upper = wire_text(wire);
			mount->work = wire_text(wire);
			wire->bad = wire->bad || !mount->lowers.len || !mount->source;
		}
		if (mount->kind == SANDBOX_FILE) {
			mount->content = wire_bytes(wire, &mount->content_len);
			mount->mode = (unsigned)wire_number(wire);
			mount->uid = (unsigned)wire_number(wire);
			mount->gid = (unsigned)wire_number(wire);
		}
		wire->bad = wire->bad || !mount->target;
	}
}

static void decode_options(struct wire *wire, struct step_options *ret)
{
	uint64_t count = wire_number(wire);

	for (uint64_t i = 0; i < count && !wire->bad; i++) {
		struct step_limit *limit = VEC_ADD(&ret->limits);

		limit->resource = (int)wire_number(wire);
		limit->soft = wire_number(wire);
		limit->hard = wire_number(wire);
	}
	count = wire_number(wire);
	for (uint64_t i = 0; i < count && !wire->bad; i++) {
		struct step_host *host = VEC_ADD(&ret->hosts);

		host->name = wire_text(wire);
		host->address = wire_text(wire);
		wire->bad = wire->bad || !host->name || !host->address;
	}
	wire_texts(wire, &ret->dns);
	ret->shm_size = wire_number(wire);
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
	job->insecure = wire_number(&wire) != 0;
	decode_options(&wire, &job->options);
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
		free(mount->content);
		free(mount->upper);
		free(mount->work);
		strvec_release(&mount->lowers);
	}
	free(job->mounts.items);
	step_options_release(&job->options);
	strmap_release(&job->scripts);
}
