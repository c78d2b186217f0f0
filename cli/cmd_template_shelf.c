#include "app.h"
#include "command.h"
#include "report.h"
#include "template_source.h"

#include <string.h>

/* --- add --- */

struct add_args {
	const char *name;
	bool force;
	struct strvec sources;
};

static int refuse_known(const char *name, struct err *err)
{
	AUTO(err_release) struct err ignored = ERR_INIT;
	struct template_origin origin = { .where = NULL };

	if (kept_template_origin(name, &origin, &ignored) == 0)
		(void)err_set(err, ERR_USAGE, "template '%s' is there already, from '%s'", name,
			      origin.where);
	else
		(void)err_set(err, ERR_USAGE, "template '%s' is there already", name);
	err_clear(&ignored);
	template_origin_release(&origin);
	return err_hint(err,
			"'edgectl template update %s' fetches it anew; --force replaces it; "
			"--name gives this one another name",
			name);
}

static char *origin_text(const struct template_origin *origin)
{
	return origin->commit ? xasprintf("%s, commit %.12s", origin->where, origin->commit)
			      : xstrdup(origin->where);
}

static int keep(const struct add_args *args, const struct template *template,
		const struct template_origin *origin, struct err *err)
{
	const char *name = args->name ? args->name : template->name;
	AUTO(freep) char *from = origin_text(origin);
	AUTO(str_release) struct str text = STR_INIT;

	if (kept_template_exists(name) && !args->force)
		return refuse_known(name, err);
	if (kept_template_save(name, template, origin, err) < 0)
		return err_wrap(err, "template '%s'", name);
	str_addf(&text, "added '%s' from %s\n", name, from);
	str_addf(&text, "  edgectl init DIR --template %s\n", name);
	return app_print(&text, err);
}

static int add_run(struct app *app, const void *args_data, struct err *err)
{
	const struct add_args *args = args_data;
	AUTO(template_freep) struct template *template = NULL;
	AUTO(freep) char *unreachable = NULL;
	struct template_origin origin = { .where = NULL };
	int status = template_source_fetch(args->sources.items[0], &template, &origin, &unreachable,
					   err);

	(void)app;
	if (status == 0 && unreachable)
		status = err_set(err, ERR_NETWORK, "%s", unreachable);
	if (status == 0)
		status = keep(args, template, &origin, err);
	template_origin_release(&origin);
	return status;
}

static const struct cli_option add_options[] = {
	OPTION_OPERANDS(struct add_args, sources, "SOURCE", VALUE_DIR, 1, 1),
	OPTION_STRING(struct add_args, name, 'n', "name", "NAME", VALUE_TEXT,
		      "What it is called here; else as its template.yaml says"),
	OPTION_FLAG(struct add_args, force, 'f', "force", "Replace one of that name"),
	OPTION_END,
};

static const struct cli_example add_examples[] = {
	{ "One of a team's repository, at a tag:",
	  "edgectl template add https://git.example.com/templates.git#v2:sensor" },
	{ "A directory, by a name of its own:", "edgectl template add ./my-template --name mine" },
	{ NULL, NULL },
};

const struct cli_command cmd_template_add = {
	.name = "template add",
	.group = GROUP_PROJECT,
	.summary = "Keep a copy of a project template",
	.details =
		"SOURCE is a directory with template.yaml (a word with a slash in it, or '.'), or "
		"a git repository: https://HOST/PATH.git#TAG:SUBDIR. From then on 'edgectl init "
		"--template NAME' needs neither of them, nor a network, and what it makes changes "
		"only with 'edgectl template update'. Nothing of a template is ever executed, and "
		"one with hooks or links is refused.",
	.options = add_options,
	.args_size = sizeof(struct add_args),
	.examples = add_examples,
	.run = add_run,
};

/* --- update --- */

struct update_args {
	struct strvec names;
};

static bool same_text(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool same_files(const struct template *a, const struct template *b)
{
	if (a->files.len != b->files.len || !same_text(a->manifest_text, b->manifest_text))
		return false;
	for (size_t i = 0; i < a->files.len; i++) {
		const struct template_file *x = &a->files.items[i], *y = &b->files.items[i];

		if (!str_eq(x->path, y->path) || x->is_executable != y->is_executable ||
		    !same_text(x->text, y->text))
			return false;
	}
	return true;
}

/* A kept one that cannot be read any more, of an older edgectl perhaps, is not the same as any. */
static bool is_current(const char *name, const struct template *now)
{
	AUTO(err_release) struct err ignored = ERR_INIT;
	AUTO(template_freep) struct template *kept = NULL;

	if (kept_template_load(name, &kept, &ignored) == 0)
		return same_files(kept, now);
	err_clear(&ignored);
	return false;
}

static int renew(const char *name, const struct template_origin *old, struct str *out,
		 struct err *err)
{
	AUTO(template_freep) struct template *template = NULL;
	AUTO(freep) char *unreachable = NULL;
	struct template_origin origin = { .where = NULL };
	int status = template_source_fetch(old->where, &template, &origin, &unreachable, err);

	if (status == 0 && unreachable)
		status = err_set(err, ERR_NETWORK, "%s", unreachable);
	if (status == 0 && is_current(name, template)) {
		str_addf(out, "%s: nothing new\n", name);
	} else if (status == 0) {
		AUTO(freep) char *from = origin_text(&origin);

		status = kept_template_save(name, template, &origin, err);
		str_addf(out, "%s: updated from %s\n", name, from);
	}
	template_origin_release(&origin);
	return status;
}

static int update_one(const char *name, struct str *out, struct err *err)
{
	struct template_origin old = { .where = NULL };
	int status = kept_template_origin(name, &old, err);

	if (status == 0 && renew(name, &old, out, err) < 0)
		status = err_wrap(err, "template '%s'", name);
	template_origin_release(&old);
	return status;
}

/* One whose source has gone does not keep the others from being updated. */
static int update_run(struct app *app, const void *args_data, struct err *err)
{
	const struct update_args *args = args_data;
	AUTO(strvec_release) struct strvec all = STRVEC_INIT;
	const struct strvec *names = args->names.len > 0 ? &args->names : &all;
	size_t failed = 0;

	(void)app;
	kept_template_list(&all);
	VEC_FOREACH(name, names) {
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(err_release) struct err reason = ERR_INIT;

		if (update_one(*name, &text, &reason) == 0) {
			if (app_print(&text, err) < 0)
				return -1;
			continue;
		}
		if (names->len == 1 || reason.kind == ERR_CANCELLED) {
			err_move(err, &reason);
			return -1;
		}
		report_error(&reason);
		failed++;
	}
	if (failed == 0)
		return 0;
	return err_set(err, ERR_SYSTEM, "%zu of %zu templates could not be updated", failed,
		       names->len);
}

static const struct cli_option update_options[] = {
	OPTION_OPERANDS(struct update_args, names, "TEMPLATE", VALUE_KEPT_TEMPLATE, 0, 0),
	OPTION_END,
};

static const struct cli_example update_examples[] = {
	{ "All that were added:", "edgectl template update" },
	{ NULL, NULL },
};

const struct cli_command cmd_template_update = {
	.name = "template update",
	.group = GROUP_PROJECT,
	.summary = "Bring added project templates up to date",
	.details = "Without TEMPLATE, all that 'edgectl template add' has added. A branch is "
		   "followed; a tag and a commit stay what they are. Where the source cannot be "
		   "reached, or has no valid template any more, the copy stays as it is.",
	.options = update_options,
	.args_size = sizeof(struct update_args),
	.examples = update_examples,
	.run = update_run,
};

/* --- rm --- */

struct rm_args {
	struct strvec names;
};

static int rm_run(struct app *app, const void *args_data, struct err *err)
{
	const struct rm_args *args = args_data;

	(void)app;
	VEC_FOREACH(name, &args->names) {
		if (kept_template_remove(*name, err) < 0)
			return -1;
	}
	return 0;
}

static const struct cli_option rm_options[] = {
	OPTION_OPERANDS(struct rm_args, names, "TEMPLATE", VALUE_KEPT_TEMPLATE, 1, 0),
	OPTION_END,
};

const struct cli_command cmd_template_rm = {
	.name = "template rm",
	.group = GROUP_PROJECT,
	.summary = "Forget an added project template",
	.details = "Removes the copy that 'edgectl template add' made. Projects made of it stay as "
		   "they are.",
	.options = rm_options,
	.args_size = sizeof(struct rm_args),
	.run = rm_run,
};
