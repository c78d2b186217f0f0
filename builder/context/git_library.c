#include "git_library.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "git_socket.h"
#include "git_ssh.h"

/* Neither the user's configuration nor the system's decides what a build gets to see. */
static void forget_configuration(void)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				      GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL };

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		(void)libgit2.libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	(void)libgit2.libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
}

/* As libcurl is told in the registry client. */
static void add_authorities(void)
{
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");

	if ((file && *file) || (dir && *dir))
		(void)libgit2.libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS,
					   file && *file ? file : NULL, dir && *dir ? dir : NULL);
}

static void init(void)
{
	libgit2_load();
	if (libgit2.libgit2_init() < 0)
		abort();
	forget_configuration();
	add_authorities();
	git_socket_register();
	/* Objects are all that is read of somebody else's repository, and no configuration. */
	(void)libgit2.libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

void git_library_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init);
}

/* --- errors --- */

static enum err_kind kind_of(int code, int class)
{
	switch (code) {
	case GIT_ENOTFOUND: return ERR_NOT_FOUND;
	case GIT_EAUTH: return ERR_AUTH;
	case GIT_ECERTIFICATE: return ERR_NETWORK;
	default: break;
	}
	switch (class) {
	case GIT_ERROR_NET:
	case GIT_ERROR_SSL:
	case GIT_ERROR_HTTP:
	case GIT_ERROR_SSH: return ERR_NETWORK;
	case GIT_ERROR_OS:
	case GIT_ERROR_FILESYSTEM: return ERR_SYSTEM;
	default: return ERR_PROTOCOL;
	}
}

/* What the last line of ssh(1) leaves to be said. */
static int hint_at_ssh(struct err *err)
{
	if (err && strstr(err->message, "ost key verification failed"))
		return err_hint(err,
				"compare the server's key with what 'ssh-keyscan HOST' says, and "
				"put it into ~/.ssh/known_hosts");
	if (err && strstr(err->message, "Permission denied ("))
		return err_hint(err, "'ssh-add -l' shows which keys the agent has");
	return -1;
}

int git_library_error(int code, struct err *err)
{
	const git_error *last = libgit2.error_last();
	AUTO(freep) char *text = xstrdup(last && last->message ? last->message : "unknown error");

	text[0] = (char)tolower((unsigned char)text[0]);
	if (strstr(text, "status code: 404"))
		return err_set(err, ERR_NOT_FOUND, "there is no such repository (404)");
	if (str_has_suffix(text, ": No such file or directory"))
		code = GIT_ENOTFOUND;
	if (code != GIT_EAUTH) {
		(void)err_set(err, kind_of(code, last ? last->klass : 0), "%s", text);
		return hint_at_ssh(err);
	}
	(void)err_set(err, ERR_AUTH, "the server wants to know who you are");
	return err_hint(err, "ADD takes a token by --secret id=GIT_AUTH_TOKEN,env=NAME; a context, "
			     "in its address: https://USER:TOKEN@HOST/...");
}

int git_talk_error(const struct git_talk *talk, int code, struct err *err)
{
	if (monitor_check(talk->monitor, err) < 0 || git_line_check(&talk->line, err) < 0)
		return -1;
	return git_library_error(code, err);
}

/* --- callbacks: anything but 0 ends the exchange --- */

static int on_transfer(const git_indexer_progress *stats, void *payload)
{
	struct git_talk *talk = payload;

	if (monitor_is_cancelled(talk->monitor))
		return GIT_EUSER;
	talk->received = stats->received_bytes;
	talk->line.brings_pack = stats->total_objects > 0;
	if (stats->received_bytes > LIMIT_LAYER_SIZE) {
		libgit2.error_set_str(GIT_ERROR_NET, "the repository is too large");
		return -1;
	}
	monitor_transfer(talk->monitor, talk->step, "fetching", talk->shown, talk->received, 0);
	return 0;
}

static int on_message(const char *text, int len, void *payload)
{
	const struct git_talk *talk = payload;

	(void)text;
	(void)len;
	return monitor_is_cancelled(talk->monitor) ? GIT_EUSER : 0;
}

/* One that the server does not take is not offered again; nor does it go where a redirect may lead. */
static int on_credentials(git_credential **out, const char *url, const char *user,
			  unsigned allowed_types, void *payload)
{
	struct git_talk *talk = payload;
	const struct git_keys *keys = talk->keys;

	(void)user;
	if (!keys->token || talk->gave_token || !str_has_prefix(url, keys->token_scope) ||
	    !(allowed_types & GIT_CREDENTIAL_USERPASS_PLAINTEXT))
		return GIT_PASSTHROUGH;
	talk->gave_token = true;
	return libgit2.credential_userpass_plaintext_new(out, "x-access-token", keys->token);
}

void git_talk_callbacks(struct git_talk *talk, git_remote_callbacks *ret)
{
	talk->gave_token = false;
	talk->line.monitor = talk->monitor;
	git_line_begin(&talk->line);
	(void)libgit2.remote_init_callbacks(ret,
					    GIT_REMOTE_CALLBACKS_VERSION); /* a version it knows */
	ret->transfer_progress = on_transfer;
	ret->sideband_progress = on_message;
	ret->credentials = on_credentials;
	ret->payload = talk;
	if (git_ssh_is_url(talk->remote))
		ret->transport = git_ssh_transport;
}
