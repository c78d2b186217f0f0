#include "connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/vec.h"
#include "ssh.h"

#define CONNECT_TIMEOUT_MS 10000L
#define BUFFER_SIZE        (512L * 1024)
/* A board that lost its power or its network does not say so: as long as ssh.c waits for a sign of life. */
#define SILENCE_MS 15000

struct connection {
	struct device_address address;
	char *url;
	char *socket; /* a unix socket; NULL = TCP */
	char *ca, *certificate, *key;
	struct ssh *ssh;
	pthread_mutex_t lock;
	struct {
		struct connection_line *items;
		size_t len, cap;
	} idle;
};

/*
 * Where engines listen on a board, in the order in which they are wanted. Prints the first socket that may be used, or
 * "denied PATH" for one that is there but not for this user.
 */
static const char probe[] =
	"denied=; for s in /var/run/docker.sock /run/docker.sock /run/balena-engine.sock "
	"/var/run/balena-engine.sock \"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock\" "
	"/run/podman/podman.sock \"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/podman/podman.sock\"; do "
	"if [ -S \"$s\" ] && [ -w \"$s\" ]; then echo \"$s\"; exit 0; fi; "
	"if [ -S \"$s\" ] && [ -z \"$denied\" ]; then denied=$s; fi; done; "
	"if [ -n \"$denied\" ]; then echo \"denied $denied\"; fi";

static int find_socket(struct connection *connection, struct str *path, struct err *err)
{
	if (connection->address.path) {
		str_add(path, connection->address.path);
		return 0;
	}
	if (ssh_run(connection->ssh, probe, path, err) < 0)
		return err_wrap(err, "look for the engine's socket");
	while (path->len > 0 && strchr("\r\n", path->ptr[path->len - 1]))
		str_truncate(path, path->len - 1);
	if (path->len == 0) {
		(void)err_set(err, ERR_NOT_FOUND, "no container engine listens there");
		return err_hint(err,
				"install one on the board (apt-get install docker.io), or name its "
				"socket: ssh://HOST/PATH/OF/SOCKET");
	}
	if (str_has_prefix(path->ptr, "denied ")) {
		(void)err_set(err, ERR_DENIED, "the engine's socket '%s' is not for this user",
			      path->ptr + strlen("denied "));
		return err_hint(err,
				"on the board: sudo usermod -aG docker $USER, then log in again");
	}
	return 0;
}

static int open_ssh(struct connection *connection, const struct monitor *monitor, struct err *err)
{
	AUTO(str_release) struct str path = STR_INIT;
	const char *local = NULL;

	if (ssh_open(&connection->address, monitor, &connection->ssh, err) < 0 ||
	    find_socket(connection, &path, err) < 0 ||
	    ssh_forward_socket(connection->ssh, path.ptr, &local, err) < 0)
		return -1;
	connection->socket = xstrdup(local);
	return 0;
}

static void name_certificates(struct connection *connection)
{
	const char *dir = connection->address.certs;

	if (!dir)
		return;
	connection->ca = xasprintf("%s/ca.pem", dir);
	connection->certificate = xasprintf("%s/cert.pem", dir);
	connection->key = xasprintf("%s/key.pem", dir);
}

static char *url_of(const struct device_address *address)
{
	const char *scheme = address->transport == DEVICE_TLS ? "https" : "http";

	if (!address->host || address->transport == DEVICE_SSH)
		return xstrdup("http://board");
	return xasprintf(strchr(address->host, ':') ? "%s://[%s]:%u" : "%s://%s:%u", scheme,
			 address->host, address->port);
}

int connection_open(const struct device_address *address, const struct monitor *monitor,
		    struct connection **ret, struct err *err)
{
	struct connection *connection = xcalloc(1, sizeof(*connection));

	engine_curl_load();
	pthread_mutex_init(&connection->lock, NULL);
	device_address_copy(&connection->address, address);
	connection->url = url_of(address);
	name_certificates(connection);
	if (address->transport == DEVICE_UNIX)
		connection->socket = xstrdup(address->path);
	if (address->transport == DEVICE_SSH && open_ssh(connection, monitor, err) < 0) {
		connection_free(connection);
		return -1;
	}
	*ret = connection;
	return 0;
}

static void close_line(struct connection_line line)
{
	engine_curl.easy_cleanup(line.easy);
	engine_curl.multi_cleanup(line.multi);
}

void connection_free(struct connection *connection)
{
	if (!connection)
		return;
	VEC_FOREACH(line, &connection->idle)
		close_line(*line);
	free(connection->idle.items);
	ssh_free(connection->ssh);
	pthread_mutex_destroy(&connection->lock);
	device_address_release(&connection->address);
	free(connection->url);
	free(connection->socket);
	free(connection->ca);
	free(connection->certificate);
	free(connection->key);
	free(connection);
}

/* tcp(7): else what was sent and is not acknowledged is sent again for a quarter of an hour. */
static int set_patience(void *data, curl_socket_t fd, curlsocktype purpose)
{
	const unsigned patience_ms = SILENCE_MS;

	(void)data;
	(void)purpose;
	/* A unix socket has none. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof(patience_ms));
	return CURL_SOCKOPT_OK;
}

#define SET(line, option, value) (void)engine_curl.easy_setopt((line).easy, option, value)

static void show_the_way(const struct connection *connection, struct connection_line line)
{
	SET(line, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(line, CURLOPT_NOSIGNAL, 1L);
	SET(line, CURLOPT_QUICK_EXIT, 1L);
	SET(line, CURLOPT_SOCKOPTFUNCTION, set_patience);
	SET(line, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(line, CURLOPT_TCP_KEEPIDLE, 10L);
	SET(line, CURLOPT_TCP_KEEPINTVL, 5L);
	SET(line, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	SET(line, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	SET(line, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_SIZE);
	SET(line, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	/* Boards are in the same network; docker's own client takes no proxy for them either. */
	SET(line, CURLOPT_PROXY, "");
	if (connection->socket)
		SET(line, CURLOPT_UNIX_SOCKET_PATH, connection->socket);
	if (connection->ca) {
		SET(line, CURLOPT_CAINFO, connection->ca);
		SET(line, CURLOPT_SSLCERT, connection->certificate);
		SET(line, CURLOPT_SSLKEY, connection->key);
	}
}

struct connection_line connection_borrow(struct connection *connection)
{
	struct connection_line line = { .easy = NULL };

	pthread_mutex_lock(&connection->lock);
	if (connection->idle.len > 0)
		line = connection->idle.items[--connection->idle.len];
	pthread_mutex_unlock(&connection->lock);
	if (!line.easy) {
		line.easy = engine_curl.easy_init();
		line.multi = engine_curl.multi_init();
		if (!line.easy || !line.multi)
			abort();
	}
	show_the_way(connection, line);
	return line;
}

void connection_return(struct connection *connection, struct connection_line line, bool is_good)
{
	if (!is_good) {
		close_line(line);
		return;
	}
	engine_curl.easy_reset(line.easy);
	pthread_mutex_lock(&connection->lock);
	*VEC_ADD(&connection->idle) = line;
	pthread_mutex_unlock(&connection->lock);
}

const char *connection_url(const struct connection *connection)
{
	return connection->url;
}

int connection_shell(struct connection *connection, const char *command, struct str *out,
		     struct err *err)
{
	const char *const argv[] = { "sh", "-c", command, NULL };

	if (connection->ssh)
		return ssh_run(connection->ssh, command, out, err);
	if (connection->address.transport == DEVICE_UNIX)
		return proc_check(argv, out, err);
	return err_set(err, ERR_UNSUPPORTED, "no command can be run there without ssh");
}

bool connection_explain(struct connection *connection, struct err *err)
{
	bool is_known = false;

	pthread_mutex_lock(&connection->lock);
	is_known = connection->ssh && ssh_check(connection->ssh, err) < 0;
	pthread_mutex_unlock(&connection->lock);
	return is_known;
}
