#include "add_source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "context/directory.h"
#include "context/git_source.h"
#include "context/http_file.h"
#include "context/scratch.h"
#include "registry/download.h"
#include "solve/material.h"

/* A file that was downloaded is nobody's business but root's, as BuildKit has it. */
#define FILE_MODE 0600

struct add_source {
	char *shown; /* the address, for titles and messages */
	char *name;
	/* a file */
	char *url; /* NULL = a repository */
	struct digest checksum;
	struct http_file file;
	/* a repository */
	struct git_url git;
	struct git_keys keys;
	char *token, *token_scope; /* of the keys */
	bool keep_git_dir;
	struct git_revision revision;

	struct scratch scratch;
	struct tree *tree;
};

bool add_source_is(const char *text)
{
	return str_has_prefix(text, "http://") || str_has_prefix(text, "https://") ||
	       (git_url_is(text) && !str_has_prefix(text, "github.com/"));
}

void add_source_free(struct add_source *source)
{
	if (!source)
		return;
	tree_freep(&source->tree);
	scratch_release(&source->scratch);
	git_revision_release(&source->revision);
	git_url_release(&source->git);
	if (source->token)
		explicit_bzero(source->token, strlen(source->token));
	free(source->token);
	free(source->token_scope);
	free(source->url);
	free(source->name);
	free(source->shown);
	free(source);
}

const char *add_source_name(const struct add_source *source)
{
	return source->name;
}

/* --- what is written --- */

/* A Dockerfile may be anybody's: of whoever builds it it gets no files, and no key but those lent. */
static int check_transport(const char *text, struct err *err)
{
	if (!str_has_prefix(text, "file://"))
		return 0;
	(void)err_set(err, ERR_INPUT, "ADD takes no repository of this machine");
	return err_hint(err, "name it on the command line: --build-context NAME=%s", text);
}

static int parse_repository(struct add_source *source, const char *text,
			    const struct copy_instruction *flags, const char *checksum,
			    struct err *err)
{
	if (check_transport(text, err) < 0 || git_url_parse(text, &source->git, err) < 0)
		return -1;
	if (flags->keep_git_dir_set && source->git.keep_git_dir_set &&
	    flags->keep_git_dir != source->git.keep_git_dir)
		return err_set(err, ERR_INPUT,
			       "--keep-git-dir says the opposite of keep-git-dir in the address");
	if (checksum && git_url_set_checksum(&source->git, checksum, err) < 0)
		return err_wrap(err, "--checksum");
	source->keep_git_dir =
		flags->keep_git_dir_set ? flags->keep_git_dir : source->git.keep_git_dir;
	source->shown = git_url_shown(&source->git);
	source->name = xstrdup("");
	return 0;
}

static int parse_file(struct add_source *source, const char *text, const char *checksum,
		      struct err *err)
{
	char *name = download_name(text);

	source->url = xstrdup(text);
	source->shown = download_shown_url(text);
	/* BuildKit's name for it */
	source->name = name ? name : xstrdup("__unnamed__");
	if (!checksum)
		return 0;
	if (digest_parse(checksum, &source->checksum, err) < 0)
		return err_wrap(err, "--checksum");
	if (digest_algorithm_of(&source->checksum) == DIGEST_SHA256)
		return 0;
	(void)err_set(err, ERR_UNSUPPORTED, "--checksum: '%s' is not a sha256 digest", checksum);
	return err_hint(err, "write sha256:, and what sha256sum prints");
}

/* As BuildKit: the secret GIT_AUTH_TOKEN.HOST, else GIT_AUTH_TOKEN. */
static const struct secret_value *find_token(const struct secret_values *secrets, struct span host)
{
	AUTO(freep) char *id = xasprintf("GIT_AUTH_TOKEN.%.*s", SPAN_FMT(host));
	const struct secret_value *token = secret_values_find(secrets, id);

	return token ? token : secret_values_find(secrets, "GIT_AUTH_TOKEN");
}

static void lend_keys(struct add_source *source, const struct step_settings *settings)
{
	const char *remote = source->git.remote, *authority = strstr(remote, "://");
	const struct secret_value *token = NULL;
	struct span host;

	source->keys.lent = settings->ssh;
	if (!authority || !str_has_prefix(remote, "http") || !settings->secrets)
		return;
	host = (struct span){ authority + strlen("://"), strcspn(authority + strlen("://"), "/") };
	token = find_token(settings->secrets, host);
	if (!token)
		return;
	source->token = span_dup(span_trim(str_span(&token->value)));
	source->token_scope = xasprintf("%.*s/", (int)(host.ptr + host.len - remote), remote);
	source->keys.token = source->token;
	source->keys.token_scope = source->token_scope;
}

int add_source_parse(const char *text, const struct instruction *instruction, const char *checksum,
		     const struct step_settings *settings, struct add_source **ret, struct err *err)
{
	AUTO(add_source_freep) struct add_source *source = xcalloc(1, sizeof(*source));
	const struct copy_instruction *flags = &instruction->copy;
	int result;

	if (instruction->kind == INSTRUCTION_COPY) {
		(void)err_set(err, ERR_INPUT, "COPY takes no URL");
		return err_hint(err, "write ADD instead");
	}
	/* Only a repository has what the flag is about, as with BuildKit. */
	result = git_url_is(text) || flags->keep_git_dir_set
			 ? parse_repository(source, text, flags, checksum, err)
			 : parse_file(source, text, checksum, err);
	if (result < 0)
		return -1;
	source->keys.only_lent = true;
	if (settings && !source->url)
		lend_keys(source, settings);
	*ret = TAKE(source);
	return 0;
}

/* --- what it is now --- */

static int check_keys(const struct add_source *source, struct err *err)
{
	if (!git_url_is_ssh(source->git.remote) || git_keys_allow_ssh(&source->keys))
		return 0;
	(void)err_set(err, ERR_DENIED, "repository '%s': the build has no ssh key", source->shown);
	return err_hint(err, "lend it those of your agent with --ssh default, or one with "
			     "--ssh default=$HOME/.ssh/id_ed25519");
}

int add_source_check_keys(const struct add_source *source, struct err *err)
{
	/* The server is not asked about a commit's whole hash, whose files may be in the cache. */
	if (source->url || (source->git.ref && git_is_full_hash(source->git.ref)))
		return 0;
	return check_keys(source, err);
}

static int resolve_repository(struct solver *solver, struct add_source *source, unsigned step,
			      struct err *err)
{
	if (git_source_resolve(&source->git, &source->keys, solver->monitor, &source->revision,
			       err) < 0)
		return -1;
	monitor_text(solver->monitor, step, EVENT_STEP_DETAIL, "commit %s",
		     source->revision.commit);
	return 0;
}

static int resolve(struct solver *solver, struct add_source *source, unsigned step, struct err *err)
{
	const struct http_file_request request = {
		.url = source->url,
		.checksum = digest_is_set(&source->checksum) ? &source->checksum : NULL,
		.store = solver->store,
		.monitor = solver->monitor,
		.step = step,
	};

	return source->url ? http_file_fetch(&request, &source->file, err)
			   : resolve_repository(solver, source, step, err);
}

static int report(struct solver *solver, unsigned step, int result, const struct err *err)
{
	if (result == 0)
		monitor_step(solver->monitor, step, EVENT_STEP_DONE);
	else
		monitor_text(solver->monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
	return result;
}

int add_source_resolve(struct solver *solver, struct add_source *source, struct err *err)
{
	unsigned step = monitor_add_step(solver->monitor, "[internal] load %s", source->shown);

	monitor_step(solver->monitor, step, EVENT_STEP_STARTED);
	return report(solver, step, resolve(solver, source, step, err), err);
}

void add_source_describe(const struct add_source *source, struct str *ret)
{
	const struct git_url *git = &source->git;

	if (source->url) {
		str_addf(ret, "file %zu:%s %s\n", strlen(source->name), source->name,
			 source->file.digest.text);
		return;
	}
	str_addf(ret, "repository %s %d %d %d %s\n", source->revision.commit, source->keep_git_dir,
		 git->without_submodules, git->checkout_times, git->subdir ? git->subdir : ".");
	/* The address stands in .git/config. */
	if (source->keep_git_dir)
		str_addf(ret, "origin %s\n", source->shown);
}

struct material add_source_material(const struct add_source *source)
{
	if (source->url)
		return (struct material){ .uri = xstrdup(source->shown),
					  .algorithm = digest_algorithm_name(
						  digest_algorithm_of(&source->file.digest)),
					  .hash = xstrdup(digest_hex(&source->file.digest)) };
	return (struct material){
		.uri = source->git.ref ? xasprintf("%s#%s", source->shown, source->git.ref)
				       : xstrdup(source->shown),
		.algorithm = "sha1",
		.hash = xstrdup(source->revision.commit),
	};
}

/* --- its files --- */

static int lay_down_file(struct solver *solver, const struct add_source *source, const char *path,
			 struct err *err)
{
	const struct timespec times[2] = { { .tv_sec = source->file.modified },
					   { .tv_sec = source->file.modified } };
	AUTO(fd_closep) int from = -1, to = -1;

	if (store_open_blob(solver->store, &source->file.digest, &from, err) < 0 ||
	    fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, FILE_MODE, &to, err) < 0 ||
	    fd_copy_all(from, to, NULL, source->shown, err) < 0)
		return -1;
	if (fchmod(to, FILE_MODE) < 0 || futimens(to, times) < 0)
		return err_errno(err, "'%s'", source->shown);
	return fd_close(&to, source->shown, err);
}

static int open_file(struct solver *solver, struct add_source *source, struct tree_node **ret,
		     struct err *err)
{
	const char *name = *source->name ? source->name : "file";
	AUTO(freep) char *path = path_join(source->scratch.dir, name);

	if (lay_down_file(solver, source, path, err) < 0 ||
	    directory_tree_open(source->scratch.dir, NULL, &source->tree, err) < 0)
		return -1;
	return tree_find(source->tree, source->tree->root, name, ret, err);
}

static int open_repository(struct solver *solver, struct add_source *source, unsigned step,
			   struct tree_node **ret, struct err *err)
{
	const struct git_checkout checkout = {
		.url = &source->git,
		.revision = &source->revision,
		.dir = source->scratch.dir,
		.keep_git_dir = source->keep_git_dir,
		.keys = source->keys,
		.monitor = solver->monitor,
		.step = step,
	};
	AUTO(freep) char *root = NULL;

	if (check_keys(source, err) < 0 || git_source_checkout(&checkout, &root, err) < 0 ||
	    directory_tree_open(root, NULL, &source->tree, err) < 0)
		return -1;
	*ret = source->tree->root;
	return 0;
}

static int open_source(struct solver *solver, struct add_source *source, unsigned step,
		       struct tree_node **ret, struct err *err)
{
	if (scratch_make(solver->store, &source->scratch, err) < 0)
		return -1;
	return source->url ? open_file(solver, source, ret, err)
			   : open_repository(solver, source, step, ret, err);
}

int add_source_open(struct solver *solver, struct add_source *source, struct tree **ret_tree,
		    struct tree_node **ret_node, struct err *err)
{
	unsigned step = 0;
	int result;

	/* A file is here already; a repository is fetched now. */
	if (!source->url) {
		step = monitor_add_step(solver->monitor, "[internal] fetch %s", source->shown);
		monitor_step(solver->monitor, step, EVENT_STEP_STARTED);
	}
	result = open_source(solver, source, step, ret_node, err);
	*ret_tree = source->tree;
	return source->url ? result : report(solver, step, result, err);
}
