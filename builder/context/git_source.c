#include "context/git_source.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/vec.h"
#include "git_fetch.h"
#include "git_library.h"
#include "git_socket.h"
#include "git_tree.h"

void git_revision_release(struct git_revision *revision)
{
	free(revision->ref);
	*revision = (struct git_revision)GIT_REVISION_INIT;
}

/* --- what the server has --- */

struct advertised {
	const git_remote_head **heads; /* the remote's */
	size_t count;
};

static const git_remote_head *find_head(const struct advertised *there, const char *prefix,
					const char *name, const char *suffix)
{
	AUTO(freep) char *whole = xasprintf("%s%s%s", prefix, name, suffix);

	for (size_t i = 0; i < there->count; i++) {
		if (str_eq(there->heads[i]->name, whole))
			return there->heads[i];
	}
	return NULL;
}

static const git_remote_head *find_ref(const struct advertised *there, const char *ref)
{
	static const char *const prefixes[] = { "refs/tags/", "refs/heads/", "refs/" };
	const git_remote_head *head = NULL;

	if (!ref)
		return find_head(there, "", "HEAD", "");
	if (str_has_prefix(ref, "refs/") || str_eq(ref, "HEAD"))
		head = find_head(there, "", ref, "");
	for (size_t i = 0; !head && i < ARRAY_SIZE(prefixes); i++)
		head = find_head(there, prefixes[i], ref, "");
	return head;
}

static int no_such_ref(const struct advertised *there, const char *ref, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *slash, *near;

	if (!ref)
		return err_set(err, ERR_NOT_FOUND, "the repository has no default branch%s",
			       there->count == 0 ? ": it is empty" : "");
	for (size_t i = 0; i < there->count; i++) {
		const char *name = there->heads[i]->name;

		slash = str_has_prefix(name, "refs/") ? strchr(name + strlen("refs/"), '/') : NULL;
		if (slash && !str_has_suffix(name, "^{}"))
			strvec_add(&names, slash + 1);
	}
	near = suggest(ref, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_NOT_FOUND, "there is no branch or tag '%s'", ref);
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return git_is_hash(ref) ? err_hint(err, "write all 40 digits of a commit's hash") : -1;
}

/* An annotated tag has a hash of its own; both may be what the user checks for. */
static int check_checksum(const struct git_url *url, const char *commit, const char *tag,
			  struct err *err)
{
	if (!url->checksum || str_has_prefix(commit, url->checksum) ||
	    str_has_prefix(tag, url->checksum))
		return 0;
	return err_set(err, ERR_DIGEST, "it is commit %s, where the checksum says %s", commit,
		       url->checksum);
}

static int choose(const struct git_url *url, const struct advertised *there,
		  struct git_revision *ret, struct err *err)
{
	const git_remote_head *head = find_ref(there, url->ref), *peeled;
	char tag[41];

	if (!head)
		return no_such_ref(there, url->ref, err);
	peeled = find_head(there, head->name, "", "^{}");
	(void)libgit2.oid_tostr(tag, sizeof(tag), &head->oid);
	(void)libgit2.oid_tostr(ret->commit, sizeof(ret->commit),
				peeled ? &peeled->oid : &head->oid);
	ret->ref = xstrdup(head->symref_target ? head->symref_target : head->name);
	return check_checksum(url, ret->commit, tag, err);
}

static int ask_server(const struct git_url *url, struct git_talk *talk, struct git_revision *ret,
		      struct err *err)
{
	AUTO(git_remote_freep) git_remote *remote = NULL;
	git_proxy_options proxy;
	struct advertised there = { .count = 0 };
	git_remote_callbacks callbacks;
	int code;

	(void)libgit2.proxy_options_init(&proxy,
					 GIT_PROXY_OPTIONS_VERSION); /* a version it knows */
	proxy.type = GIT_PROXY_AUTO;
	git_talk_callbacks(talk, &callbacks);
	code = libgit2.remote_create_detached(&remote, talk->remote);
	git_socket_use(&talk->line);
	if (code == 0)
		code = libgit2.remote_connect(remote, GIT_DIRECTION_FETCH, &callbacks, &proxy,
					      NULL);
	if (code == 0)
		code = libgit2.remote_ls(&there.heads, &there.count, remote);
	git_socket_use(NULL);
	if (code < 0)
		return git_talk_error(talk, code, err);
	return choose(url, &there, ret, err);
}

bool git_keys_allow_ssh(const struct git_keys *keys)
{
	return !keys->only_lent || ssh_agents_has(keys->lent, SSH_AGENT_DEFAULT);
}

int git_source_resolve(const struct git_url *url, const struct git_keys *keys,
		       const struct monitor *monitor, struct git_revision *ret, struct err *err)
{
	AUTO(freep) char *shown = git_url_shown(url);
	struct git_talk talk = {
		.monitor = monitor, .shown = shown, .remote = url->remote, .keys = keys
	};
	struct git_revision revision = GIT_REVISION_INIT;

	git_library_init();
	if (url->ref && git_is_full_hash(url->ref)) {
		for (size_t i = 0; url->ref[i]; i++)
			ret->commit[i] = (char)tolower((unsigned char)url->ref[i]);
		ret->commit[40] = '\0';
		if (check_checksum(url, ret->commit, ret->commit, err) < 0)
			return err_wrap(err, "repository '%s'", shown);
		return 0;
	}
	if (ask_server(url, &talk, &revision, err) < 0) {
		git_revision_release(&revision);
		return err_wrap(err, "repository '%s'", shown);
	}
	*ret = revision;
	return 0;
}

/* --- its files --- */

/* The subdirectory must not lead out of the checkout by a link. */
static int find_root(const struct git_checkout *checkout, char **ret, struct err *err)
{
	const char *subdir = checkout->url->subdir ? checkout->url->subdir : ".";
	AUTO(fd_closep) int top = -1, fd = -1;
	char name[64], path[PATH_MAX];
	ssize_t len;

	if (fd_open(AT_FDCWD, checkout->dir, O_PATH | O_DIRECTORY, 0, &top, err) < 0)
		return -1;
	if (fd_open_in_root(top, subdir, O_PATH | O_DIRECTORY, 0, &fd, err) < 0) {
		err_clear(err);
		return err_set(err, ERR_NOT_FOUND, "there is no directory '%s' in it", subdir);
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, sizeof(path) - 1);
	if (len < 0)
		return err_errno(err, "'%s'", subdir);
	*ret = xstrndup(path, (size_t)len);
	return 0;
}

int git_source_checkout(const struct git_checkout *checkout, char **ret_root, struct err *err)
{
	const struct git_url *url = checkout->url;
	AUTO(freep) char *shown = git_url_shown(url);
	const struct git_tree_request request = {
		.remote = url->remote,
		.revision = checkout->revision,
		.dir = checkout->dir,
		.keep_git_dir = checkout->keep_git_dir,
		.submodules = !url->without_submodules,
		.checkout_times = url->checkout_times,
		.keys = &checkout->keys,
		.monitor = checkout->monitor,
		.step = checkout->step,
	};

	git_library_init();
	if (git_tree_checkout(&request, err) < 0 || find_root(checkout, ret_root, err) < 0)
		return err && err->kind == ERR_CANCELLED ? -1
							 : err_wrap(err, "repository '%s'", shown);
	return 0;
}
