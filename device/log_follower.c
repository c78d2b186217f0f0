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
#include "device/stream.h"

#define PAUSE_MS       200
#define LINE_MAX_BYTES 65536

struct log_follower {
	struct log_source source;
	pthread_t thread;
	int stop_fd;
	struct monitor monitor;
	struct str stamp;   /* the time of the last line; "" = none yet */
	struct str line[2]; /* begun, by stream */
};

/* "2026-11-21T01:02:03.000000001Z text": after a new connection, the last lines come once more. */
static void take_line(struct log_follower *follower, int stream)
{
	struct str *line = &follower->line[stream - 1];
	struct span text = str_span(line), stamp;

	(void)span_cut(&text, ' ', &stamp);
	if (follower->stamp.len != stamp.len ||
	    memcmp(follower->stamp.ptr, stamp.ptr, stamp.len) < 0) {
		str_clear(&follower->stamp);
		str_addn(&follower->stamp, stamp.ptr, stamp.len);
		while (text.len > 0 && strchr("\r\n", text.ptr[text.len - 1]))
			text.len--;
		follower->source.line(follower->source.data, follower->source.service, stream,
				      text);
	}
	str_clear(line);
}

static int take(void *data, int stream, const char *text, size_t len, struct err *err)
{
	struct log_follower *follower = data;
	struct str *line = &follower->line[stream - 1];

	(void)err;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n' && line->len < LINE_MAX_BYTES)
			str_addc(line, text[i]);
		else
			take_line(follower, stream);
	}
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
	const struct stream_sink sink = { .write = take, .data = follower };
	AUTO(freep) char *id = NULL;
	struct log_options options = { .follow = true,
				       .timestamps = true,
				       .since = follower->stamp.len ? follower->stamp.ptr : NULL,
				       .tail = follower->stamp.len ? NULL : follower->source.tail,
				       .monitor = &follower->monitor };

	str_clear(&follower->line[0]);
	str_clear(&follower->line[1]);
	if (find(follower, &id, &options.has_terminal, err) < 0)
		return -1;
	return id ? container_logs(follower->source.engine, id, &options, &sink, err) : 0;
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
	str_release(&follower->stamp);
	str_release(&follower->line[0]);
	str_release(&follower->line[1]);
	free(follower);
}

int log_follower_start(const struct log_source *source, struct log_follower **ret, struct err *err)
{
	struct log_follower *follower = xcalloc(1, sizeof(*follower));

	follower->source = *source;
	str_init(&follower->stamp, 0);
	str_init(&follower->line[0], 0);
	str_init(&follower->line[1], 0);
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
