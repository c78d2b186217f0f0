#include "live_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"
#include "device/container.h"
#include "device/exec.h"

void live_rules_release(struct live_rules *rules)
{
	VEC_FOREACH(rule, rules)
		watch_rule_free(rule->match);
	free(rules->items);
	strmap_release(&rules->files);
}

int live_rules_open(const struct compose_service *service, const struct build_inputs *inputs,
		    struct live_rules *ret, struct err *err)
{
	struct watch_build build = { .context = NULL };

	if (inputs && inputs->trees.len > 0)
		build = (struct watch_build){ .context = inputs->trees.items[0].dir,
					      .ignore_file = str_span(&inputs->ignore_text),
					      .ignore_file_name = inputs->ignore_name };
	for (size_t i = 0; i < service->watch.len; i++) {
		struct live_rule *rule = VEC_ADD(ret);

		rule->model = &service->watch.items[i];
		if (watch_rule_new(rule->model, build.context ? &build : NULL, &rule->match, err) <
		    0)
			return err_wrap(err, "service '%s': develop.watch", service->name);
	}
	return 0;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int live_rules_watch(const struct live_rules *rules, struct watcher *watcher, struct err *err)
{
	VEC_FOREACH(rule, rules) {
		const char *path = rule->model->path;
		int status = is_directory(path) ? watcher_add_tree(watcher, path, NULL, err)
						: watcher_add_file(watcher, path, err);

		if (status < 0)
			return err_wrap(err, "develop.watch");
	}
	return 0;
}

/* --- what is due --- */

static bool syncs(const struct live_rule *rule)
{
	enum compose_action action = rule->model->action;

	return action == COMPOSE_SYNC || action == COMPOSE_SYNC_RESTART ||
	       action == COMPOSE_SYNC_EXEC;
}

static void note_action(struct live_rules *rules, struct live_rule *rule)
{
	switch (rule->model->action) {
	case COMPOSE_REBUILD: rules->rebuild = true; break;
	case COMPOSE_RESTART:
	case COMPOSE_SYNC_RESTART: rules->restart = true; break;
	case COMPOSE_SYNC_EXEC: rule->exec_due = true; break;
	case COMPOSE_SYNC: break;
	}
}

static void take(struct live_rules *rules, struct live_rule *rule, const char *path)
{
	AUTO(freep) char *target = NULL;

	if (!watch_rule_match(rule->match, path, &target))
		return;
	if (target && syncs(rule))
		strmap_set(&rules->files, path, target);
	note_action(rules, rule);
}

void live_rules_take(struct live_rules *rules, const char *path)
{
	VEC_FOREACH(rule, rules)
		take(rules, rule, path);
}

static int take_tree(struct live_rules *rules, struct live_rule *rule, const char *path,
		     struct err *err)
{
	AUTO(dir_closep) DIR *dir = NULL;
	const struct dirent *entry = NULL;

	take(rules, rule, path);
	if (!is_directory(path))
		return 0;
	dir = dir_open(AT_FDCWD, path, 0);
	while (dir && (entry = dir_next(dir))) {
		AUTO(freep) char *below = path_join(path, entry->d_name);

		if (entry->d_type == DT_LNK)
			take(rules, rule, below);
		else if (take_tree(rules, rule, below, err) < 0)
			return -1;
	}
	return !dir || errno ? err_errno(err, "read directory '%s'", path) : 0;
}

int live_rules_take_trees(struct live_rules *rules, bool all, struct err *err)
{
	VEC_FOREACH(rule, rules) {
		if (syncs(rule) && (all || rule->model->initial_sync) &&
		    take_tree(rules, rule, rule->model->path, err) < 0)
			return -1;
	}
	return 0;
}

bool live_rules_are_due(const struct live_rules *rules)
{
	bool due = rules->files.len > 0 || rules->restart || rules->rebuild;

	VEC_FOREACH(rule, rules)
		due = due || rule->exec_due;
	return due;
}

/* --- doing it --- */

static int ignore_output(void *data, int stream, const char *text, size_t len, struct err *err)
{
	(void)data, (void)stream, (void)text, (void)len, (void)err;
	return 0;
}

static int run_command(const struct compose_hook *hook, struct engine *engine,
		       const char *container, struct err *err)
{
	AUTO(strvec_release) struct strvec env = STRVEC_INIT;
	const struct exec_request request = { .argv = &hook->command,
					      .env = &env,
					      .cwd = hook->working_dir,
					      .user = hook->user,
					      .privileged = hook->privileged };
	const struct stream_sink sink = { .write = ignore_output };
	int status = 0;

	VEC_FOREACH(variable, &hook->environment)
		strvec_addf(&env, "%s=%s", variable->key, variable->value ? variable->value : "");
	if (exec_run(engine, container, &request, &sink, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	(void)err_set(err, ERR_CHILD, "develop.watch: '%s' ended with status %d",
		      hook->command.items[0], status);
	err->child_status = status;
	return -1;
}

int live_rules_apply(struct live_rules *rules, struct engine *engine, const char *container,
		     int stop_seconds, struct live_rules_report *ret, struct err *err)
{
	*ret = (struct live_rules_report){ .restarted = rules->restart };
	if (rules->files.len > 0 &&
	    file_sync_run(engine, container, &rules->files, &ret->files, err) < 0)
		return -1;
	strmap_release(&rules->files);
	if (rules->restart && container_restart(engine, container, stop_seconds, err) < 0)
		return -1;
	rules->restart = false;
	VEC_FOREACH(rule, rules) {
		if (!rule->exec_due)
			continue;
		rule->exec_due = false;
		ret->commands++;
		if (run_command(&rule->model->exec, engine, container, err) < 0)
			return -1;
	}
	return 0;
}
