#include "app.h"
#include "command.h"
#include "release_memory.h"
#include "release_site.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "registry/repository.h"

struct move_args {
	struct strvec words;
	struct registry_args registry;
	const char *to;
};

/* --- release promote --- */

static int promote(struct release_site *site, const void *args_data, struct str *out,
		   struct err *err)
{
	const struct move_args *args = args_data;
	const char *channel =
		args->words.len > 2 ? args->words.items[2] : fleet_site_channel(&site->fleet);
	struct published *published = NULL;

	if (catalogue_check_channel(&site->catalogue, channel, err) < 0 ||
	    catalogue_find(&site->catalogue, args->words.items[1], &published, err) < 0)
		return -1;
	if (published_is_draft(published)) {
		(void)err_set(err, ERR_INPUT, "release '%s' is a draft",
			      published->release.version);
		return err_hint(err, "'edgectl release finalize' first");
	}
	return release_site_move(site, channel, catalogue_of_channel(&site->catalogue, channel),
				 published, out, err);
}

static int promote_run(struct app *app, const void *args_data, struct err *err)
{
	const struct move_args *args = args_data;

	return release_site_run(app, args->words.items[0], &args->registry, promote, args, err);
}

static const struct cli_option promote_options[] = {
	OPTION_OPERANDS(struct move_args, words, "FLEET RELEASE [CHANNEL]", VALUE_FLEET, 2, 3,
			.kind_count = 1, .kind_behind = VALUE_RELEASE),
	OPTION_REGISTRY(struct move_args, registry),
	OPTION_END,
};

static const struct cli_example promote_examples[] = {
	{ "What was tried in one channel, to all others:",
	  "edgectl release promote greenhouse canary stable" },
	{ NULL, NULL },
};

const struct cli_command cmd_release_promote = {
	.name = "release promote",
	.group = GROUP_FLEET,
	.summary = "Move a channel to a release",
	.details = "RELEASE is a version, a channel, or a digest; CHANNEL is the fleet's own if it "
		   "is left out. Nothing is built or sent: the release is there already. If "
		   "somebody else moves the channel at the same time, that is an error, and his "
		   "release stays.",
	.options = promote_options,
	.args_size = sizeof(struct move_args),
	.examples = promote_examples,
	.run = promote_run,
};

/* --- release rollback --- */

static int nothing_before(const char *channel, struct err *err)
{
	(void)err_set(err, ERR_NOT_FOUND, "no release that channel '%s' had before is there",
		      channel);
	return err_hint(err, "name one with --to; 'edgectl release ls' lists what there is");
}

static int rollback(struct release_site *site, const void *args_data, struct str *out,
		    struct err *err)
{
	const struct move_args *args = args_data;
	const char *channel =
		args->words.len > 1 ? args->words.items[1] : fleet_site_channel(&site->fleet);
	const struct published *now = catalogue_of_channel(&site->catalogue, channel);
	const struct published *before = catalogue_previous(&site->catalogue, channel);
	struct published *chosen = NULL;

	if (!now)
		return err_set(err, ERR_NOT_FOUND, "there is no channel '%s'", channel);
	if (args->to && catalogue_find(&site->catalogue, args->to, &chosen, err) < 0)
		return -1;
	if (args->to)
		before = chosen;
	if (!before)
		return nothing_before(channel, err);
	return release_site_move(site, channel, now, before, out, err);
}

static int rollback_run(struct app *app, const void *args_data, struct err *err)
{
	const struct move_args *args = args_data;

	return release_site_run(app, args->words.items[0], &args->registry, rollback, args, err);
}

static const struct cli_option rollback_options[] = {
	OPTION_OPERANDS(struct move_args, words, "FLEET [CHANNEL]", VALUE_FLEET, 1, 2,
			.kind_count = 1, .kind_behind = VALUE_RELEASE),
	OPTION_STRING(struct move_args, to, 0, "to", "RELEASE", VALUE_RELEASE,
		      "Instead of the one that the channel had before"),
	OPTION_REGISTRY(struct move_args, registry),
	OPTION_END,
};

static const struct cli_example rollback_examples[] = {
	{ "Back to what the boards ran before:", "edgectl release rollback greenhouse" },
	{ NULL, NULL },
};

const struct cli_command cmd_release_rollback = {
	.name = "release rollback",
	.group = GROUP_FLEET,
	.summary = "Move a channel back to the release that it had before",
	.details = "Done twice, it is where it was. CHANNEL is the fleet's own if it is left out.",
	.options = rollback_options,
	.args_size = sizeof(struct move_args),
	.examples = rollback_examples,
	.run = rollback_run,
};

/* --- release finalize --- */

static int publish_draft(struct release_site *site, const struct published *published,
			 struct str *out, struct err *err)
{
	AUTO(scratch_store_release) struct scratch_store scratch = SCRATCH_STORE_INIT;
	const struct digest nothing = { .text = "" };
	struct channel_move move = { .registry = site->session.registry,
				     .repository = &site->fleet.repository,
				     .channel = published->release.version,
				     .from = &nothing,
				     .to = &published->release.digest };

	if (scratch_store_open(&scratch, err) < 0)
		return -1;
	move.scratch = scratch.store;
	if (tag_move(&move, err) < 0)
		return -1;
	str_addf(out, "release %s is published\n", published->release.version);
	return 0;
}

/* Not every registry deletes; a release with both tags is no draft any more. */
static int remove_draft_tag(struct release_site *site, const struct published *published,
			    struct err *err)
{
	AUTO(image_ref_release) struct image_ref draft = IMAGE_REF_INIT;
	AUTO(err_release) struct err problem = ERR_INIT;

	image_ref_copy(&draft, &site->fleet.repository);
	free(draft.tag);
	draft.tag = release_draft_tag(published->release.version);
	if (registry_delete(site->session.registry, &draft, &problem) == 0 ||
	    problem.kind == ERR_UNSUPPORTED || problem.kind == ERR_DENIED ||
	    problem.kind == ERR_NOT_FOUND)
		return 0;
	err_move(err, &problem);
	return -1;
}

static int finalize(struct release_site *site, const void *args_data, struct str *out,
		    struct err *err)
{
	const struct move_args *args = args_data;
	const char *channel =
		args->words.len > 2 ? args->words.items[2] : fleet_site_channel(&site->fleet);
	struct published *published = NULL;

	if (catalogue_check_channel(&site->catalogue, channel, err) < 0 ||
	    catalogue_find(&site->catalogue, args->words.items[1], &published, err) < 0)
		return -1;
	if (published_is_draft(published) &&
	    (published_check(site->session.registry, &site->fleet.repository, published, err) < 0 ||
	     publish_draft(site, published, out, err) < 0))
		return -1;
	if (release_site_move(site, channel, catalogue_of_channel(&site->catalogue, channel),
			      published, out, err) < 0)
		return -1;
	if (catalogue_sweep(site->session.registry, &site->fleet.repository, &site->catalogue, NULL,
			    err) < 0)
		return -1;
	return published->has_draft_tag ? remove_draft_tag(site, published, err) : 0;
}

static int finalize_run(struct app *app, const void *args_data, struct err *err)
{
	const struct move_args *args = args_data;

	return release_site_run(app, args->words.items[0], &args->registry, finalize, args, err);
}

static const struct cli_example finalize_examples[] = {
	{ "Let the boards have a draft that was tried by hand:",
	  "edgectl release finalize greenhouse v1.4" },
	{ NULL, NULL },
};

const struct cli_command cmd_release_finalize = {
	.name = "release finalize",
	.group = GROUP_FLEET,
	.summary = "Publish a draft, and move a channel to it",
	.details = "CHANNEL is the fleet's own if it is left out. The digest stays.",
	.options = promote_options,
	.args_size = sizeof(struct move_args),
	.examples = finalize_examples,
	.run = finalize_run,
};

/* --- release rm --- */

/* What a deletion that was interrupted has left is gone with the others. */
static int find_all(struct release_site *site, const struct strvec *words, struct published **found,
		    size_t *ret_count, struct err *err)
{
	for (size_t i = 1; i < words->len; i++) {
		if (strvec_contains(&site->catalogue.remains, words->items[i]))
			continue;
		if (catalogue_find(&site->catalogue, words->items[i], &found[*ret_count], err) < 0)
			return -1;
		(*ret_count)++;
	}
	return 0;
}

/* All are found before the first goes. */
static int remove_all(struct release_site *site, const void *args_data, struct str *out,
		      struct err *err)
{
	const struct move_args *args = args_data;
	const struct strvec *words = &args->words;
	AUTO(freep) struct published **found = xcalloc(words->len, sizeof(struct published *));
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;
	struct removal removal = { .registry = site->session.registry,
				   .repository = &site->fleet.repository,
				   .catalogue = &site->catalogue,
				   .releases = found };

	if (find_all(site, words, found, &removal.count, err) < 0 ||
	    catalogue_read_files(removal.registry, removal.repository, &site->catalogue, err) < 0 ||
	    release_remove(&removal, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < removal.count; i++)
		release_memory_forget(removal.repository, found[i]->release.version);
	VEC_FOREACH(tag, &tags)
		str_addf(out, "removed %s\n", *tag);
	return 0;
}

static int rm_run(struct app *app, const void *args_data, struct err *err)
{
	const struct move_args *args = args_data;

	return release_site_run(app, args->words.items[0], &args->registry, remove_all, args, err);
}

static const struct cli_option rm_options[] = {
	OPTION_OPERANDS(struct move_args, words, "FLEET RELEASE", VALUE_FLEET, 2, 0,
			.kind_count = 1, .kind_behind = VALUE_RELEASE),
	OPTION_REGISTRY(struct move_args, registry),
	OPTION_END,
};

static const struct cli_example rm_examples[] = {
	{ "A release that nobody is to run any more:", "edgectl release rm greenhouse v1.3" },
	{ NULL, NULL },
};

const struct cli_command cmd_release_rm = {
	.name = "release rm",
	.group = GROUP_FLEET,
	.summary = "Remove releases of a fleet",
	.details = "A release that a channel has stays. Images that other releases have stay, too; "
		   "what the registry keeps without a tag is for its own garbage collection.",
	.options = rm_options,
	.args_size = sizeof(struct move_args),
	.examples = rm_examples,
	.run = rm_run,
};
