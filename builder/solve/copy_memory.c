#include "copy_memory.h"

#include <string.h>

#include "base/str.h"
#include "image/digest.h"
#include "key.h"

#define MEMORY_SPACE "copy"
#define FLUSH_SIZE   ((size_t)32 * 1024)

/* Whatever can differ when a file does; it is hashed as it lies in memory, for this machine alone. */
struct stat_data {
	uint64_t mode, dev, ino, size, rdev;
	int64_t mtime[2], ctime[2];
};

/* A text on its way into a digest: 13,000 files make more than a megabyte. */
struct stat_text {
	struct str text;
	struct hasher *hasher;
};

static void flush(struct stat_text *text)
{
	hasher_update(text->hasher, text->text.ptr, text->text.len);
	str_clear(&text->text);
}

/* A directory counts by its mode and by what is selected of it: its times also tell of files that are not. */
static void add_node(struct stat_text *text, const char *path, const struct tree_node *node)
{
	const struct stat *st = &node->st;
	struct stat_data data = { .mode = st->st_mode };

	if (!S_ISDIR(st->st_mode)) {
		data.dev = st->st_dev;
		data.ino = st->st_ino;
		data.size = (uint64_t)st->st_size;
		data.rdev = st->st_rdev;
		data.mtime[0] = st->st_mtim.tv_sec;
		data.mtime[1] = st->st_mtim.tv_nsec;
		data.ctime[0] = st->st_ctim.tv_sec;
		data.ctime[1] = st->st_ctim.tv_nsec;
	}
	str_addn(&text->text, path, strlen(path) + 1);
	str_addn(&text->text, (const char *)&data, sizeof(data));
	if (text->text.len >= FLUSH_SIZE)
		flush(text);
}

static void digest_stats(const struct selection *selection, const struct str *options,
			 struct digest *ret)
{
	AUTO(hasher_freep) struct hasher *hasher = hasher_new(DIGEST_SHA256);
	struct stat_text text = { .text = STR_INIT, .hasher = hasher };

	hasher_update(hasher, options->ptr, options->len + 1);
	VEC_FOREACH(source, selection) {
		str_addn(&text.text, "source", sizeof("source"));
		if (source->node)
			add_node(&text, source->name, source->node);
		VEC_FOREACH(item, &source->items)
			add_node(&text, item->path, item->node);
	}
	flush(&text);
	hasher_finish(hasher, ret);
	str_release(&text.text);
}

/* What is fetched is known by more than its address; heredocs are small. */
static bool selects_files(const struct selection *selection)
{
	VEC_FOREACH(source, selection) {
		if (source->argument->text || source->argument->remote)
			return false;
	}
	return true;
}

void copy_memory_look(const struct vertex *vertex, const struct selection *selection,
		      struct copy_memory *ret)
{
	const struct copy_vertex *copy = &vertex->copy;
	const struct hash_cache *hashes =
		selection ? vertex_files(vertex, copy->files)->hashes : NULL;
	const struct reading reading = { .copy = copy };
	AUTO(str_release) struct str text = STR_INIT;

	*ret = (struct copy_memory){ .applies = hashes && selects_files(selection) };
	if (!ret->applies)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &ret->looked_at); /* cannot fail for this clock */
	key_describe_options(vertex, &text);
	digest_stats(selection, &text, &ret->stats);
	reading_describe(&reading, &text);
	str_add(&text, hashes->name);
	digest_of(text.ptr, text.len, &ret->name);
}

/* "STATS OWN", in hex alone: `prune` takes a text like "sha256:..." for the name of a blob that the record needs. */
static bool parse(const struct str *text, const struct copy_memory *memory, struct digest *ret_own)
{
	struct span rest = str_span(text), stats;
	AUTO(str_release) struct str own = STR_INIT;

	if (!span_cut(&rest, ' ', &stats) || !span_eq(stats, digest_hex(&memory->stats)))
		return false;
	str_addf(&own, "sha256:%s", rest.ptr);
	return digest_parse(own.ptr, ret_own, NULL) == 0;
}

int copy_memory_recall(const struct copy_memory *memory, struct solver *solver,
		       struct digest *ret_own, bool *ret_found, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	*ret_found = false;
	if (!memory->applies)
		return 0;
	if (store_cache_get(solver->store, MEMORY_SPACE, memory->name.text, &text, ret_found, err) <
	    0)
		return -1;
	*ret_found = *ret_found && parse(&text, memory, ret_own);
	return 0;
}

static bool is_settled(const struct tree_node *node, const struct timespec *looked_at)
{
	if (S_ISREG(node->st.st_mode))
		return node->hash_lasts;
	return !S_ISLNK(node->st.st_mode) || !stat_is_racy(&node->st, looked_at);
}

static bool are_settled(const struct selection *selection, const struct timespec *looked_at)
{
	VEC_FOREACH(source, selection) {
		if (source->node && !is_settled(source->node, looked_at))
			return false;
		VEC_FOREACH(item, &source->items) {
			if (!is_settled(item->node, looked_at))
				return false;
		}
	}
	return true;
}

int copy_memory_put(const struct copy_memory *memory, struct solver *solver,
		    const struct vertex *vertex, const struct selection *selection, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!memory->applies || !are_settled(selection, &memory->looked_at))
		return 0;
	str_addf(&text, "%s %s", digest_hex(&memory->stats), digest_hex(&vertex->own));
	return store_cache_put(solver->store, MEMORY_SPACE, memory->name.text, text.ptr, err);
}
