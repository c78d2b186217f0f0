#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "doctor/check.h"
#include "sandbox/identity.h"

#define IDS_FIRST 100000 /* as useradd(8) has it */
#define IDS_USUAL 65536  /* what useradd(8) gives, and what images expect */
#define WITHOUT   "without it only files of one owner can be made, and many images fail to build"

/* --- newuidmap and newgidmap --- */

static bool is_privileged(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	return ((st.st_mode & S_ISUID) && st.st_uid == 0) ||
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

static bool is_on_nosuid(const char *path)
{
	struct statvfs disk;

	return statvfs(path, &disk) == 0 && (disk.f_flag & ST_NOSUID);
}

static void look_at_program(const struct check *check, const char *name, struct findings *ret)
{
	AUTO(freep) char *path = fs_find_program(name);

	if (!path)
		findings_add(ret, FINDING_WARNING, check->name, "sudo apt-get install uidmap",
			     "%s is not installed: " WITHOUT, name);
	else if (!is_privileged(path))
		findings_add(ret, FINDING_WARNING, check->name,
			     "sudo apt-get install --reinstall uidmap",
			     "'%s' is neither set-user-ID root nor has a capability: " WITHOUT,
			     path);
	else if (is_on_nosuid(path))
		findings_add(ret, FINDING_WARNING, check->name,
			     "mount that file system without nosuid",
			     "'%s' is on a file system that is mounted nosuid: " WITHOUT, path);
	else
		findings_add(ret, FINDING_GOOD, check->name, NULL, "%s: '%s'", name, path);
}

static void look_at_privileges(const struct check *check, struct findings *ret)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		findings_add(
			ret, FINDING_WARNING, check->name,
			"in a container: start it without --security-opt no-new-privileges",
			"this process may gain no privileges (no_new_privs), so newuidmap cannot "
			"work: " WITHOUT);
}

/* --- ranges --- */

/* Behind all ranges of NAME:START:COUNT lines, subuid(5): two users with the same ids could use each other's files. */
static unsigned long long first_free(const char *file)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, line, word, start;
	unsigned long long free_id = IDS_FIRST, first = 0, count = 0;

	if (fs_read_file(AT_FDCWD, file, LIMIT_PASSWD, &text, NULL) < 0)
		return free_id;
	rest = str_span(&text);
	for (bool more = true; more;) {
		more = span_cut(&rest, '\n', &line);
		(void)span_cut(&line, ':', &word);
		(void)span_cut(&line, ':', &start);
		if (span_to_u64(start, UINT32_MAX, &first) &&
		    span_to_u64(span_trim(line), UINT32_MAX, &count) && first + count > free_id)
			free_id = first + count;
	}
	return free_id;
}

static void look_at_range(const struct check *check, const char *file, const char *option,
			  const char *user, unsigned long count, struct findings *ret)
{
	unsigned long long first = first_free(file);
	AUTO(freep)
	char *remedy = xasprintf("sudo usermod --add-%ss %llu-%llu %s", option, first,
				 first + IDS_USUAL - 1, user);

	if (count == 0)
		findings_add(ret, FINDING_WARNING, check->name, remedy,
			     "user '%s' has no range in %s: " WITHOUT, user, file);
	else if (count < IDS_USUAL)
		findings_add(ret, FINDING_WARNING, check->name, remedy,
			     "user '%s' has %lu ids in %s; images have files of owners up to %d",
			     user, count, file, IDS_USUAL - 1);
	else
		findings_add(ret, FINDING_GOOD, check->name, NULL, "%s: %lu ids for user '%s'",
			     file, count, user);
}

static int run_ids(const struct check *check, const struct check_context *context,
		   struct findings *ret, struct err *err)
{
	AUTO(subordinate_ids_release) struct subordinate_ids ids = { .user = NULL };

	(void)context;
	(void)err;
	if (geteuid() == 0) {
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "root needs no ranges of /etc/subuid");
		return 0;
	}
	look_at_program(check, "newuidmap", ret);
	look_at_program(check, "newgidmap", ret);
	look_at_privileges(check, ret);
	subordinate_ids_find(&ids);
	look_at_range(check, "/etc/subuid", "subuid", ids.user, ids.uids, ret);
	look_at_range(check, "/etc/subgid", "subgid", ids.user, ids.gids, ret);
	return 0;
}

extern const struct check check_ids;
const struct check check_ids = {
	.name = "ids",
	.title = "User and group ids",
	.run = run_ids,
};
