#include "release_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"

#define DIR_NAME   "releases"
#define FILE_LIMIT ((size_t)1 << 20)
/* Of each kind, the newest: nobody completes his way through more. */
#define NAMES_MAX 500

static const char release_word[] = "release ", channel_word[] = "channel ";

void release_memory_release(struct release_memory *memory)
{
	strvec_release(&memory->releases);
	strvec_release(&memory->channels);
}

/* The caller frees; NULL = there is no place for it. */
static char *find_path(const struct image_ref *repository)
{
	AUTO(freep)
	char *name = xasprintf("%s/%s", repository->host, repository->repository);
	AUTO(freep) char *home = NULL;
	struct digest digest;

	if (fs_cache_home(&home, NULL) < 0)
		return NULL;
	digest_of(name, strlen(name), &digest);
	return xasprintf("%s/" DIR_NAME "/%s", home, digest_hex(&digest));
}

/* --- the names --- */

/* What a shell is to insert: nothing that it, or a terminal, could take for more than a name. */
static void add_name(struct strvec *names, const char *name)
{
	if (names->len < NAMES_MAX && release_check_name(name, "name", NULL) == 0 &&
	    !strvec_contains(names, name))
		strvec_add(names, name);
}

static void take_line(struct span line, struct release_memory *ret)
{
	AUTO(freep) char *text = span_dup(line);

	if (str_has_prefix(text, release_word))
		add_name(&ret->releases, text + strlen(release_word));
	else if (str_has_prefix(text, channel_word))
		add_name(&ret->channels, text + strlen(channel_word));
}

static void read_file(const char *path, struct str *text, struct release_memory *ret)
{
	struct span rest, line;

	if (fs_read_file(AT_FDCWD, path, FILE_LIMIT, text, NULL) < 0)
		return;
	rest = str_span(text);
	while (span_cut(&rest, '\n', &line))
		take_line(line, ret);
}

void release_memory_read(const struct image_ref *repository, struct release_memory *ret)
{
	AUTO(freep) char *path = find_path(repository);
	AUTO(str_release) struct str text = STR_INIT;

	if (path)
		read_file(path, &text, ret);
}

/* --- the file --- */

/* What the file says, and what it is to say. */
struct change {
	char *path;
	struct str text;
	struct release_memory before, after;
};

#define CHANGE_INIT                                                                           \
	{                                                                                     \
		.text = STR_INIT, .before = RELEASE_MEMORY_INIT, .after = RELEASE_MEMORY_INIT \
	}

static void change_release(struct change *change)
{
	free(change->path);
	str_release(&change->text);
	release_memory_release(&change->before);
	release_memory_release(&change->after);
}

/* False when there is no place for it. */
static bool begin(const struct image_ref *repository, struct change *ret)
{
	ret->path = find_path(repository);
	if (ret->path)
		read_file(ret->path, &ret->text, &ret->before);
	return ret->path != NULL;
}

/* Unless it says so already: most commands see nothing new, and need not wait for the disk. */
static void finish(const struct change *change)
{
	AUTO(freep) char *dir = path_dir(change->path);
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(name, &change->after.releases)
		str_addf(&text, "%s%s\n", release_word, *name);
	VEC_FOREACH(name, &change->after.channels)
		str_addf(&text, "%s%s\n", channel_word, *name);
	if (str_eq(text.ptr, change->text.ptr))
		return;
	if (fs_mkdir_all(AT_FDCWD, dir, 0700, NULL) == 0)
		(void)!fs_write_file_atomic(AT_FDCWD, change->path, text.ptr, text.len, 0600, NULL);
}

void release_memory_keep(const struct image_ref *repository, const struct catalogue *catalogue)
{
	AUTO(change_release) struct change change = CHANGE_INIT;

	if (!begin(repository, &change))
		return;
	VEC_FOREACH(published, catalogue) {
		add_name(&change.after.releases, published->release.version);
		VEC_FOREACH(channel, &published->channels)
			add_name(&change.after.channels, *channel);
	}
	finish(&change);
}

static void add_all_but(struct strvec *names, const struct strvec *old, const char *left_out)
{
	VEC_FOREACH(name, old) {
		if (!str_eq(*name, left_out))
			add_name(names, *name);
	}
}

void release_memory_forget(const struct image_ref *repository, const char *release)
{
	AUTO(change_release) struct change change = CHANGE_INIT;

	if (!begin(repository, &change))
		return;
	add_all_but(&change.after.releases, &change.before.releases, release);
	add_all_but(&change.after.channels, &change.before.channels, NULL);
	finish(&change);
}

void release_memory_add(const struct image_ref *repository, const char *release,
			const char *channel)
{
	AUTO(change_release) struct change change = CHANGE_INIT;

	if (!begin(repository, &change))
		return;
	if (release)
		add_name(&change.after.releases, release);
	if (channel)
		add_name(&change.after.channels, channel);
	add_all_but(&change.after.releases, &change.before.releases, NULL);
	add_all_but(&change.after.channels, &change.before.channels, NULL);
	finish(&change);
}
