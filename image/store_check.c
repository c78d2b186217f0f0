#include "image/store_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "image/inventory.h"
#include "image/prune.h"
#include "store_private.h"

#define READ_SIZE ((size_t)256 * 1024)

struct checking {
	struct store *store;
	bool repair;
	const struct monitor *monitor;
	struct store_inventory inventory;
	struct strmap blobs; /* that are there and sound */
	struct store_findings *ret;
};

void store_findings_release(struct store_findings *findings)
{
	VEC_FOREACH(finding, findings) {
		free(finding->text);
		free(finding->remedy);
	}
	free(findings->items);
	*findings = (struct store_findings){ .items = NULL };
}

/* Takes both texts. */
static struct store_finding *add(struct checking *c, bool is_damage, char *owned_text,
				 char *owned_remedy)
{
	struct store_finding *finding = VEC_ADD(c->ret);

	*finding = (struct store_finding){ .is_damage = is_damage,
					   .text = owned_text,
					   .remedy = owned_remedy };
	return finding;
}

static char *repair_remedy(void)
{
	return xstrdup("'edgectl doctor --store --repair' removes it; the next build or pull makes "
		       "it anew");
}

/* --- database --- */

static int check_database(struct checking *c, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&c->store->db);
	AUTO(str_release) struct str problem = STR_INIT;

	if (db_check(db, &problem, err) < 0)
		return -1;
	if (problem.len > 0)
		add(c, true, xasprintf("the database is damaged: %s", problem.ptr),
		    xasprintf("remove '%s*': the blobs stay, tags and the build cache start anew",
			      db->path));
	return 0;
}

/* --- blobs --- */

static int hash_blob(struct checking *c, const struct store_item *item, struct digest *ret,
		     struct err *err)
{
	AUTO(hasher_freep) struct hasher *hasher = hasher_new(digest_algorithm_of(&item->digest));
	AUTO(freep) char *buffer = xmalloc(READ_SIZE);
	AUTO(fd_closep) int fd = -1;
	ssize_t n;

	if (fd_open(c->store->fd, item->path, O_RDONLY | O_NOFOLLOW | O_NOATIME, 0, &fd, err) < 0)
		return -1;
	while ((n = fd_read_full(fd, buffer, READ_SIZE, item->path, err)) > 0) {
		hasher_update(hasher, buffer, (size_t)n);
		if (monitor_check(c->monitor, err) < 0)
			return -1;
	}
	hasher_finish(hasher, ret);
	return n < 0 ? -1 : 0;
}

static int remove_blob(struct checking *c, const struct store_item *item, struct err *err)
{
	if (unlinkat(c->store->fd, item->path, 0) < 0 && errno != ENOENT)
		return err_errno(err, "remove '%s/%s'", c->store->root, item->path);
	return 0;
}

static int check_blob(struct checking *c, const struct store_item *item, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;
	struct digest actual = { .text = "" };
	struct store_finding *finding;
	int result = hash_blob(c, item, &actual, &problem);

	if (result == 0 && digest_equal(&actual, &item->digest)) {
		strmap_set(&c->blobs, item->digest.text, NULL);
		return 0;
	}
	if (problem.kind == ERR_CANCELLED) {
		err_move(err, &problem);
		return -1;
	}
	if (problem.kind == ERR_NOT_FOUND)
		return 0; /* another process has removed it */
	finding = add(c, true,
		      result < 0 ? xasprintf("blob %s cannot be read: %s", item->digest.text,
					     problem.message)
				 : xasprintf("blob %s is damaged: its content is %s",
					     item->digest.text, actual.text),
		      repair_remedy());
	if (!c->repair)
		return 0;
	if (remove_blob(c, item, err) < 0)
		return -1;
	finding->is_repaired = true;
	return 0;
}

static int check_blobs(struct checking *c, struct err *err)
{
	VEC_FOREACH(item, &c->inventory.items) {
		if (item->kind == STORE_BLOB && check_blob(c, item, err) < 0)
			return -1;
	}
	return 0;
}

/* --- images --- */

static void check_layers(struct checking *c, const struct stored_image *image)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	size_t missing = 0;

	if (store_read_blob(c->store, &image->target.digest, LIMIT_MANIFEST, &text, NULL) < 0 ||
	    manifest_parse(str_span(&text), image->target.media_type, &manifest, NULL) < 0) {
		add(c, true, xasprintf("image '%s' has no manifest that can be read", image->name),
		    xstrdup("pull or build it again"));
		return;
	}
	VEC_FOREACH(layer, &manifest.layers)
		missing += !strmap_has(&c->blobs, layer->digest.text);
	if (missing > 0)
		add(c, false,
		    xasprintf("image '%s': %zu of %zu layers are not in the store", image->name,
			      missing, manifest.layers.len),
		    xstrdup("a build fetches them when it needs them; 'edgectl pull' does so at "
			    "once"));
}

/* A base image may be known by its manifest alone, and an index without the members that nobody asked for. */
static int check_images(struct checking *c, struct err *err)
{
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };

	if (store_list(c->store, &images, err) < 0)
		return -1;
	VEC_FOREACH(image, &images) {
		if (!strmap_has(&c->blobs, image->target.digest.text))
			add(c, true,
			    xasprintf("image '%s' has no manifest: %s is missing", image->name,
				      image->target.digest.text),
			    xstrdup("pull or build it again"));
		else if (media_type_is_manifest(image->target.media_type))
			check_layers(c, image);
	}
	return 0;
}

/* --- snapshots --- */

static int forget_snapshot(struct checking *c, int64_t id, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&c->store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_SNAPSHOT_DELETE, err);

	if (!query)
		return -1;
	db_bind_int(query, 1, id);
	return db_run(db, query, err);
}

static int check_snapshot(struct checking *c, const struct store_item *item, struct err *err)
{
	AUTO(freep) char *fs = xasprintf("%s/fs", item->path);
	struct store_finding *finding;

	if (item->kind != STORE_SNAPSHOT || fs_exists(c->store->fd, fs))
		return 0;
	finding = add(c, true, xasprintf("'%s', unpacked from %s, is gone", fs, item->digest.text),
		      repair_remedy());
	if (!c->repair)
		return 0;
	if (forget_snapshot(c, item->snapshot, err) < 0)
		return -1;
	finding->is_repaired = true;
	return 0;
}

static int check_snapshots(struct checking *c, struct err *err)
{
	VEC_FOREACH(item, &c->inventory.items) {
		if (check_snapshot(c, item, err) < 0)
			return -1;
	}
	return 0;
}

/* --- leftovers --- */

static int remove_leftovers(struct checking *c, struct err *err)
{
	struct prune_request request = PRUNE_REQUEST_INIT;
	struct prune_result result;
	int status;

	request.kinds = 1U << STORE_LEFTOVER;
	status = store_prune(c->store, &request, c->monitor, &result, err);
	prune_result_release(&result);
	return status;
}

static int check_leftovers(struct checking *c, struct err *err)
{
	struct store_finding *finding;
	uint64_t bytes = 0;
	size_t count = 0;

	VEC_FOREACH(item, &c->inventory.items) {
		if (item->kind != STORE_LEFTOVER || item->in_use)
			continue;
		bytes += item->bytes;
		count++;
	}
	if (count == 0)
		return 0;
	finding = add(c, false,
		      xasprintf("%zu leftover%s of interrupted work, %llu bytes", count,
				count == 1 ? "" : "s", (unsigned long long)bytes),
		      xstrdup("'edgectl prune' removes what is not needed"));
	if (!c->repair)
		return 0;
	finding->is_repaired = true;
	return remove_leftovers(c, err);
}

static int check(struct checking *c, struct err *err)
{
	if (check_database(c, err) < 0 ||
	    store_inventory_take(c->store, true, c->monitor, &c->inventory, err) < 0)
		return -1;
	return check_blobs(c, err) < 0 || check_images(c, err) < 0 || check_snapshots(c, err) < 0 ||
			       check_leftovers(c, err) < 0
		       ? -1
		       : 0;
}

int store_check(struct store *store, bool repair, const struct monitor *monitor,
		struct store_findings *ret, struct err *err)
{
	struct checking c = { .store = store, .repair = repair, .monitor = monitor, .ret = ret };
	int result = check(&c, err);

	store_inventory_release(&c.inventory);
	strmap_release(&c.blobs);
	return result;
}
