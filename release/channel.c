#include "release/catalogue.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "registry/repository.h"
#include "release_tags.h"

static void with_tag(const struct image_ref *repository, const char *tag, struct image_ref *ret)
{
	image_ref_copy(ret, repository);
	free(ret->tag);
	ret->tag = xstrdup(tag);
	ret->digest = (struct digest){ .text = "" };
}

int channel_read(struct registry *registry, const struct image_ref *repository, const char *channel,
		 struct digest *ret, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(err_release) struct err problem = ERR_INIT;

	*ret = (struct digest){ .text = "" };
	with_tag(repository, channel, &ref);
	if (registry_describe(registry, &ref, NULL, &target, &problem) < 0)
		return problem.kind == ERR_NOT_FOUND ? 0 : fail_with(err, &problem);
	*ret = target.digest;
	return 0;
}

static int check(const struct channel_move *move, const struct digest *expected, struct err *err)
{
	struct digest now;

	if (channel_read(move->registry, move->repository, move->channel, &now, err) < 0)
		return -1;
	if (digest_equal(&now, expected))
		return 0;
	if (!digest_is_set(expected)) {
		(void)err_set(err, ERR_DENIED, "tag '%s' is there already, and names %s",
			      move->channel, now.text);
		return err_hint(err, "somebody else made it: look at it with 'edgectl release ls', "
				     "or 'edgectl inspect'");
	}
	(void)err_set(err, ERR_DENIED, "channel '%s' was moved by somebody else, to %s",
		      move->channel, digest_is_set(&now) ? now.text : "nothing");
	return err_hint(err, "look at it with 'edgectl release ls', and try again");
}

int tag_move(const struct channel_move *move, struct err *err)
{
	AUTO(image_ref_release) struct image_ref from = IMAGE_REF_INIT, to = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor made = { .media_type = NULL };
	struct copy_summary summary = { .attached = 0 };
	const struct registry_copy_request request = {
		.from = &from, .to = &to, .scratch = move->scratch, .step = move->step
	};

	if (check(move, move->from, err) < 0)
		return -1;
	with_tag(move->repository, move->channel, &to);
	with_tag(move->repository, move->channel, &from);
	free(TAKE(from.tag));
	from.digest = *move->to;
	if (registry_copy(move->registry, &request, &made, &summary, err) < 0)
		return err_wrap(err, "channel '%s'", move->channel);
	return check(move, move->to, err);
}

/* Whatever stands there: nobody decides by it. */
static int note_previous(const struct channel_move *move, struct err *err)
{
	AUTO(freep) char *tag = channel_previous_tag(move->channel);
	struct channel_move note = *move;
	struct digest now;

	if (!digest_is_set(move->from) || digest_equal(move->from, move->to))
		return 0;
	if (channel_read(move->registry, move->repository, tag, &now, err) < 0)
		return -1;
	note.channel = tag;
	note.from = &now;
	note.to = move->from;
	return tag_move(&note, err);
}

int channel_move(const struct channel_move *move, struct err *err)
{
	if (check(move, move->from, err) < 0 || note_previous(move, err) < 0)
		return -1;
	return tag_move(move, err);
}
