#include "release_source.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "context/git_worktree.h"

#define HEX_LEN 12

/*
 * The year's first moment: a checkout gives files the time at which it was made, and a commit's time would change all
 * layers with every release.
 */
static int64_t first_of_year(int64_t moment)
{
	time_t when = (time_t)moment;
	struct tm tm;

	if (!gmtime_r(&when, &tm))
		return -1;
	tm = (struct tm){ .tm_year = tm.tm_year, .tm_mday = 1 };
	return (int64_t)timegm(&tm);
}

int release_source_find(struct release_source *ret, struct err *err)
{
	AUTO(git_worktree_release) struct git_worktree worktree = GIT_WORKTREE_INIT;
	AUTO(git_head_release) struct git_head head = GIT_HEAD_INIT;

	if (git_worktree_find(".", &worktree, err) < 0)
		return -1;
	if (!worktree.revision[0])
		return 0;
	if (git_head_find(".", &head, err) < 0)
		return -1;
	ret->revision = xstrdup(worktree.revision);
	ret->is_dirty = worktree.is_dirty;
	ret->name = TAKE(head.name);
	ret->author = TAKE(head.author);
	ret->time = worktree.is_dirty ? -1 : head.time;
	ret->epoch = first_of_year(head.time);
	return 0;
}

void release_source_release(struct release_source *source)
{
	free(source->revision);
	free(source->name);
	free(source->author);
	*source = (struct release_source)RELEASE_SOURCE_INIT;
}

/* "feature/x-3-g0123": a tag of git is more than one of a registry. */
static char *as_tag(const char *name)
{
	char *tag = xstrdup(name);

	for (char *c = tag; *c; c++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-",
			    *c))
			*c = '-';
	}
	if (*tag == '.' || *tag == '-')
		*tag = '_';
	return tag;
}

static char *make_version(const struct release_source *source, const struct release *release)
{
	AUTO(freep) char *name = source->name ? as_tag(source->name) : NULL;
	struct digest content;

	if (name && !source->is_dirty)
		return TAKE(name);
	digest_of(release->compose.ptr, release->compose.len, &content);
	return xasprintf("%s%s%.*s", name ? name : "", name ? "-dirty." : "", HEX_LEN,
			 digest_hex(&content));
}

void release_source_fill(const struct release_source *source, struct release *release)
{
	char created[32];

	release->revision = xstrdup_or_null(source->revision);
	release->author = xstrdup_or_null(source->author);
	release->is_dirty = source->is_dirty;
	if (source->time >= 0)
		release->created = xstrdup(rfc3339_format((time_t)source->time, created));
	if (!release->version)
		release->version = make_version(source, release);
}
