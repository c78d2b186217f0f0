#include "solve/step_volume.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/str.h"
#include "context/directory.h"
#include "selection.h"

/* Names, modes, links and content of a directory, or of the file `name` in it. */
static int describe_files(const char *dir, const char *name, struct hash_cache *hashes,
			  const struct monitor *monitor, struct str *ret, struct err *err)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	AUTO(freep) char *path = xstrdup(name);
	struct copy_argument argument = { .path = path };
	struct copy_vertex copy = { .arguments = { .items = &argument, .len = 1 } };

	if (directory_tree_open(dir, NULL, &tree, err) < 0 ||
	    selection_make(tree, &copy, NULL, monitor, &selection, err) < 0)
		return -1;
	return selection_describe(&selection, true, hashes, ret, err);
}

static int digest_files(const char *source, struct store *store, const struct monitor *monitor,
			struct digest *ret, struct err *err)
{
	AUTO(hash_cache_release) struct hash_cache hashes = { .store = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *dir = path_dir(source);
	struct stat st;

	hash_cache_init(&hashes, store, source);
	if (stat(source, &st) < 0)
		return err_errno(err, "'%s'", source);
	if ((S_ISDIR(st.st_mode)
		     ? describe_files(source, "/", &hashes, monitor, &text, err)
		     : describe_files(dir, path_base(source), &hashes, monitor, &text, err)) < 0)
		return -1;
	digest_of(text.ptr, text.len, ret);
	return hash_cache_save(&hashes, err);
}

static char *place_of(const char *source, const char *context_dir)
{
	if (context_dir && path_is_within(source, context_dir))
		return xasprintf("context:%s", source + strlen(context_dir));
	return xstrdup(source);
}

int step_volumes_add(struct step_volumes *volumes, const struct sandbox_mount *mount,
		     enum volume_cache cache, const char *context_dir, struct store *store,
		     const struct monitor *monitor, struct err *err)
{
	struct digest digest = { .text = "" };
	struct step_volume *volume;

	if (cache == VOLUME_BY_CONTENT &&
	    digest_files(mount->source, store, monitor, &digest, err) < 0)
		return err_wrap(err, "volume '%s'", mount->source);
	volume = VEC_ADD(volumes);
	volume->mount = *mount;
	volume->cache = cache;
	volume->identity = cache == VOLUME_BY_CONTENT ? xstrdup(digest.text)
						      : place_of(mount->source, context_dir);
	return 0;
}

void step_volumes_release(struct step_volumes *volumes)
{
	VEC_FOREACH(volume, volumes)
		free(volume->identity);
	free(volumes->items);
	*volumes = (struct step_volumes){ .items = NULL };
}
