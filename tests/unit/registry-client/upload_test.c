/* Uploads that are interrupted, at places that a seed decides. */
#include "upload_session.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/proc.h"
#include "world.h"

#define LAYER_SIZE 3000000

/* Bytes of blobs that the registry received, of every attempt. */
static unsigned long long count_received(void)
{
	AUTO(str_release) struct str log = STR_INIT;
	struct span rest, line;
	unsigned long long total = 0;

	assert_ok(fs_read_file(AT_FDCWD, "requests", LIMIT_MIB, &log, &err_));
	rest = str_span(&log);
	while (rest.len > 0) {
		AUTO(freep) char *text = NULL;
		const char *received;

		span_cut(&rest, '\n', &line);
		text = span_dup(line);
		received = strstr(text, "\"received\": ");
		if (received && strstr(text, "/blobs/uploads/"))
			total += strtoull(received + strlen("\"received\": "), NULL, 10);
	}
	return total;
}

/* What was pushed can be pulled, every byte of it. */
static void comes_back_whole(const char *name)
{
	image_ref_release(&world.ref);
	faulty_ref(&world.server, name, &world.ref);
	store_closep(&world.store);
	assert_ok(store_open("second", &world.store, &err_));
	world_pulls();
}

static void start_anew(void **state)
{
	world_tear_down(state);
	assert_int_equal(world_set_up(state), 0);
}

/* --- the whole client --- */

static const struct row {
	const char *fault;  /* what happens after %u bytes of the layer */
	const char *option; /* of the registry */
	/* How many bytes may be sent twice: all that went before the fault, or next to none. */
	bool is_resumed;
	unsigned times;
} rows[] = {
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u", NULL, true, 3 },
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u, \"status\": 500", NULL, true, 3 },
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u, \"status\": 502", NULL, true, 1 },
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u, \"status\": 429, "
	  "\"headers\": {\"Retry-After\": \"0\"}",
	  NULL, true, 2 },
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u", "--forgetful", false, 2 },
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u, \"status\": 503", "--forgetful",
	  false, 2 },
	/* parts of 4 MiB at most: what is left here is less */
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u", "--part-minimum=100000", true, 3 },
	/* what was on its way came in after the question how much there is */
	{ "\"on\": \"GET .*uploads\", \"understate\": 1000}, "
	  "{\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u",
	  NULL, true, 1 },
	/* the second part is dropped, so the third try is a fresh upload */
	{ "\"on\": \"(PUT|PATCH) .*uploads\", \"receive\": %u", "--miscount", false, 2 },
};

static void push_with_row(const struct row *row, unsigned place)
{
	AUTO(freep) char *fault = NULL;
	AUTO(freep) char *faults = NULL;
	struct push_summary summary = { 0 };
	const char *options[] = { "--no-mounts", "--layer-size", "3000000", "--faults",
				  NULL,          row->option,    NULL };
	unsigned long long most = LAYER_SIZE + 20000;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	fault = xasprintf(row->fault, place);
#pragma GCC diagnostic pop
	faults = xasprintf("[{%s, \"times\": %u}]", fault, row->times);
	options[4] = faults;
	world_begin(options);
	world_push_to("copy:1", &summary);
	assert_int_equal(summary.sent_blobs, 2);
	if (!row->is_resumed)
		most += row->times * (unsigned long long)place;
	if (count_received() > most)
		fail_msg("%s at %u: %llu bytes in place of %d", row->fault, place, count_received(),
			 LAYER_SIZE);
	comes_back_whole("copy:1");
}

static void every_fault_costs_no_more_than_it_must(void **state)
{
	srandom(20);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned round = 0; round < 4; round++) {
			push_with_row(&rows[i], (unsigned)random() % (LAYER_SIZE / 4) + 2);
			start_anew(state);
		}
	}
}

/* --- the pieces --- */

static int shell(const char *command)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	const struct proc proc = { .argv = argv, .stdin_fd = PROC_NULL, .stderr_fd = PROC_NULL };
	struct proc_capture capture = { .output_limit = 0 };
	int status = -1;

	assert_ok(proc_run(&proc, &capture, &status, &err_));
	return status;
}

static void reads_the_range_of_an_upload(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		uint64_t offset; /* 0 = refused */
	} cases[] = {
		{ "0-0", 1 },
		{ "0-1023", 1024 },
		{ "bytes=0-9", 10 },
		{ " 0-9 ", 10 },
		{ "1-9", 0 },
		{ "0-", 0 },
		{ "-9", 0 },
		{ "0", 0 },
		{ "", 0 },
		{ NULL, 0 },
		{ "0--1", 0 },
		{ "0-9x", 0 },
		{ "0-9223372036854775807", 0 },
		{ "0-99999999999999999999", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t offset = 0;
		bool ok = upload_range_parse(cases[i].header, &offset);

		assert_row(ok == (cases[i].offset > 0) && offset == cases[i].offset,
			   cases[i].header ? cases[i].header : "(none)");
	}
}

static void a_record_outlives_the_process_that_wrote_it(void **state)
{
	(void)state;
	struct upload_record *record, *second;
	struct digest digest;

	digest_of("x", 1, &digest);
	record = upload_record_open(world.store, "host:5000", "app", &digest);
	assert_non_null(record);
	assert_null(upload_record_location(record));
	upload_record_save(record, &(struct upload_place){
					   .location = "http://host:5000/upload?_state=longer",
				   });
	upload_record_save(record, &(struct upload_place){
					   .location = "http://host:5000/upload?_state=abc",
					   .offset = 4096,
					   .part_limit = 1024,
				   });
	/* While somebody sends that blob, nobody else goes on with it. */
	assert_null(upload_record_open(world.store, "host:5000", "app", &digest));
	second = upload_record_open(world.store, "host:5000", "other", &digest);
	assert_non_null(second);
	upload_record_freep(&second);
	upload_record_freep(&record);
	record = upload_record_open(world.store, "host:5000", "app", &digest);
	assert_string_equal(upload_record_location(record), "http://host:5000/upload?_state=abc");
	assert_int_equal(upload_record_part_limit(record), 1024);
	/* What is shorter leaves nothing of what was there. */
	upload_record_save(record, &(struct upload_place){ .location = "http://host/" });
	upload_record_freep(&record);
	record = upload_record_open(world.store, "host:5000", "app", &digest);
	assert_string_equal(upload_record_location(record), "http://host/");
	assert_int_equal(upload_record_part_limit(record), 0);
	upload_record_drop(record);
	upload_record_freep(&record);
	record = upload_record_open(world.store, "host:5000", "app", &digest);
	assert_null(upload_record_location(record));
	upload_record_freep(&record);
}

static void what_is_no_record_is_ignored(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "{", "{\"location\": \"http://evil\"}", "[]" };
	struct digest digest;

	digest_of("x", 1, &digest);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct upload_record *record =
			upload_record_open(world.store, "host", "app", &digest);

		upload_record_save(record, &(struct upload_place){ .location = "http://host/" });
		upload_record_freep(&record);
		assert_int_equal(shell("test \"$(stat -c %a store/uploads/*)\" = 600"), 0);
		{
			AUTO(freep)
			char *command = xasprintf(
				"f=$(echo store/uploads/*); printf '%%s' '%s' > \"$f\"", texts[i]);

			assert_int_equal(shell(command), 0);
		}
		record = upload_record_open(world.store, "host", "app", &digest);
		assert_row(!upload_record_location(record), texts[i]);
		upload_record_freep(&record);
	}
}

static void old_records_are_swept(void **state)
{
	(void)state;
	struct upload_record *record;
	struct digest digest;

	digest_of("x", 1, &digest);
	record = upload_record_open(world.store, "host", "app", &digest);
	upload_record_save(record, &(struct upload_place){ .location = "http://host/" });
	upload_record_freep(&record);
	upload_records_sweep(world.store);
	assert_int_equal(shell("ls store/uploads/* > /dev/null"), 0);
	assert_int_equal(shell("touch -d '2 days ago' store/uploads/*"), 0);
	record = upload_record_open(world.store, "host", "app", &digest);
	assert_null(upload_record_location(record));
	upload_record_freep(&record);
	upload_records_sweep(world.store);
	assert_int_not_equal(shell("ls store/uploads/* > /dev/null 2>&1"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(every_fault_costs_no_more_than_it_must),
		world_test(reads_the_range_of_an_upload),
		world_test(a_record_outlives_the_process_that_wrote_it),
		world_test(what_is_no_record_is_ignored),
		world_test(old_records_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
