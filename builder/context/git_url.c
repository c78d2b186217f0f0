#include "context/git_url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/path.h"
#include "base/str.h"

#define HASH_LEN     40
#define HASH_LEN_MIN 7

void git_url_release(struct git_url *url)
{
	free(url->remote);
	free(url->ref);
	free(url->subdir);
	free(url->checksum);
	*url = (struct git_url)GIT_URL_INIT;
}

/* --- what is one --- */

/* USER@HOST:PATH, as scp(1) and git write it. */
static bool is_scp_form(const char *text)
{
	static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789._-";
	size_t user = strspn(text, name_bytes), host;

	if (user == 0 || text[user] != '@')
		return false;
	host = strspn(text + user + 1, name_bytes);
	return host > 0 && text[user + 1] != '-' && text[user + 1 + host] == ':' &&
	       text[user + host + 2];
}

static bool is_http(const char *text)
{
	return str_has_prefix(text, "http://") || str_has_prefix(text, "https://");
}

bool git_url_is(const char *text)
{
	static const char *const prefixes[] = { "git://", "ssh://", "file://", "github.com/" };
	AUTO(freep) char *base = NULL;

	if (is_http(text)) {
		base = xstrndup(text, strcspn(text, "?#"));
		return str_has_suffix(base, ".git");
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (str_has_prefix(text, prefixes[i]))
			return true;
	}
	return is_scp_form(text);
}

bool git_url_is_ssh(const char *text)
{
	return str_has_prefix(text, "ssh://") || is_scp_form(text);
}

static bool is_hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdefABCDEF") == len;
}

bool git_is_full_hash(const char *text)
{
	return is_hex(text, HASH_LEN);
}

bool git_is_hash(const char *text)
{
	size_t len = strlen(text);

	return len >= HASH_LEN_MIN && len <= HASH_LEN && is_hex(text, len);
}

/* --- options --- */

/* One value may be said twice, but not two. */
static int set_once(char **place, const char *name, const char *value, struct err *err)
{
	if (*place && !str_eq(*place, value))
		return err_set(err, ERR_INPUT, "%s is given twice, as '%s' and as '%s'", name,
			       *place, value);
	free(*place);
	*place = xstrdup(value);
	return 0;
}

/* The rules of git-check-ref-format(1) that matter before the server has its say. */
static int set_ref(struct git_url *url, const char *prefix, const char *ref, struct err *err)
{
	AUTO(freep) char *whole = xasprintf("%s%s", prefix, ref);

	if (!*ref)
		return err_set(err, ERR_INPUT, "the name of a branch, tag or commit is empty");
	if (*ref == '-' || strpbrk(ref, " \t\n\r\\^~:?*[") || strstr(ref, ".."))
		return err_set(err, ERR_INPUT, "'%s' cannot be a branch, tag or commit", ref);
	return set_once(&url->ref, "the branch, tag or commit", whole, err);
}

static int set_subdir(struct git_url *url, const char *subdir, struct err *err)
{
	AUTO(freep) char *clean = path_in_root(subdir);

	return str_eq(clean, ".") ? 0 : set_once(&url->subdir, "the subdirectory", clean, err);
}

int git_url_set_checksum(struct git_url *url, const char *checksum, struct err *err)
{
	AUTO(freep) char *lower = xstrdup(checksum);

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (!git_is_hash(lower)) {
		(void)err_set(err, ERR_INPUT, "checksum '%s' is not the hash of a commit",
			      checksum);
		return err_hint(err, "write the %d hexadecimal digits that `git rev-parse` prints",
				HASH_LEN);
	}
	return set_once(&url->checksum, "the checksum", lower, err);
}

static int parse_bool(const char *name, const char *value, bool *ret, struct err *err)
{
	*ret = !*value || str_eq(value, "true") || str_eq(value, "1");
	if (*ret || str_eq(value, "false") || str_eq(value, "0"))
		return 0;
	return err_set(err, ERR_INPUT, "%s is true or false, not '%s'", name, value);
}

static int set_mtime(struct git_url *url, const char *value, struct err *err)
{
	url->checkout_times = str_eq(value, "checkout");
	if (url->checkout_times || str_eq(value, "commit"))
		return 0;
	return err_set(err, ERR_INPUT, "mtime is checkout or commit, not '%s'", value);
}

static int unknown_option(const char *name, struct err *err)
{
	static const char *const names[] = {
		"ref",   "branch",       "tag",        "subdir",          "checksum", "commit",
		"mtime", "keep-git-dir", "submodules", "fetch-by-commit", NULL
	};
	const char *near = suggest(name, names);

	(void)err_set(err, ERR_INPUT, "unknown option '%s' in the address of a repository", name);
	return near ? err_hint(err, "did you mean '%s'?", near) : -1;
}

struct query {
	bool fetch_by_commit;
};

static int set_option(struct git_url *url, struct query *query, const char *name, const char *value,
		      struct err *err)
{
	bool on = false;

	if (str_eq(name, "ref"))
		return set_ref(url, "", value, err);
	if (str_eq(name, "branch"))
		return set_ref(url, "refs/heads/", value, err);
	if (str_eq(name, "tag"))
		return set_ref(url, "refs/tags/", value, err);
	if (str_eq(name, "subdir"))
		return set_subdir(url, value, err);
	if (str_eq(name, "checksum") || str_eq(name, "commit"))
		return git_url_set_checksum(url, value, err);
	if (str_eq(name, "mtime"))
		return set_mtime(url, value, err);
	if (str_eq(name, "fetch-by-commit"))
		return parse_bool(name, value, &query->fetch_by_commit, err);
	if (str_eq(name, "keep-git-dir")) {
		url->keep_git_dir_set = true;
		return parse_bool(name, value, &url->keep_git_dir, err);
	}
	if (!str_eq(name, "submodules"))
		return unknown_option(name, err);
	if (parse_bool(name, value, &on, err) < 0)
		return -1;
	url->without_submodules = !on;
	return 0;
}

static int hex_value(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* RFC 3986 section 2.1; what is no escape stays as it is. The caller frees. */
static char *percent_decode(struct span text)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < text.len; i++) {
		int high = i + 2 < text.len && text.ptr[i] == '%' ? hex_value(text.ptr[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text.ptr[i + 2]) : -1;

		if (low < 0 || high + low == 0) {
			str_addc(&out, text.ptr[i]);
			continue;
		}
		str_addc(&out, (char)(high * 16 + low));
		i += 2;
	}
	return str_detach(&out);
}

static int parse_query(struct git_url *url, struct span text, struct query *query, struct err *err)
{
	struct span item, name;

	while (text.len > 0) {
		AUTO(freep) char *key = NULL, *value = NULL;

		(void)span_cut(&text, '&', &item);
		if (item.len == 0)
			continue;
		(void)span_cut(&item, '=', &name);
		key = percent_decode(name);
		value = percent_decode(item);
		if (set_option(url, query, key, value, err) < 0)
			return -1;
	}
	return 0;
}

/* REF:SUBDIR, each of which may be missing. */
static int parse_fragment(struct git_url *url, struct span text, struct err *err)
{
	struct span ref;
	bool has_subdir = span_cut(&text, ':', &ref);
	AUTO(freep) char *name = span_dup(ref), *subdir = span_dup(text);

	if (*name && set_ref(url, "", name, err) < 0)
		return -1;
	return has_subdir ? set_subdir(url, subdir, err) : 0;
}

/* A hash alone names the commit as well as a ref would. */
static void settle_ref(struct git_url *url, const struct query *query)
{
	bool is_full = url->checksum && git_is_full_hash(url->checksum);

	if (!is_full || (url->ref && !query->fetch_by_commit))
		return;
	free(url->ref);
	url->ref = xstrdup(url->checksum);
}

static int parse_parts(const char *text, struct git_url *url, struct err *err)
{
	struct span rest = span_of(text), address, before_query;
	bool has_fragment = span_cut(&rest, '#', &address);
	struct query query = { .fetch_by_commit = false };

	if (span_cut(&address, '?', &before_query) && parse_query(url, address, &query, err) < 0)
		return -1;
	if (has_fragment && parse_fragment(url, rest, err) < 0)
		return -1;
	url->remote = str_has_prefix(text, "github.com/")
			      ? xasprintf("https://%.*s", SPAN_FMT(before_query))
			      : span_dup(before_query);
	settle_ref(url, &query);
	return 0;
}

int git_url_parse(const char *text, struct git_url *ret, struct err *err)
{
	struct git_url url = GIT_URL_INIT;
	AUTO(freep) char *shown = NULL;

	if (parse_parts(text, &url, err) == 0) {
		*ret = url;
		return 0;
	}
	url.remote = url.remote ? url.remote : xstrndup(text, strcspn(text, "?#"));
	shown = git_url_shown(&url);
	git_url_release(&url);
	return err_wrap(err, "'%s'", shown);
}

/* What stands before the host of an HTTP address may be a token; of an SSH address it is a name. */
char *git_url_shown(const struct git_url *url)
{
	const char *authority = strstr(url->remote, "://");
	const char *at, *end;

	if (!authority)
		return xstrdup(url->remote);
	authority += strlen("://");
	at = memrchr(authority, '@', strcspn(authority, "/"));
	if (!at)
		return xstrdup(url->remote);
	end = is_http(url->remote) ? authority : memchr(authority, ':', (size_t)(at - authority));
	if (!end)
		return xstrdup(url->remote);
	return xasprintf("%.*s%s", (int)(end - url->remote), url->remote,
			 end == authority ? at + 1 : at);
}
