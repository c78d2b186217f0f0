/* What COPY and ADD are given, once its variables are known. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dockerfile/mode_change.h"
#include "linting.h"

void lint_mode(struct linting *linting, struct word place, const char *value)
{
	AUTO(mode_change_freep) struct mode_change *change = NULL;
	AUTO(err_release) struct err err = ERR_INIT;

	if (*value && mode_change_parse(value, &change, &err) < 0)
		lint_error(linting, place, &err);
}

/* (uid_t)-1 means "leave as it is" to chown(2). */
static bool is_too_large(struct span text)
{
	unsigned long long number;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	}
	return text.len > 0 && !span_to_u64(text, UINT32_MAX - 1, &number);
}

/* Peers take anything, and look for accounts that no image can have. */
void lint_owner(struct linting *linting, struct word place, const char *value)
{
	struct span group = span_of(value), user;
	bool has_group = span_cut(&group, ':', &user);

	if (!*value)
		return;
	if (is_too_large(user) || is_too_large(group))
		lint_add_slip(linting, place, xstrdup("ids are numbers up to 4294967294"),
			      "--chown: this is not the number of a user or group");
	else if (user.len == 0)
		lint_add_slip(linting, place, xasprintf("write 0%s for root", value),
			      "--chown names no user, so the files belong to root");
	else if (has_group && memchr(group.ptr, ':', group.len))
		lint_add_slip(linting, place, xstrdup("write USER:GROUP"),
			      "--chown has more than one ':'");
	else if (strpbrk(value, " \t,/"))
		lint_add_slip(linting, place, xstrdup("write USER:GROUP, names or numbers"),
			      "--chown: no user or group is called that");
}

void lint_source(struct linting *linting, const struct instruction *instruction, struct word place,
		 const char *path, const char *checksum)
{
	const struct lint_request *request = linting->request;
	AUTO(err_release) struct err err = ERR_INIT;

	if (request->check_source && request->check_source(instruction, path, checksum, &err) < 0)
		lint_error(linting, place, &err);
}
