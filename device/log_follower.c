#include "device/log_follower.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "device/container.h"
#include "device/log_position.h"
#include "device/stream.h"

#define PAUSE_MS 200

struct log_follower {
	struct log_source source;
	pthread_t thread;
	int stop_fd;
	struct monitor monitor;
	struct log_position position;
};

static int show_line(void *data, int stream, struct span stamp, struct span text, struct err *err)
{
	const struct log_source *source = data;

	(void)stamp;
	(void)err;
	while (text.len > 0 && strchr("\r\n", text.ptr[text.len - 1]))
		text.len--;
	source->line(source->data, source->service, stream, text);
	return 0;
}

/* The first container of the service; *ret NULL = there is none now. */
static int find(struct log_follower *follower, char **ret, bool *ret_terminal, struct err *err)
{
	AUTO(freep)
	char *label = xasprintf("com.docker.compose.project=%s", follower->source.project);
	AUTO(containers_release) struct containers containers = { .items = NULL };
	json_auto_t *json = NULL;

	*ret = NULL;
	if (containers_list(follower->source.engine, label, false, &containers, err) < 0)
		return -1;
	VEC_FOREACH(container, &containers) {
		if (!*ret && str_eq(strmap_get(&container->labels, "com.docker.compose.service"),
				    follower->source.service))
			*ret = xstrdup(container->id);
	}
	if (!*ret)
		return 0;
	if (container_inspect(follower->source.engine, *ret, &json, err) < 0)
		return -1;
	*ret_terminal = json_is_true(json_object_get(json_get_object(json, "Config"), "Tty"));
	return 0;
}

/* Until the container ends or the connection breaks. */
static int follow_once(struct log_follower *follower, struct err *err)
{
	const struct stream_sink sink = { .write = log_position_take, .data = &follower->position };
	AUTO(freep) char *id = NULL;
	AUTO(freep) char *since = log_position_resume(&follower->position);
	struct log_options options = { .follow = true,
				       .timestamps = true,
				       .since = since,
				       .tail = since ? NULL : follower->source.tail,
				       .monitor = &follower->monitor };

	if (find(follower, &id, &options.has_terminal, err) < 0)
		return -1;
	if (!id)
		return 0;
	if (container_logs(follower->source.engine, id, &options, &sink, err) < 0)
		return -1;
	return log_position_end(&follower->position, err);
}

static void *run(void *data)
{
	struct log_follower *follower = data;
	struct pollfd stop = { .fd = follower->stop_fd, .events = POLLIN };

	do {
		AUTO(err_release) struct err err = ERR_INIT;

		if (follow_once(follower, &err) < 0 && err.kind == ERR_NETWORK)
			atomic_store(follower->source.lost, true);
	} while (poll(&stop, 1, PAUSE_MS) <= 0);
	return NULL;
}

static void follower_free(struct log_follower *follower)
{
	fd_closep(&follower->stop_fd);
	log_position_release(&follower->position);
	free(follower);
}

int log_follower_start(const struct log_source *source, struct log_follower **ret, struct err *err)
{
	struct log_follower *follower = xcalloc(1, sizeof(*follower));

	follower->source = *source;
	log_position_init(&follower->position, show_line, &follower->source);
	follower->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	follower->monitor = (struct monitor){ .cancel_fd = follower->stop_fd };
	errno = follower->stop_fd < 0 ? errno
				      : pthread_create(&follower->thread, NULL, run, follower);
	if (errno != 0) {
		follower_free(follower);
		return err_errno(err, "follow the log of '%s'", source->service);
	}
	*ret = follower;
	return 0;
}

void log_follower_stop(struct log_follower *follower)
{
	if (!follower)
		return;
	(void)!write(follower->stop_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	(void)pthread_join(follower->thread, NULL);
	follower_free(follower);
}
