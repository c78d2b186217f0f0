#include "fleet_push.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "deploy_project.h"
#include "fleet_publish.h"
#include "fleet_site.h"
#include "fleet_variables.h"
#include "format.h"
#include "registry/repository.h"

static int check_names(const struct fleet_push_args *args, const struct fleet_site *site,
		       struct err *err)
{
	if ((args->channel && release_check_name(args->channel, "channel", err) < 0) ||
	    (args->version && release_check_name(args->version, "version", err) < 0))
		return -1;
	VEC_FOREACH(tag, &args->release_tags) {
		if (!strchr(*tag, '=') || **tag == '=')
			return err_set(err, ERR_USAGE,
				       "option '--release-tag': '%s' is not KEY=VALUE", *tag);
	}
	if (args->draft && args->channel)
		return err_set(
			err, ERR_USAGE,
			"a draft is in no channel: --draft and --channel do not go together");
	if (args->platforms.len > 0 || args->boards.len > 0 || site->fleet->boards.len > 0 ||
	    site->fleet->platforms.len > 0)
		return 0;
	(void)err_set(err, ERR_INPUT, "fleet '%s' has no boards", site->fleet->name);
	return err_hint(err, "name them in '%s': 'boards: [raspberrypi4-64]'", site->fleets.path);
}

/* What a build of the fleet's services for its boards would be called with. */
static void fill_words(const struct fleet_push_args *args, const struct transfer_args *transfer,
		       const struct fleet *fleet, bool is_dated, struct deploy_args *ret)
{
	struct build_args *build = &ret->build;
	const bool has_own = args->platforms.len > 0 || args->boards.len > 0;

	strvec_add(&ret->words, fleet->name);
	if (args->services.len > 0)
		strvec_add_all(&ret->words, &args->services);
	else
		fleet_texts_add_to(&fleet->services, &ret->words);
	strvec_add_all(&build->source.platforms, &args->platforms);
	strvec_add_all(&build->source.boards, &args->boards);
	if (!has_own) {
		fleet_texts_add_to(&fleet->platforms, &build->source.platforms);
		fleet_texts_add_to(&fleet->boards, &build->source.boards);
	}
	fleet_texts_add_to(&fleet->profiles, &build->project.profiles);
	build->project.name = fleet->name;
	build->how.progress = transfer->progress;
	build->how.insecure = transfer->registry.insecure;
	strvec_add(&build->result.outputs,
		   is_dated ? "type=image,rewrite-timestamp=true" : "type=image");
}

static void words_release(struct deploy_args *words)
{
	strvec_release(&words->words);
	strvec_release(&words->build.source.platforms);
	strvec_release(&words->build.source.boards);
	strvec_release(&words->build.project.profiles);
	strvec_release(&words->build.result.outputs);
}

static void tell_plan(const struct fleet_publishing *p, struct str *out)
{
	const struct build_project *build = &p->project->build;
	AUTO(freep) char *shown = image_ref_format_short(&p->site->repository);

	for (size_t i = 0; i < build->len; i++) {
		AUTO(strvec_release) struct strvec platforms = STRVEC_INIT;
		AUTO(freep) char *list = NULL;
		char text[PLATFORM_TEXT_MAX];

		VEC_FOREACH(machine, &build->items[i].plan.machines)
			strvec_add(&platforms, platform_format(&machine->platform, text));
		list = strvec_join(&platforms, ", ");
		str_addf(out, "would build %s for %s\n",
			 build->items[i].name ? build->items[i].name : DEPLOY_MAIN_SERVICE, list);
	}
	fleet_variables_tell(p->project->compose, out);
	str_addf(out, "would publish %s to %s\n", p->args->draft ? "a draft" : "a release", shown);
}

static int check_registry(const struct fleet_publishing *p, struct err *err)
{
	AUTO(freep) char *shown = NULL;

	if (registry_check_push(p->session->registry, &p->site->repository, err) == 0)
		return 0;
	shown = image_ref_format_short(&p->site->repository);
	return err_wrap(err, "fleet '%s' in '%s'", p->site->fleet->name, shown);
}

/* What can be known to fail does so before anything is built. */
static int push(struct app *app, struct fleet_publishing *p, struct err *err)
{
	AUTO(str_release) struct str plan = STR_INIT;
	int status = fleet_variables_check(p->project->compose, p->args->with_env, err);

	if (status == 0)
		status = check_registry(p, err);
	if (status == 0 && !p->args->dry_run)
		status = fleet_publish(p, err);
	if (status == 0 && p->args->dry_run)
		tell_plan(p, &plan);
	if (session_finish(p->session, app, status, err) < 0)
		return -1;
	return app_print(&plan, err);
}

int fleet_push_run(struct app *app, const char *name, const struct fleet_push_args *args,
		   const struct transfer_args *transfer, struct err *err)
{
	AUTO(fleet_site_release) struct fleet_site site = FLEET_SITE_INIT;
	AUTO(release_source_release) struct release_source source = RELEASE_SOURCE_INIT;
	AUTO(words_release) struct deploy_args words = { .source = NULL };
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(deploy_project_release) struct deploy_project project = DEPLOY_PROJECT_INIT;
	AUTO(str_release) struct str digest = STR_INIT;
	struct session_options options;
	struct fleet_publishing p = { .args = args,
				      .site = &site,
				      .project = &project,
				      .session = &session,
				      .source = &source };

	if (fleet_site_find(app, name, &site, err) < 0 || check_names(args, &site, err) < 0 ||
	    transfer_args_session(transfer, "Releasing", &options, err) < 0 ||
	    release_source_find(&source, err) < 0)
		return -1;
	fill_words(args, transfer, site.fleet, source.epoch >= 0 || getenv("SOURCE_DATE_EPOCH"),
		   &words);
	if (deploy_project_open(&words, NULL, &project, err) < 0)
		return -1;
	options.needs_sandbox = true;
	p.digest = &digest;
	if (session_open(&options, &session, err) < 0 || push(app, &p, err) < 0)
		return -1;
	return transfer->quiet ? app_print(&digest, err) : 0;
}
