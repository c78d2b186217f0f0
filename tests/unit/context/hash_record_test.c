#include "hash_record.h"

#include "unit.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct stat stat_of(ino_t inode)
{
	return (struct stat){ .st_ino = inode,
			      .st_size = 3,
			      .st_mtim = { -1, 999999999 },
			      .st_ctim = { 1700000000, 1 } };
}

/* As a later build finds it. */
static struct hash_record *reopen(struct hash_record *record)
{
	AUTO(str_release) struct str text = STR_INIT;

	hash_record_write(record, &text);
	assert_false(hash_record_has_changed(record));
	hash_record_freep(&record);
	return hash_record_new(&text);
}

static bool knows(struct hash_record *record, const char *path, ino_t inode, const char *hash)
{
	struct stat st = stat_of(inode);
	const char *found = hash_record_find(record, path, &st);

	return hash ? found && strncmp(found, hash, HASH_HEX_LEN) == 0 : !found;
}

static struct hash_record *make(const char *const *paths, size_t count)
{
	AUTO(str_release) struct str empty = STR_INIT;
	struct hash_record *record = hash_record_new(&empty);

	for (size_t i = 0; i < count; i++) {
		struct stat st = stat_of(i + 1);

		hash_record_add(record, paths[i], &st, i % 2 ? HASH_B : HASH_A);
	}
	return record;
}

static const char *const paths[] = { "a", "a.b", "a/b", "a b", "z", "\xff", "m/n/o", "0" };

static void finds_in_any_order(void **state)
{
	AUTO(hash_record_freep) struct hash_record *record = make(paths, ARRAY_SIZE(paths));

	(void)state;
	record = reopen(record);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_row(knows(record, paths[i], i + 1, i % 2 ? HASH_B : HASH_A), paths[i]);
	for (size_t i = ARRAY_SIZE(paths); i-- > 0;)
		assert_row(knows(record, paths[i], i + 1, i % 2 ? HASH_B : HASH_A), paths[i]);
	assert_true(knows(record, "a/", 1, NULL));
	assert_true(knows(record, "nothing", 1, NULL));
	assert_false(hash_record_has_changed(record));
}

/* Each field of the stat data by itself. */
static void every_field_counts(void **state)
{
	AUTO(hash_record_freep) struct hash_record *record = make(paths, 1);
	struct stat changes[6];

	(void)state;
	record = reopen(record);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		changes[i] = stat_of(1);
	assert_non_null(hash_record_find(record, "a", &changes[0]));
	changes[0].st_ino++;
	changes[1].st_size++;
	changes[2].st_mtim.tv_sec++;
	changes[3].st_mtim.tv_nsec--;
	changes[4].st_ctim.tv_sec++;
	changes[5].st_ctim.tv_nsec++;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		assert_null(hash_record_find(record, "a", &changes[i]));
}

/* The record is a file format: all digits, in their places. */
static void stat_data_as_text(void **state)
{
	const struct stat st = { .st_ino = 0x0123456789abcdef,
				 .st_size = 10,
				 .st_mtim = { -1, 999999999 },
				 .st_ctim = { 0x65, 0 } };
	char text[STAT_TEXT_LEN];

	(void)state;
	stat_format(&st, text);
	assert_memory_equal(text,
			    "0123456789abcdef"
			    "000000000000000a"
			    "ffffffffffffffff"
			    "3b9ac9ff"
			    "0000000000000065"
			    "00000000",
			    STAT_TEXT_LEN);
}

static void what_is_added_takes_the_place(void **state)
{
	AUTO(hash_record_freep) struct hash_record *record = make(paths, ARRAY_SIZE(paths));
	struct stat changed = stat_of(77);

	(void)state;
	record = reopen(record);
	assert_true(knows(record, "a/b", 77, NULL));
	hash_record_add(record, "a/b", &changed, HASH_B);
	assert_true(hash_record_has_changed(record));
	record = reopen(record);
	assert_true(knows(record, "a/b", 77, HASH_B));
	assert_true(knows(record, "a/b", 3, NULL));
	assert_true(knows(record, "z", 5, HASH_A)); /* nobody had asked for it */
}

static void names_that_a_line_cannot_hold_are_left_out(void **state)
{
	static const char *const odd[] = { "a\nb", "c" };
	AUTO(hash_record_freep) struct hash_record *record = make(odd, 2);

	(void)state;
	record = reopen(record);
	assert_true(knows(record, "a\nb", 1, NULL));
	assert_true(knows(record, "c", 2, HASH_B));
}

/* Of a context that has become another one nothing is kept for good. */
static void files_long_gone_go(void **state)
{
	AUTO(str_release) struct str empty = STR_INIT;
	AUTO(hash_record_freep) struct hash_record *record = hash_record_new(&empty);
	struct stat st = stat_of(1);

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		AUTO(freep) char *path = xasprintf("old/%u", i);

		hash_record_add(record, path, &st, HASH_A);
	}
	record = reopen(record);
	hash_record_add(record, "new", &st, HASH_B);
	record = reopen(record);
	assert_true(knows(record, "new", 1, HASH_B));
	assert_true(knows(record, "old/5", 1, NULL));
}

static void damage_is_ignorance(void **state)
{
	static const char *const texts[] = {
		"",
		"edgectl file hashes 1\n1 2 3.4 5.6 " HASH_A " a\n",
		"edgectl file hashes 2",
		"edgectl file hashes 2\n\n\nshort\n",
		"edgectl file hashes 2\n" HASH_A HASH_A HASH_A " a", /* no end */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(hash_record_freep) struct hash_record *record = NULL;

		str_add(&text, texts[i]);
		record = hash_record_new(&text);
		assert_true(knows(record, "a", 1, NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_in_any_order),
		cmocka_unit_test(every_field_counts),
		cmocka_unit_test(stat_data_as_text),
		cmocka_unit_test(what_is_added_takes_the_place),
		cmocka_unit_test(names_that_a_line_cannot_hold_are_left_out),
		cmocka_unit_test(files_long_gone_go),
		cmocka_unit_test(damage_is_ignorance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
