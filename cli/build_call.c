#include "build_call.h"

#include <unistd.h>

#include "base/json.h"
#include "check_output.h"
#include "context/remote_context.h"
#include "exit_code.h"
#include "terminal.h"

static int parse_method(struct span method, struct build_call *ret, struct err *err)
{
	ret->is_check = span_eq(method, "check") || span_eq(method, "lint");
	if (ret->is_check || span_eq(method, "build"))
		return 0;
	(void)err_set(err, ERR_USAGE, "option '--call': unknown method '%.*s'", SPAN_FMT(method));
	return err_hint(err, "the methods are build and check");
}

static int parse_attribute(struct span attribute, struct build_call *ret, struct err *err)
{
	if (span_eq(attribute, "format=json")) {
		ret->json = true;
	} else if (span_eq(attribute, "format=text")) {
		ret->json = false;
	} else if (span_eq(attribute, "ignorestatus") || span_eq(attribute, "ignorestatus=true")) {
		ret->ignore_status = true;
	} else if (span_eq(attribute, "ignorestatus=false")) {
		ret->ignore_status = false;
	} else {
		(void)err_set(err, ERR_USAGE, "option '--call': unknown attribute '%.*s'",
			      SPAN_FMT(attribute));
		return err_hint(err, "write format=json, format=text or ignorestatus=true");
	}
	return 0;
}

int build_call_parse(const char *text, bool check, struct build_call *ret, struct err *err)
{
	struct span rest = span_of(text ? text : check ? "check" : "build"), part = { 0 };
	bool more = span_cut(&rest, ',', &part);

	*ret = (struct build_call){ .is_check = false };
	if (parse_method(part, ret, err) < 0)
		return -1;
	while (more) {
		more = span_cut(&rest, ',', &part);
		if (parse_attribute(part, ret, err) < 0)
			return -1;
	}
	if (!check || ret->is_check)
		return 0;
	return err_set(err, ERR_USAGE, "'--check' and '--call=%s' contradict each other", text);
}

static int ask_with_store(struct app *app, const struct build_request *request, bool all_stages,
			  const struct session_options *options, struct build_check **ret,
			  struct err *err)
{
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(build_check_freep) struct build_check *answer = NULL;
	struct build_request with_store = *request;
	int status;

	if (session_open(options, &session, err) < 0)
		return -1;
	with_store.store = session.store;
	with_store.registry = session.registry;
	with_store.monitor = &session.monitor;
	status = build_check_run(&with_store, all_stages, &answer, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	*ret = TAKE(answer);
	return 0;
}

/* With what the base images say. What cannot be had leaves the first answer as it is. */
static void ask_again(struct app *app, const struct build_request *request, bool all_stages,
		      const struct session_options *options, struct build_check **check)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct build_check *answer = NULL;

	if (ask_with_store(app, request, all_stages, options, &answer, &err) < 0)
		return;
	build_check_free(*check);
	*check = answer;
}

/* What has to be brought here first, or can be read only once. */
static bool wants_store(const struct build_request *request)
{
	return remote_context_is(request->context_dir) ||
	       (request->dockerfile && remote_context_is(request->dockerfile));
}

int build_call_find(struct app *app, const struct build_request *request, bool all_stages,
		    const struct session_options *options, struct build_check **ret,
		    struct err *err)
{
	if (options && wants_store(request)) {
		struct session_options with_identity = *options;

		/* Files of others are unpacked as in a build. */
		with_identity.needs_sandbox = true;
		return ask_with_store(app, request, all_stages, &with_identity, ret, err);
	}
	if (build_check_run(request, all_stages, ret, err) < 0)
		return -1;
	if (options && build_check_wants_bases(*ret))
		ask_again(app, request, all_stages, options, ret);
	return 0;
}

static int exit_code_of(const struct build_call *call, struct check_counts counts)
{
	if (counts.errors > 0)
		return EXIT_CODE_FAILED;
	return counts.warnings > 0 && !call->ignore_status ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int print_text(const struct build_check *check, const char *name, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	check_output_text(check, name, terminal_has_colour(STDOUT_FILENO), &text);
	return app_print(&text, err);
}

static int print_json(json_t *report, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	json_write_pretty(report, &text);
	return app_print(&text, err);
}

/* Into `reports` when it is to be JSON: that of a service by its name, or the only one. */
static int check_one(struct app *app, const struct build_call *call,
		     const struct build_request *request, const struct session_options *options,
		     json_t *reports, struct err *err)
{
	AUTO(build_check_freep) struct build_check *check = NULL;

	if (build_call_find(app, request, true, options, &check, err) < 0)
		return request->name ? err_wrap(err, "%s", request->name) : -1;
	if (!call->json && print_text(check, request->name, err) < 0)
		return -1;
	if (call->json && request->name)
		(void)json_object_set_new(reports, request->name, check_output_report(check));
	else if (call->json)
		(void)json_object_update_new(reports, check_output_report(check));
	return exit_code_of(call, check_output_counts(check));
}

int build_call_check(struct app *app, const struct build_call *call,
		     const struct build_request *requests, size_t count,
		     const struct session_options *options, struct err *err)
{
	json_auto_t *reports = json_object();
	int worst = EXIT_CODE_OK;

	for (size_t i = 0; i < count; i++) {
		int code = check_one(app, call, &requests[i], options, reports, err);

		if (code < 0)
			return -1;
		worst = code > worst ? code : worst;
	}
	return call->json && print_json(reports, err) < 0 ? -1 : worst;
}
