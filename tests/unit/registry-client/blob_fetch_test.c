/* Downloads that were interrupted, and what the next command makes of their rest. */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/limits.h"
#include "world.h"

#define PARTIAL "\"range\": \"bytes=400000-\""

static const char *const cut_once[] = { "--layer-size", "1000000", "--faults",
					"[{\"on\": \"GET .*/blobs/\", \"cut\": 400000}, {\"on\": "
					"\"GET .*/blobs/\", \"status\": 403}]",
					NULL };

/* The layer's first 400,000 bytes are there, and the command has ended. */
static void interrupt_pull(void)
{
	world_begin(cut_once);
	world.registry->jobs = 1; /* the layer, which is larger, is then before the config */
	world_pull_fails(ERR_DENIED, "denies access");
	world_connect();
}

static void goes_on_with_what_is_there(void **state)
{
	(void)state;
	interrupt_pull();
	assert_int_equal(world_shell("test $(stat -c %s store/partial/*) = 400000"), 0);
	world_pulls();
	/* The first command tried once more itself. */
	assert_int_equal(faulty_count(PARTIAL), 2);
	assert_int_equal(world_shell("test -z \"$(ls store/partial store/ingest | grep -v :)\""),
			 0);
}

static void damage_is_noticed_and_mended(void **state)
{
	(void)state;
	static const struct {
		const char *command;
		unsigned gets; /* of the layer, by the second command */
	} rows[] = {
		{ "f=$(echo store/partial/*); printf x | dd of=$f conv=notrunc seek=100000 bs=1",
		  2 },
		{ "truncate -s 0 store/partial/*", 1 },
		{ "truncate -s 5000000 store/partial/*", 1 },
		/* as long as it should be, but without its content: no question about the rest */
		{ "truncate -s 1003520 store/partial/*", 1 },
		{ "rm store/partial/*", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned before;

		interrupt_pull();
		before = faulty_count("GET");
		(void)world_shell(rows[i].command);
		world_pulls();
		/* the manifest and the config come as well */
		if (faulty_count("GET") - before != rows[i].gets + 2)
			fail_msg("%s: %u requests", rows[i].command, faulty_count("GET") - before);
		world_tear_down(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

struct counting_watch {
	struct blob_watch watch;
	unsigned begins;
	uint64_t there; /* bytes of the blob that was told of first */
};

static void count_begin(struct blob_watch *watch, const struct descriptor *blob,
			struct blob_writer *writer)
{
	struct counting_watch *counting = CONTAINER_OF(watch, struct counting_watch, watch);

	if (!media_type_is_layer(blob->media_type))
		return;
	if (counting->begins++ == 0)
		counting->there = blob_writer_size(writer);
}

/* Whoever reads along gets what is there first, and is told when it was worth nothing. */
static void a_watch_is_told_of_each_beginning(void **state)
{
	(void)state;
	struct counting_watch counting = { .watch = { .begins = count_begin } };
	const struct fetch_target target = { .store = world.store, .watch = &counting.watch };
	struct descriptor pulled = { .size = 0 };

	interrupt_pull();
	assert_int_equal(world_shell("f=$(echo store/partial/*); printf x | dd of=$f conv=notrunc "
				     "seek=100000 bs=1"),
			 0);
	assert_ok(registry_pull(world.registry, &world.ref, NULL, &target, &pulled, &err_));
	descriptor_release(&pulled);
	assert_int_equal(counting.there, 400000);
	assert_int_equal(counting.begins, 2);
}

static void two_commands_do_not_write_into_one_file(void **state)
{
	(void)state;
	int fd;

	interrupt_pull();
	assert_int_equal(world_shell("ln -s $(echo store/partial/*) ./other"), 0);
	fd = open("other", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	world_pulls();
	assert_int_equal(faulty_count(PARTIAL), 1);
	assert_int_equal(world_shell("test $(stat -c %s store/partial/*) = 400000"), 0);
	close(fd);
}

static void old_ones_are_swept(void **state)
{
	(void)state;
	interrupt_pull();
	store_closep(&world.store);
	assert_ok(store_open("store", &world.store, &err_));
	assert_int_equal(world_shell("ls store/partial/*"), 0);
	assert_int_equal(world_shell("touch -d '8 days ago' store/partial/*"), 0);
	store_closep(&world.store);
	assert_ok(store_open("store", &world.store, &err_));
	assert_int_not_equal(world_shell("ls store/partial/*"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(goes_on_with_what_is_there),
		world_test(damage_is_noticed_and_mended),
		world_test(a_watch_is_told_of_each_beginning),
		world_test(two_commands_do_not_write_into_one_file),
		world_test(old_ones_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
