#include "wire.h"

#include <sys/socket.h>

#include "../base/unit.h"

static void values_arrive(void **state)
{
	(void)state;
	AUTO(str_release) struct str message = STR_INIT;
	AUTO(strvec_release) struct strvec texts = STRVEC_INIT;
	AUTO(strvec_release) struct strvec got = STRVEC_INIT;
	AUTO(freep) char *text = NULL;
	AUTO(freep) char *bytes = NULL;
	AUTO(freep) char *absent = NULL;
	struct wire wire;

	strvec_add(&texts, "");
	strvec_add(&texts, "a b");
	wire_put_number(&message, UINT64_MAX);
	wire_put_text(&message, "");
	wire_put_text(&message, "\xff\xfe:,\n");
	wire_put_text(&message, NULL);
	wire_put_texts(&message, &texts);
	wire_put_texts(&message, NULL);

	wire = (struct wire){ .rest = str_span(&message) };
	assert_true(wire_number(&wire) == UINT64_MAX);
	text = wire_text(&wire);
	bytes = wire_text(&wire);
	absent = wire_text(&wire);
	assert_string_equal(text, "");
	assert_string_equal(bytes, "\xff\xfe:,\n");
	assert_null(absent);
	wire_texts(&wire, &got);
	wire_texts(&wire, &got);
	assert_int_equal(got.len, 2);
	assert_string_equal(got.items[0], "");
	assert_string_equal(got.items[1], "a b");
	assert_false(wire.bad);
	assert_int_equal(wire.rest.len, 0);
}

static void errors_arrive_whole(void **state)
{
	(void)state;
	AUTO(err_release) struct err sent = ERR_INIT;
	AUTO(err_release) struct err got = ERR_INIT;
	AUTO(str_release) struct str message = STR_INIT;

	(void)err_errnum(&sent, ENOENT, "open '%s'", "x");
	(void)err_hint(&sent, "make it");
	sent.child_status = 7;
	wire_put_err(&message, &sent);
	wire_err(&(struct wire){ .rest = str_span(&message) }, &got);
	assert_int_equal(got.kind, ERR_NOT_FOUND);
	assert_int_equal(got.errnum, ENOENT);
	assert_int_equal(got.child_status, 7);
	assert_string_equal(got.message, sent.message);
	assert_string_equal(got.hint, "make it");
}

/* Every prefix of a good message is a bad one, and reading it stays inside. */
static void cut_messages_are_bad(void **state)
{
	(void)state;
	AUTO(str_release) struct str message = STR_INIT;
	AUTO(strvec_release) struct strvec texts = STRVEC_INIT;

	strvec_add(&texts, "one");
	strvec_add(&texts, "two");
	wire_put_texts(&message, &texts);
	for (size_t len = 0; len < message.len; len++) {
		AUTO(freep) char *copy = xmemdup(message.ptr, len ? len : 1);
		AUTO(strvec_release) struct strvec got = STRVEC_INIT;
		struct wire wire = { .rest = { copy, len } };

		wire_texts(&wire, &got);
		assert_true(wire.bad);
	}
}

static void lengths_beyond_the_message_are_bad(void **state)
{
	(void)state;
	static const uint64_t lengths[] = { 1, 1000, UINT64_MAX - 1, UINT64_MAX / 2 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct wire wire = { .rest = { (const char *)&lengths[i], sizeof(lengths[i]) } };

		assert_null(wire_text(&wire));
		assert_true(wire.bad);
	}
}

static void a_nul_in_a_text_is_bad(void **state)
{
	(void)state;
	AUTO(str_release) struct str message = STR_INIT;
	struct wire wire;

	wire_put_number(&message, 3);
	str_addn(&message, "a\0b", 3);
	wire = (struct wire){ .rest = str_span(&message) };
	assert_null(wire_text(&wire));
	assert_true(wire.bad);
}

static void sends_and_receives(void **state)
{
	(void)state;
	AUTO(str_release) struct str message = STR_INIT;
	AUTO(str_release) struct str got = STR_INIT;
	int pair[2];
	bool end = true;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	wire_put_text(&message, "hello");
	assert_ok(wire_send(pair[0], &message, &err_));
	assert_ok(wire_receive(pair[1], &got, &end, &err_));
	assert_false(end);
	assert_int_equal(got.len, message.len);
	assert_memory_equal(got.ptr, message.ptr, got.len);

	(void)close(pair[0]);
	assert_ok(wire_receive(pair[1], &got, &end, &err_));
	assert_true(end);
	assert_int_equal(wire_send(pair[1], &message, &err_), -1);
	assert_int_equal(err_.kind, ERR_CHILD);
	(void)close(pair[1]);
	err_clear(&err_);
}

static void a_huge_length_is_not_believed(void **state)
{
	(void)state;
	AUTO(str_release) struct str got = STR_INIT;
	uint64_t length = WIRE_MAX + 1;
	bool end = false;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[0], &length, sizeof(length)), sizeof(length));
	assert_int_equal(wire_receive(pair[1], &got, &end, &err_), -1);
	assert_int_equal(err_.kind, ERR_CHILD);
	err_clear(&err_);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(errors_arrive_whole),
		cmocka_unit_test(cut_messages_are_bad),
		cmocka_unit_test(lengths_beyond_the_message_are_bad),
		cmocka_unit_test(a_nul_in_a_text_is_bad),
		cmocka_unit_test(sends_and_receives),
		cmocka_unit_test(a_huge_length_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
