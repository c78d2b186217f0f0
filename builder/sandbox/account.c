#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/vec.h"

#define ID_LIMIT   4294967294ULL /* (uid_t)-1 means "unchanged" to the kernel */
#define GROUPS_MAX 65536         /* NGROUPS_MAX of the kernel */

struct entry {
	struct span name, home, members;
	unsigned long long uid, gid;
};

struct gids {
	gid_t *items;
	size_t len, cap;
};

void account_release(struct account *account)
{
	free(account->groups);
	free(account->home);
	*account = (struct account){ .home = NULL };
}

static struct span field(struct span *line)
{
	struct span head;

	(void)span_cut(line, ':', &head);
	return head;
}

/* name:password:uid:gid:comment:home:shell */
static bool parse_user(struct span line, struct entry *ret)
{
	ret->name = field(&line);
	(void)field(&line);
	if (!ret->name.len || !span_to_u64(field(&line), ID_LIMIT, &ret->uid) ||
	    !span_to_u64(field(&line), ID_LIMIT, &ret->gid))
		return false;
	(void)field(&line);
	ret->home = field(&line);
	return true;
}

/* name:password:gid:member,member */
static bool parse_group(struct span line, struct entry *ret)
{
	ret->name = field(&line);
	(void)field(&line);
	if (!ret->name.len || !span_to_u64(field(&line), ID_LIMIT, &ret->gid))
		return false;
	ret->members = field(&line);
	return true;
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* `name`, or the number `id` when name.ptr is NULL. */
static bool find_user(struct span passwd, struct span name, unsigned long long id,
		      struct entry *ret)
{
	struct span line;

	while (passwd.len) {
		(void)span_cut(&passwd, '\n', &line);
		if (parse_user(span_trim(line), ret) &&
		    (name.ptr ? same(ret->name, name) : ret->uid == id))
			return true;
	}
	return false;
}

static bool find_group(struct span groups, struct span name, unsigned long long *ret_gid)
{
	struct entry entry = { .gid = 0 };
	struct span line;

	while (groups.len) {
		(void)span_cut(&groups, '\n', &line);
		if (parse_group(span_trim(line), &entry) && same(entry.name, name)) {
			*ret_gid = entry.gid;
			return true;
		}
	}
	return false;
}

static bool is_member(struct span members, struct span name)
{
	struct span member;

	while (members.len) {
		(void)span_cut(&members, ',', &member);
		if (same(span_trim(member), name))
			return true;
	}
	return false;
}

static void add_gid(struct gids *gids, gid_t gid)
{
	for (size_t i = 0; i < gids->len; i++)
		if (gids->items[i] == gid)
			return;
	if (gids->len < GROUPS_MAX)
		*VEC_ADD(gids) = gid;
}

static void add_groups_of(struct span name, struct span groups, struct gids *gids)
{
	struct span line;

	while (groups.len) {
		struct entry entry = { .gid = 0 };

		(void)span_cut(&groups, '\n', &line);
		if (parse_group(span_trim(line), &entry) && is_member(entry.members, name))
			add_gid(gids, (gid_t)entry.gid);
	}
}

static int explain_unknown(const char *what, struct span name, const char *file, struct err *err)
{
	unsigned long long number = 0;

	(void)err_set(err, ERR_INPUT, "%s '%.*s' is not in the image's %s", what, SPAN_FMT(name),
		      file);
	if (span_to_u64(name, UINT64_MAX, &number))
		return err_hint(err, "as a number it can be at most %llu", ID_LIMIT);
	return err_hint(err, "create it in an earlier RUN, or name it by number");
}

static int resolve_user(struct span word, struct span passwd, struct entry *ret, bool *ret_known,
			struct err *err)
{
	unsigned long long uid = 0;
	bool is_number = !word.len || span_to_u64(word, ID_LIMIT, &uid);

	*ret_known = find_user(passwd, is_number ? (struct span){ NULL, 0 } : word, uid, ret);
	if (*ret_known)
		return 0;
	*ret = (struct entry){ .uid = uid };
	return is_number ? 0 : explain_unknown("user", word, "/etc/passwd", err);
}

static int resolve_group(struct span word, struct span groups, unsigned long long *ret,
			 struct err *err)
{
	if (span_to_u64(word, ID_LIMIT, ret) || find_group(groups, word, ret))
		return 0;
	return explain_unknown("group", word, "/etc/group", err);
}

int account_resolve(const char *user, struct span passwd, struct span group, struct account *ret,
		    struct err *err)
{
	struct span rest = span_of(user ? user : "");
	struct span user_word;
	struct entry entry = { .uid = 0 };
	struct gids gids = { .items = NULL };
	unsigned long long gid = 0;
	bool known = false;

	(void)span_cut(&rest, ':', &user_word);
	if (resolve_user(user_word, passwd, &entry, &known, err) < 0)
		return -1;
	gid = known ? entry.gid : 0;
	if (rest.len && resolve_group(rest, group, &gid, err) < 0)
		return -1;
	add_gid(&gids, (gid_t)gid);
	if (!rest.len && known)
		add_groups_of(entry.name, group, &gids);
	*ret = (struct account){
		.uid = (uid_t)entry.uid,
		.gid = (gid_t)gid,
		.groups = gids.items,
		.group_count = gids.len,
		.home = known && entry.home.len ? span_dup(entry.home) : xstrdup("/"),
	};
	return 0;
}

/* A file that is not there is empty. */
static int read_table(int root_fd, const char *path, struct str *ret, struct err *err)
{
	AUTO(err_release) struct err open_err = ERR_INIT;
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	/* O_NONBLOCK: an image may have a fifo there. */
	if (fd_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK, 0, &fd, &open_err) < 0) {
		if (open_err.errnum == ENOENT || open_err.errnum == ENOTDIR)
			return 0;
		err_move(err, &open_err);
		return -1;
	}
	if (fstat(fd, &st) < 0)
		return err_errno(err, "look at the image's '/%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "the image's '/%s' is not a regular file", path);
	return fd_read_to_str(fd, ret, LIMIT_PASSWD, path, err);
}

int account_find(int root_fd, const char *user, struct account *ret, struct err *err)
{
	AUTO(str_release) struct str passwd = STR_INIT;
	AUTO(str_release) struct str group = STR_INIT;

	if (read_table(root_fd, "etc/passwd", &passwd, err) < 0 ||
	    read_table(root_fd, "etc/group", &group, err) < 0)
		return -1;
	return account_resolve(user, str_span(&passwd), str_span(&group), ret, err);
}
