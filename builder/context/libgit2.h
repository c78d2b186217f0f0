/* The functions of libgit2 that this room calls, loaded with the first repository (base/library.h). */
#ifndef CONTEXT_LIBGIT2_H
#define CONTEXT_LIBGIT2_H

#include <git2.h>
#include <git2/sys/stream.h>
#include <git2/sys/transport.h>

#include "base/library.h"

/* clang-format off */
#define LIBGIT2_FUNCTIONS(X) \
	X(git, buf_dispose) X(git, checkout_options_init) X(git, checkout_tree) \
	X(git, commit_author) X(git, commit_free) X(git, commit_id) X(git, commit_lookup) X(git, commit_time) X(git, commit_tree) \
	X(git, credential_userpass_plaintext_new) \
	X(git, describe_commit) X(git, describe_format) X(git, describe_format_options_init) \
	X(git, describe_options_init) X(git, describe_result_free) \
	X(git, error_last) X(git, error_set_str) \
	X(git, fetch_options_init) \
	X(git, libgit2_init) X(git, libgit2_opts) X(git, libgit2_version) \
	X(git, object_free) X(git, object_lookup) X(git, object_peel) \
	X(git, oid_fromstr) X(git, oid_tostr) \
	X(git, proxy_options_init) \
	X(git, reference_name_to_id) X(git, remote_connect) X(git, remote_create) X(git, remote_create_anonymous) \
	X(git, remote_create_detached) X(git, remote_fetch) X(git, remote_free) \
	X(git, remote_init_callbacks) X(git, remote_lookup) X(git, remote_ls) X(git, remote_url) \
	X(git, repository_discover) X(git, repository_free) X(git, repository_init) X(git, repository_open) X(git, repository_path) \
	X(git, repository_set_head_detached) \
	X(git, status_foreach_ext) X(git, status_options_init) X(git, stream_register) \
	X(git, submodule_foreach) X(git, submodule_head_id) X(git, submodule_path) \
	X(git, submodule_update_strategy) X(git, submodule_url) \
	X(git, transport_smart) \
	X(git, tree_free) X(git, tree_walk)

LIBRARY_DECLARE(libgit2, LIBGIT2_FUNCTIONS)
/* clang-format on */

#endif
