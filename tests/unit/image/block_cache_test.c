#include "database_unit.h"

#define FILES     60
#define FILE_SIZE 30000

/* Text that compresses, not all alike. */
static void fill(char *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245U + 12345U;
		data[i] = "the quick brown fox"[(seed >> 16) % 19];
	}
}

/* A layer of many files; `changed` is another than usual and longer, -1 = none. */
static struct digest write_layer(struct store *store, int changed, enum compression compression)
{
	const struct layer_options options = { .compression = compression, .clamp_mtime = -1 };
	AUTO(layer_writer_freep) struct layer_writer *w = layer_writer_new(store, &options, &err_);
	AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };
	static char data[FILE_SIZE + 700];

	assert_non_null(w);
	for (int i = 0; i < FILES; i++) {
		AUTO(freep) char *path = xasprintf("file-%d", i);
		struct layer_entry e = entry_of(LAYER_FILE, path);

		e.size = i == changed ? sizeof(data) : FILE_SIZE;
		fill(data, e.size, i == changed ? 1000 : (unsigned)i);
		assert_ok(layer_writer_sink(w)->entry(layer_writer_sink(w), &e, &err_));
		assert_ok(layer_writer_sink(w)->data(layer_writer_sink(w), data, e.size, &err_));
	}
	assert_ok(layer_writer_finish(w, &layer, &err_));
	return layer.blob.digest;
}

/* What the same layer is in a store that knows no blocks. */
static struct digest write_afresh(int changed, enum compression compression)
{
	AUTO(store_closep) struct store *fresh = NULL;
	struct digest digest;

	assert_ok(store_open("fresh", &fresh, &err_));
	digest = write_layer(fresh, changed, compression);
	shell("rm -r fresh");
	return digest;
}

static int64_t number(const char *query)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int64_t value;

	assert_int_equal(sqlite3_open("store/edgectl.db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

static void copies_have_the_same_bytes(void **state)
{
	(void)state;
	static const enum compression forms[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct digest first = write_layer(store_, -1, forms[i]);
		struct digest second = write_layer(store_, 3, forms[i]);
		struct digest expect = write_afresh(3, forms[i]);

		assert_string_not_equal(first.text, second.text);
		assert_string_equal(second.text, expect.text);
	}
}

/* Behind a file that has become longer, blocks are soon the same again. */
static void most_blocks_are_known(void **state)
{
	(void)state;
	int64_t all, added;

	(void)write_layer(store_, -1, COMPRESSION_GZIP);
	all = number("SELECT count(*) FROM blocks");
	(void)write_layer(store_, 3, COMPRESSION_GZIP);
	added = number("SELECT count(*) FROM blocks") - all;
	assert_true(all >= 4);
	assert_true(added >= 1 && added <= all / 2);
}

/* A blob that the disk has spoilt does not spoil the next one. */
static void damage_does_not_spread(void **state)
{
	(void)state;
	struct digest first = write_layer(store_, -1, COMPRESSION_GZIP), second, expect;
	AUTO(freep)
	char *line = xasprintf("tr '\\000-\\177' '\\001-\\177\\000' <store/blobs/sha256/%s >x &&"
			       " cat x >store/blobs/sha256/%s",
			       digest_hex(&first), digest_hex(&first));

	shell(line);
	second = write_layer(store_, 3, COMPRESSION_GZIP);
	expect = write_afresh(3, COMPRESSION_GZIP);
	assert_string_equal(second.text, expect.text);
}

static void a_blob_that_is_gone(void **state)
{
	(void)state;
	struct digest first = write_layer(store_, -1, COMPRESSION_GZIP), again;

	assert_ok(store_delete_blob(store_, &first, &err_));
	again = write_layer(store_, -1, COMPRESSION_GZIP);
	assert_string_equal(again.text, first.text);
	assert_true(store_has_blob(store_, &first, NULL));
}

static void nothing_to_compress(void **state)
{
	(void)state;
	(void)write_layer(store_, -1, COMPRESSION_NONE);
	assert_int_equal(number("SELECT count(*) FROM blocks"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(copies_have_the_same_bytes), store_test(most_blocks_are_known),
		store_test(damage_does_not_spread),     store_test(a_blob_that_is_gone),
		store_test(nothing_to_compress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
