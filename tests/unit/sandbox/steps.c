#include "steps.h"

#include <dirent.h>

#include "../base/unit.h"
#include "base/fd.h"
#include "base/path.h"
#include "sandbox/identity.h"

static unsigned long id_count;

unsigned long steps_id_count(void)
{
	return id_count;
}

int steps_enter(void **state)
{
	struct identity identity = { .limitation = NULL };

	(void)state;
	if (identity_enter(&identity, &err_) < 0) {
		print_error("%s\n", err_.message);
		return -1;
	}
	id_count = identity.id_count;
	identity_release(&identity);
	return 0;
}

static void collect(void *data, const struct event *event)
{
	struct steps *steps = data;
	size_t len = event->text_len ? event->text_len : strlen(event->text);

	(void)pthread_mutex_lock(&steps->lock);
	if (event->kind == EVENT_WARNING)
		str_addn(&steps->warnings, event->text, len);
	else if (event->kind == EVENT_LOG)
		str_addn(event->stream == 1 ? &steps->out : &steps->err_out, event->text, len);
	if (steps->cancel_at && strstr(steps->out.ptr, steps->cancel_at)) {
		(void)!write(steps->cancel_pipe[1], "c", 1);
		steps->cancel_at = NULL;
	}
	(void)pthread_mutex_unlock(&steps->lock);
}

static void make_dir(const char *path)
{
	assert_ok(fs_mkdir_all(AT_FDCWD, path, 0755, &err_));
}

static void copy_program(const char *from, const char *to)
{
	AUTO(fd_closep) int in = -1;
	AUTO(fd_closep) int out = -1;
	uint64_t bytes = 0;

	assert_ok(fd_open(AT_FDCWD, from, O_RDONLY, 0, &in, &err_));
	assert_ok(fd_open(AT_FDCWD, to, O_WRONLY | O_CREAT | O_EXCL, 0755, &out, &err_));
	assert_ok(fd_copy_all(in, out, &bytes, to, &err_));
}

void steps_init(struct steps *steps)
{
	*steps = (struct steps){ .store_fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
	str_init(&steps->out, 0);
	str_init(&steps->err_out, 0);
	str_init(&steps->warnings, 0);
	/* Roots are made with the modes that images have. */
	(void)umask(022);
	make_dir("store/base/bin");
	make_dir("store/up");
	make_dir("store/work");
	copy_program(PROBE, "store/base/bin/probe");
	assert_ok(fd_open(AT_FDCWD, "store", O_RDONLY | O_DIRECTORY, 0, &steps->store_fd, &err_));
	assert_ok(fd_pipe(&steps->cancel_pipe[0], &steps->cancel_pipe[1], &err_));
	assert_ok(sandbox_new(steps->store_fd, &steps->sandbox, &err_));
	steps->monitor = (struct monitor){ collect, steps, steps->cancel_pipe[0] };
	strvec_add(&steps->lowers, "base");
	strvec_add(&steps->env, "PATH=/bin");
	steps->step = (struct sandbox_step){
		.lowers = &steps->lowers,
		.upper = "up",
		.work = "work",
		.argv = &steps->argv,
		.env = &steps->env,
		.mounts = &steps->mounts,
	};
}

void steps_release(struct steps *steps)
{
	sandbox_freep(&steps->sandbox);
	fd_closep(&steps->store_fd);
	fd_closep(&steps->cancel_pipe[0]);
	fd_closep(&steps->cancel_pipe[1]);
	str_release(&steps->out);
	str_release(&steps->err_out);
	str_release(&steps->warnings);
	strvec_release(&steps->lowers);
	strvec_release(&steps->argv);
	strvec_release(&steps->env);
	free(steps->mounts.items);
}

void steps_probe(struct steps *steps, const char *verb, const char *argument)
{
	strvec_clear(&steps->argv);
	strvec_add(&steps->argv, "probe");
	strvec_add(&steps->argv, verb);
	strvec_add(&steps->argv, argument);
}

int steps_run(struct steps *steps)
{
	struct sandbox_result result = { .status = -1 };

	str_clear(&steps->out);
	str_clear(&steps->err_out);
	assert_ok(sandbox_run(steps->sandbox, &steps->step, &steps->monitor, 1, &result, &err_));
	assert_true(result.elapsed_ns > 0);
	return result.status;
}

void steps_run_refused(struct steps *steps, enum err_kind kind, const char *message)
{
	struct sandbox_result result = { .status = -1 };

	assert_int_equal(
		sandbox_run(steps->sandbox, &steps->step, &steps->monitor, 1, &result, &err_), -1);
	if (!strstr(err_.message, message))
		fail_msg("'%s' is not in: %s", message, err_.message);
	assert_int_equal(err_.kind, kind);
	assert_int_equal(result.status, -1);
	err_clear(&err_);
}

void steps_add_file(struct steps *steps, const char *lower, const char *path, const char *text,
		    unsigned mode)
{
	AUTO(freep) char *store = path_join("store", lower);
	AUTO(freep) char *file = path_join(store, path);
	AUTO(freep) char *dir = path_dir(file);

	make_dir(dir);
	write_text(file, text);
	assert_int_equal(chmod(file, mode), 0);
	if (!strvec_contains(&steps->lowers, lower))
		strvec_add(&steps->lowers, lower);
}

static void walk(const char *dir, const char *prefix, struct strvec *paths)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry = NULL;

	assert_non_null(stream);
	while ((entry = readdir(stream))) {
		AUTO(freep) char *path = path_join(dir, entry->d_name);
		AUTO(freep)
		char *name = *prefix ? path_join(prefix, entry->d_name) : xstrdup(entry->d_name);

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		strvec_add(paths, name);
		if (entry->d_type == DT_DIR)
			walk(path, name, paths);
	}
	(void)closedir(stream);
}

char *steps_tree(const char *dir)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	walk(dir, "", &paths);
	strvec_sort(&paths);
	return strvec_join(&paths, " ");
}
