#include "rollout/record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"

#define DIR_NAME "rollouts"
/* A million boards. */
#define FILE_LIMIT ((size_t)256 << 20)
/* A name of a file has 255 bytes at most, and temporary ones and the lock's are longer. */
#define NAME_LIMIT  200
#define DIGITS_KEPT 32

struct rollout_record {
	char *path;
	int lock_fd, fd;
	struct strmap states; /* by board */
	pthread_mutex_t lock;
};

/* The repository's name as that of a file; of a long one the beginning, and digits that stand for all of it. */
static char *file_name(const char *fleet)
{
	struct digest whole;
	char *name = NULL;

	digest_of(fleet, strlen(fleet), &whole);
	name = strlen(fleet) <= NAME_LIMIT ? xstrdup(fleet)
					   : xasprintf("%.*s+%.*s", NAME_LIMIT - DIGITS_KEPT - 1,
						       fleet, DIGITS_KEPT, digest_hex(&whole));
	for (char *c = name; *c; c++) {
		if (*c == '/')
			*c = '+';
	}
	return name;
}

static int find_path(const char *fleet, char **ret, struct err *err)
{
	AUTO(freep) char *home = NULL, *dir = NULL, *name = file_name(fleet);

	if (fs_data_home(&home, err) < 0)
		return -1;
	dir = path_join(home, DIR_NAME);
	*ret = path_join(dir, name);
	return 0;
}

/* --- one at a time --- */

static int refuse(const char *fleet, int lock_fd, struct err *err)
{
	AUTO(str_release) struct str holder = STR_INIT;

	str_init(&holder, 256);
	(void)!fd_read_to_str(lock_fd, &holder, 256, "the lock", NULL);
	(void)err_set(err, ERR_DENIED, "another rollout of '%s' is under way: %s", fleet,
		      holder.len > 0 ? holder.ptr : "it has just begun");
	return err_hint(err, "wait for its end, or stop it with Ctrl-C there");
}

static int take_lock(struct rollout_record *record, const char *fleet, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s.lock", record->path);
	AUTO(freep) char *dir = path_dir(path);
	AUTO(freep) char *text = NULL;
	char host[256] = "";

	if (fs_mkdir_all(AT_FDCWD, dir, 0700, err) < 0 ||
	    fd_open(AT_FDCWD, path, O_RDWR | O_CREAT, 0600, &record->lock_fd, err) < 0)
		return -1;
	if (flock(record->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? refuse(fleet, record->lock_fd, err)
					    : err_errno(err, "lock '%s'", path);
	(void)gethostname(host, sizeof(host) - 1);
	text = xasprintf("process %d on %s", (int)getpid(), host);
	if (ftruncate(record->lock_fd, 0) < 0)
		return err_errno(err, "write '%s'", path);
	return fd_write_all(record->lock_fd, text, strlen(text), path, err);
}

/* --- the file --- */

static void take_line(struct span line, struct strmap *states)
{
	json_auto_t *json = NULL;
	const char *board = NULL, *state = NULL;

	if (json_parse(line, "a line", &json, NULL) < 0)
		return;
	board = json_get_string(json, "board");
	state = json_get_string(json, "state");
	if (board && state)
		strmap_set(states, board, state);
}

static bool is_of_release(struct span line, const struct record_about *about)
{
	json_auto_t *json = NULL;

	return json_parse(line, "a line", &json, NULL) == 0 &&
	       str_eq(json_get_string(json, "fleet"), about->fleet) &&
	       str_eq(json_get_string(json, "release"), about->release->text);
}

static int read_states(const char *path, const struct record_about *about, struct strmap *ret,
		       struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, line;

	if (about->again || !fs_exists(AT_FDCWD, path))
		return 0;
	if (fs_read_file(AT_FDCWD, path, FILE_LIMIT, &text, err) < 0)
		return -1;
	rest = str_span(&text);
	if (!span_cut(&rest, '\n', &line) || !is_of_release(line, about))
		return 0;
	while (span_cut(&rest, '\n', &line))
		take_line(line, ret);
	return 0;
}

static void add_board(const char *board, const char *state, const char *reason, struct str *out)
{
	json_auto_t *json = json_object();

	json_set_string(json, "board", board);
	json_set_string(json, "state", state);
	if (reason)
		json_set_string(json, "reason", reason);
	json_write(json, out);
	str_addc(out, '\n');
}

/* What was there, one line for each board. */
static int begin_file(struct rollout_record *record, const struct record_about *about,
		      struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *head = json_object();

	json_set_string(head, "fleet", about->fleet);
	json_set_string(head, "release", about->release->text);
	json_set_string(head, "version", about->version);
	json_write(head, &text);
	str_addc(&text, '\n');
	VEC_FOREACH(item, &record->states)
		add_board(item->key, item->value, NULL, &text);
	if (fs_write_file_atomic(AT_FDCWD, record->path, text.ptr, text.len, 0600, err) < 0)
		return -1;
	return fd_open(AT_FDCWD, record->path, O_WRONLY | O_APPEND, 0, &record->fd, err);
}

int record_open(const struct record_about *about, struct rollout_record **ret, struct err *err)
{
	AUTO(record_freep) struct rollout_record *record = xcalloc(1, sizeof(*record));

	record->lock_fd = record->fd = -1;
	pthread_mutex_init(&record->lock, NULL);
	if (find_path(about->fleet, &record->path, err) < 0 ||
	    take_lock(record, about->fleet, err) < 0 ||
	    read_states(record->path, about, &record->states, err) < 0 ||
	    begin_file(record, about, err) < 0)
		return -1;
	*ret = TAKE(record);
	return 0;
}

/* Whoever comes next finds nobody's name in the lock, which closing gives back. */
void record_free(struct rollout_record *record)
{
	if (!record)
		return;
	fd_closep(&record->fd);
	fd_closep(&record->lock_fd);
	strmap_release(&record->states);
	pthread_mutex_destroy(&record->lock);
	free(record->path);
	free(record);
}

bool record_is_done(const struct rollout_record *record, const char *board)
{
	return str_eq(strmap_get(&record->states, board), board_state_name(BOARD_DONE));
}

int record_add(struct rollout_record *record, const char *board, enum board_state state,
	       const char *reason, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	int status = 0;

	add_board(board, board_state_name(state), reason, &text);
	pthread_mutex_lock(&record->lock);
	status = fd_write_all(record->fd, text.ptr, text.len, record->path, err);
	pthread_mutex_unlock(&record->lock);
	return status;
}

int record_finish(struct rollout_record *record, struct err *err)
{
	if (unlink(record->path) < 0 && errno != ENOENT)
		return err_errno(err, "remove '%s'", record->path);
	return 0;
}

int record_peek(const struct record_about *about, struct strmap *ret, struct err *err)
{
	AUTO(freep) char *path = NULL;

	return find_path(about->fleet, &path, err) < 0 ? -1 : read_states(path, about, ret, err);
}
