#include "accounts.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/str.h"

#define ID_MAX 4294967294ULL /* (uid_t)-1 means "leave as it is" to chown(2) */

static bool parse_id(struct span text, unsigned *ret)
{
	unsigned long long value;

	if (!span_to_u64(text, ID_MAX, &value))
		return false;
	*ret = (unsigned)value;
	return true;
}

static int read_database(struct tree *root, const char *path, struct str *ret, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct tree_node *node = NULL;

	if (!root)
		return 0;
	if (tree_resolve(root, path, &node, err) < 0)
		return err_wrap(err, "accounts of the image");
	if (!node || !S_ISREG(node->st.st_mode))
		return 0;
	if (tree_open(root, node, &fd, err) < 0 ||
	    fd_read_to_str(fd, ret, LIMIT_PASSWD, path, err) < 0)
		return err_wrap(err, "read '%s' of the image", path);
	return 0;
}

/* Field number `index` (from 0) of the line whose first field is `name`. */
static bool find_field(const struct str *database, struct span name, unsigned index,
		       struct span *ret)
{
	struct span rest = str_span(database), line, field;

	while (rest.len > 0) {
		(void)span_cut(&rest, '\n', &line);
		(void)span_cut(&line, ':', &field);
		if (field.len != name.len || memcmp(field.ptr, name.ptr, name.len) != 0)
			continue;
		for (unsigned i = 0; i < index; i++)
			(void)span_cut(&line, ':', &field);
		*ret = field;
		return true;
	}
	return false;
}

static int resolve_user(struct tree *root, struct span user, struct owner *ret, struct err *err)
{
	AUTO(str_release) struct str passwd = STR_INIT;
	struct span field;

	if (parse_id(user, &ret->uid)) {
		ret->gid = ret->uid;
		return 0;
	}
	if (read_database(root, "etc/passwd", &passwd, err) < 0)
		return -1;
	if (find_field(&passwd, user, 2, &field))
		(void)parse_id(field, &ret->uid); /* a damaged entry leaves 0 */
	if (find_field(&passwd, user, 3, &field))
		(void)parse_id(field, &ret->gid);
	return 0;
}

static int resolve_group(struct tree *root, struct span group, struct owner *ret, struct err *err)
{
	AUTO(str_release) struct str groups = STR_INIT;
	struct span field;

	ret->gid = 0;
	if (parse_id(group, &ret->gid))
		return 0;
	if (read_database(root, "etc/group", &groups, err) < 0)
		return -1;
	if (find_field(&groups, group, 2, &field))
		(void)parse_id(field, &ret->gid); /* a damaged entry leaves 0 */
	return 0;
}

int accounts_resolve(struct tree *root, const char *text, struct owner *ret, struct err *err)
{
	struct owner owner = { .uid = 0 };
	struct span group = span_of(text), user;
	bool has_group = span_cut(&group, ':', &user);

	if (resolve_user(root, user, &owner, err) < 0)
		return -1;
	if (has_group && resolve_group(root, group, &owner, err) < 0)
		return -1;
	*ret = owner;
	return 0;
}
