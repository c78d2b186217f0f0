#include "git_fetch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/str.h"
#include "git_socket.h"

#define WANTED_REF "refs/edgectl/wanted"

static int fetch(git_repository *repository, struct git_talk *talk, const char *const *refspecs,
		 size_t count, struct err *err)
{
	AUTO(git_remote_freep) git_remote *remote = NULL;
	git_fetch_options options;
	const git_strarray specs = { .strings = (char **)refspecs, .count = count };
	int code;

	(void)libgit2.fetch_options_init(&options,
					 GIT_FETCH_OPTIONS_VERSION); /* a version it knows */
	git_talk_callbacks(talk, &options.callbacks);
	options.proxy_opts.type = GIT_PROXY_AUTO;
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	options.update_fetchhead = 0;
	code = libgit2.remote_create_anonymous(&remote, repository, talk->remote);
	git_socket_use(&talk->line);
	if (code == 0)
		code = libgit2.remote_fetch(remote, &specs, &options, NULL);
	git_socket_use(NULL);
	if (code < 0)
		return git_talk_error(talk, code, err);
	if (talk->received > 0)
		monitor_transfer(talk->monitor, talk->step, "fetching", talk->shown, talk->received,
				 talk->received);
	return 0;
}

static int find_commit(git_repository *repository, const struct git_revision *revision,
		       git_commit **ret)
{
	git_object *object = NULL, *peeled = NULL;
	git_oid id;
	int code = libgit2.oid_fromstr(&id, revision->commit);

	if (code == 0)
		code = libgit2.object_lookup(&object, repository, &id, GIT_OBJECT_ANY);
	/* The hash of an annotated tag is as good. */
	if (code == 0)
		code = libgit2.object_peel(&peeled, object, GIT_OBJECT_COMMIT);
	libgit2.object_free(object);
	*ret = (git_commit *)peeled;
	return code;
}

/* Where a clone would have it. */
static char *refspec_of(const struct git_revision *revision)
{
	static const char heads[] = "refs/heads/";
	const char *ref = revision->ref;

	if (!ref)
		return xasprintf("+%s:" WANTED_REF, revision->commit);
	if (str_has_prefix(ref, heads))
		return xasprintf("+%s:refs/remotes/origin/%s", ref, ref + strlen(heads));
	return xasprintf("+%s:%s", ref, str_eq(ref, "HEAD") ? WANTED_REF : ref);
}

int git_fetch_revision(git_repository *repository, struct git_talk *talk,
		       const struct git_revision *revision, git_commit **ret, struct err *err)
{
	static const char *const everything[] = { "+refs/heads/*:refs/remotes/origin/*",
						  "+refs/tags/*:refs/tags/*" };
	AUTO(freep) char *refspec = refspec_of(revision);
	const char *const one[] = { refspec };
	AUTO(err_release) struct err reason = ERR_INIT;

	if (fetch(repository, talk, one, 1, &reason) < 0 &&
	    (revision->ref || reason.kind == ERR_CANCELLED || talk->line.is_stalled)) {
		err_move(err, &reason);
		return -1;
	}
	if (find_commit(repository, revision, ret) == 0)
		return 0;
	/* Not every server gives out a commit by its hash, and a branch may have moved. */
	if (fetch(repository, talk, everything, ARRAY_SIZE(everything), err) < 0)
		return -1;
	if (find_commit(repository, revision, ret) == 0)
		return 0;
	(void)err_set(err, ERR_NOT_FOUND, "there is no commit %s", revision->commit);
	return err_hint(err, "has it been pushed, to a branch or tag that still exists?");
}
