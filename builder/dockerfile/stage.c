/* Which stage a name or a number means. */
#include <strings.h>

#include "base/alloc.h"
#include "dockerfile/dockerfile.h"

const struct stage *dockerfile_find_stage(const struct dockerfile *file, const char *name,
					  unsigned before, bool ignore_case)
{
	for (unsigned i = before < file->stages.len ? before : (unsigned)file->stages.len; i > 0;
	     i--) {
		const struct stage *stage = &file->stages.items[i - 1];

		if (stage->name &&
		    (ignore_case ? strcasecmp(stage->name, name) == 0 : str_eq(stage->name, name)))
			return stage;
	}
	return NULL;
}

static const char *describe(const struct stage *stage, char *buf, size_t size)
{
	if (stage->name)
		return stage->name;
	(void)snprintf(buf, size, "%u", stage->index);
	return buf;
}

static int fail_order(const struct stage *user, const struct stage *found, const char *text,
		      bool may_be_later, struct err *err)
{
	char buf[32];

	if (may_be_later && found != user)
		return 0;
	if (found == user) {
		(void)err_set(err, ERR_INPUT, "stage '%s' copies from itself",
			      describe(user, buf, sizeof(buf)));
		return err_hint(err, "name an earlier stage, or copy within this one by RUN cp");
	}
	(void)err_set(err, ERR_INPUT, "stage '%s' is defined later, in line %u", text,
		      found->from.start);
	return err_hint(err, "move it before stage '%s'", describe(user, buf, sizeof(buf)));
}

static int resolve_index(const struct dockerfile *file, const struct stage *user,
			 unsigned long long index, const char *text, bool may_be_later,
			 const struct stage **ret, struct err *err)
{
	if (index >= file->stages.len) {
		(void)err_set(err, ERR_INPUT, "there is no stage %llu", index);
		return err_hint(err, "the stages are numbered from 0 to %zu", file->stages.len - 1);
	}
	if (index >= user->index)
		return fail_order(user, &file->stages.items[index], text, may_be_later, err);
	*ret = &file->stages.items[index];
	return 0;
}

static int resolve(const struct dockerfile *file, const struct stage *user, const char *text,
		   bool may_be_later, const struct stage **ret, struct err *err)
{
	unsigned long long index = 0;
	const struct stage *found = NULL;

	if (strpbrk(text, "$\"'\\")) {
		(void)err_set(err, ERR_INPUT,
			      "'%s' is used as it stands: variables are not expanded here", text);
		return err_hint(
			err,
			"name a stage of its own for it: FROM image AS name, then use the name");
	}
	if (span_to_u64(span_of(text), UINT32_MAX, &index))
		return resolve_index(file, user, index, text, may_be_later, ret, err);
	*ret = dockerfile_find_stage(file, text, user->index, true);
	if (*ret)
		return 0;
	/* The latest of that name, if there is one: it comes too late. */
	found = dockerfile_find_stage(file, text, (unsigned)file->stages.len, true);
	return found ? fail_order(user, found, text, may_be_later, err) : 0;
}

int dockerfile_resolve_from(const struct dockerfile *file, const struct stage *user,
			    const char *text, const struct stage **ret, struct err *err)
{
	return resolve(file, user, text, false, ret, err);
}

int dockerfile_check_from(const struct dockerfile *file, const struct stage *user, const char *text,
			  struct err *err)
{
	const struct stage *found = NULL;

	return resolve(file, user, text, true, &found, err);
}

const char *dockerfile_nearest_stage(const struct dockerfile *file, const char *name)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	VEC_FOREACH(stage, &file->stages)
		if (stage->name)
			strvec_add(&names, stage->name);
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	VEC_FOREACH(stage, &file->stages)
		if (nearest && str_eq(stage->name, nearest))
			return stage->name;
	return NULL;
}

int dockerfile_target(const struct dockerfile *file, const char *name, const struct stage **ret,
		      struct err *err)
{
	const char *nearest = NULL;

	if (!file->stages.len) {
		(void)err_set(err, ERR_INPUT, "the file has no stage to build");
		return err_hint(err, "begin it with FROM and an image");
	}
	*ret = &file->stages.items[file->stages.len - 1];
	if (!name)
		return 0;
	*ret = dockerfile_find_stage(file, name, (unsigned)file->stages.len, true);
	if (*ret)
		return 0;
	nearest = dockerfile_nearest_stage(file, name);
	(void)err_set(err, ERR_INPUT, "there is no stage '%s'", name);
	if (nearest)
		return err_hint(err, "did you mean '%s'?", nearest);
	if (*name >= '0' && *name <= '9')
		return err_hint(err, "a target has a name, not a number: FROM image AS name");
	return err_hint(err, "FROM image AS %s would define it", name);
}
