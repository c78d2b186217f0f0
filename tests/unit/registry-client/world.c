#include "world.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/proc.h"

struct world world;

static void on_event(void *data, const struct event *event)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	if (event->kind != EVENT_WARNING)
		return;
	pthread_mutex_lock(&lock);
	str_addf(data, "%s\n", event->text);
	pthread_mutex_unlock(&lock);
}

int world_set_up(void **state)
{
	void *scratch = NULL;

	(void)state;
	if (scratch_enter(&scratch) < 0)
		return -1;
	world = (struct world){ .scratch = scratch, .warnings = STR_INIT };
	world.monitor =
		(struct monitor){ .sink = on_event, .sink_data = &world.warnings, .cancel_fd = -1 };
	setenv("DOCKER_CONFIG", ".", 1);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CONFIG_HOME");
	return store_open("store", &world.store, &err_);
}

int world_tear_down(void **state)
{
	void *scratch = world.scratch;

	(void)state;
	registry_freep(&world.registry);
	store_closep(&world.store);
	image_ref_release(&world.ref);
	str_release(&world.warnings);
	err_release(&world.err);
	faulty_stop(&world.server);
	return scratch_leave(&scratch);
}

void world_connect(void)
{
	const struct registry_options options = { .monitor = &world.monitor };

	registry_freep(&world.registry);
	world.registry = registry_new(&options);
	world.registry->retry.base_ms = 1;
}

void world_begin(const char *const *options)
{
	faulty_start(&world.server, options);
	faulty_ref(&world.server, "app:1", &world.ref);
	world_connect();
}

void world_begin_with_faults(const char *faults)
{
	const char *const options[] = { "--faults", faults, "--no-mounts", NULL };

	world_begin(options);
}

int world_pull(struct descriptor *ret, struct err *err)
{
	const struct fetch_target target = { .store = world.store, .step = 1 };

	return registry_pull(world.registry, &world.ref, NULL, &target, ret, err);
}

void world_pulls(void)
{
	struct descriptor target = { .size = 0 };

	assert_ok(world_pull(&target, &err_));
	assert_true(store_has_blob(world.store, &target.digest, NULL));
	descriptor_release(&target);
}

void world_pull_fails(enum err_kind kind, const char *in_message)
{
	struct descriptor target;

	err_clear(&world.err);
	assert_int_equal(world_pull(&target, &world.err), -1);
	if (world.err.kind != kind || !strstr(world.err.message, in_message))
		fail_msg("%s: %s", err_kind_name(world.err.kind), world.err.message);
}

void world_push_to(const char *name, struct push_summary *ret)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	struct descriptor target = { .size = 0 };

	assert_ok(world_pull(&target, &err_));
	faulty_ref(&world.server, name, &ref);
	assert_ok(registry_push(world.registry, world.store, &target, &ref, 1, ret, &err_));
	descriptor_release(&target);
}

int world_shell(const char *command)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	const struct proc proc = { .argv = argv, .stdin_fd = PROC_NULL, .stderr_fd = PROC_NULL };
	struct proc_capture capture = { .output_limit = 0 };
	int status = -1;

	assert_ok(proc_run(&proc, &capture, &status, &err_));
	return status;
}
