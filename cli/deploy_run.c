#include "deploy_run.h"

#include "base/alloc.h"
#include "device/address_book.h"
#include "device/docker_proxies.h"
#include "device/keeper.h"
#include "device/send.h"
#include "device_option.h"
#include "format.h"

void deployment_session_release(struct deployment_session *session)
{
	deploy_result_release(&session->result);
	strmap_release(&session->image_ids);
	strmap_release(&session->hook_image_ids);
	strmap_release(&session->labels);
	strmap_release(&session->proxies);
	deploy_project_release(&session->project);
	engine_freep(&session->engine);
	session_release(&session->session);
}

/* Without them is better than not at all: most boards need none. */
static void read_proxies(struct deployment_session *session, const struct device_address *address)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (docker_proxies_read(address, &session->proxies, &err) < 0)
		monitor_text(&session->session.monitor, 0, EVENT_WARNING,
			     "containers get no proxies of docker's configuration: %s",
			     err.message);
}

/* The user's namespaces change with the session: what needs the user himself is started before. */
static int open_board(const struct deploy_args *args, const char *title,
		      struct deployment_session *ret, struct err *err)
{
	const struct session_options options = {
		.title = title,
		.progress = (enum progress_mode)args->build.how.progress,
		.needs_sandbox = true,
		.insecure = args->build.how.insecure,
	};
	AUTO(device_address_release) struct device_address address = DEVICE_ADDRESS_INIT;
	const char *word = args->words.items[0];

	if (device_resolve(word, &address, err) < 0)
		return -1;
	if (address.transport == DEVICE_SSH && keeper_start(err) < 0)
		return -1;
	if (session_open(&options, &ret->session, err) < 0)
		return -1;
	board_warn_unless_private(word, &address);
	read_proxies(ret, &address);
	return engine_open(word, &address, &ret->session.monitor, &ret->engine, err);
}

int deployment_session_open(const struct deploy_args *args, const char *title,
			    struct deployment_session *ret, struct err *err)
{
	ret->args = args;
	if (deploy_enter_source(args, err) < 0 || open_board(args, title, ret, err) < 0)
		return -1;
	return deploy_project_open(args, ret->engine, &ret->project, err);
}

void deployment_change(struct deployment_session *session, struct deploy_project *project)
{
	deploy_project_release(&session->project);
	session->project = *project;
	*project = (struct deploy_project)DEPLOY_PROJECT_INIT;
}

/* --- images --- */

void deployment_note_sent(struct deployment_session *session, const char *name,
			  const struct sent_image *sent)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_addf(&text, "%s: ", name);
	if (sent->bytes == 0) {
		str_add(&text, "the board has the image already");
	} else {
		str_add(&text, "sent ");
		format_size(&text, sent->bytes);
		str_add(&text, " of ");
		format_size(&text, sent->whole_bytes);
	}
	strmap_set(&session->image_ids, name, sent->id);
	progress_summary(session->session.progress, "%s", text.ptr);
}

/* "app:latest", as the board's engine calls it. */
static int board_name(const struct deployment_session *session, const char *service, char **ret,
		      struct err *err)
{
	AUTO(freep) char *name = compose_image_name(session->project.compose, service);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(name, &ref, err) < 0)
		return -1;
	*ret = image_ref_format_short(&ref);
	return 0;
}

int deployment_send(struct deployment_session *session, const char *service,
		    const struct descriptor *manifest, struct err *err)
{
	const struct monitor *monitor = &session->session.monitor;
	AUTO(sent_image_release) struct sent_image sent = { .bytes = 0 };
	AUTO(freep) char *name = NULL;
	unsigned step = 0;

	if (board_name(session, service, &name, err) < 0)
		return -1;
	step = monitor_add_step(monitor, "sending %s to %s", name, engine_name(session->engine));
	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (board_send_image(session->engine, session->session.store, manifest, name, monitor, step,
			     &sent, err) < 0) {
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s", err->message);
		return err_wrap(err, "service '%s'", service);
	}
	monitor_step(monitor, step, sent.bytes > 0 ? EVENT_STEP_DONE : EVENT_STEP_CACHED);
	deployment_note_sent(session, service, &sent);
	return 0;
}

static const char *service_of(const struct build_item *item)
{
	return item->name ? item->name : DEPLOY_MAIN_SERVICE;
}

int deployment_build(struct deployment_session *session, struct err *err)
{
	struct build_project *build = &session->project.build;

	for (size_t i = 0; i < build->len; i++) {
		struct build_request *request = &build->requests[i];

		request->store = session->session.store;
		request->registry = session->session.registry;
		request->sandbox = session->session.sandbox;
		request->monitor = &session->session.monitor;
		request->live_directives = session->is_live;
	}
	if (build->len > 0 && build_run_all(build->requests, build->len, build->results, err) < 0)
		return -1;
	for (size_t i = 0; i < build->len; i++) {
		if (deployment_send(session, service_of(&build->items[i]),
				    &build->results[i].target, err) < 0)
			return -1;
	}
	return 0;
}

/* --- containers --- */

static void tell_result(struct deployment_session *session)
{
	const struct deploy_result *result = &session->result;

	progress_summary(session->session.progress,
			 "%s on %s: %u created, %u recreated, %u started, %u unchanged, %u removed",
			 compose_name(session->project.compose), engine_name(session->engine),
			 result->created, result->recreated, result->started, result->unchanged,
			 result->removed);
	VEC_FOREACH(name, &result->orphans)
		progress_summary(session->session.progress,
				 "%s belongs to no service any more: --remove-orphans removes it",
				 *name);
}

int deployment_run(struct deployment_session *session, struct err *err)
{
	const struct deploy_request request = {
		.engine = session->engine,
		.compose = session->project.compose,
		.image_ids = &session->image_ids,
		.hook_image_ids = &session->hook_image_ids,
		.registry = session->session.registry,
		.env = &session->args->env,
		.recreate = session->args->recreate,
		.remove_orphans = session->args->remove_orphans,
		.wait = session->args->wait,
		.labels = &session->labels,
		.proxies = &session->proxies,
		.monitor = &session->session.monitor,
	};

	deploy_result_release(&session->result);
	session->result = (struct deploy_result){ .created = 0 };
	if (deploy_run(&request, &session->result, err) < 0)
		return -1;
	tell_result(session);
	return 0;
}

int deployment_deploy(struct app *app, const struct deploy_args *args, struct err *err)
{
	AUTO(deployment_session_release)
	struct deployment_session session = DEPLOYMENT_SESSION_INIT;
	int status = 0;

	if (deployment_session_open(args, "Deploying", &session, err) < 0)
		return -1;
	status = deployment_build(&session, err);
	if (status == 0)
		status = deployment_run(&session, err);
	return session_finish(&session.session, app, status, err);
}
