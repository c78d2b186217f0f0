#include "base/err.h"

#include "base/str.h"
#include "unit.h"

static void set_replaces_everything(void **state)
{
	(void)state;
	AUTO(err_release) struct err err = ERR_INIT;

	assert_int_equal(err_errnum(&err, ENOENT, "open '%s'", "x"), -1);
	err_hint(&err, "make it");
	err_at(&err, "Dockerfile", 3, 1, 4);
	assert_int_equal(err_set(&err, ERR_PROTOCOL, "again: %s", err.message), -1);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	assert_int_equal(err.errnum, 0);
	assert_string_equal(err.message, "again: open 'x': no such file or directory");
	assert_null(err.hint);
	assert_null(err.span.file);
	assert_int_equal(err.span.line, 0);
}

static void kinds_follow_errno(void **state)
{
	(void)state;
	static const struct {
		int errnum;
		enum err_kind kind;
		const char *message;
	} rows[] = {
		{ ENOENT, ERR_NOT_FOUND, "x: no such file or directory" },
		{ EACCES, ERR_DENIED, "x: permission denied" },
		{ EPERM, ERR_DENIED, "x: operation not permitted" },
		{ ENOSPC, ERR_LIMIT, "x: no space left on device" },
		{ ENOSYS, ERR_UNSUPPORTED, "x: function not implemented" },
		{ ECONNREFUSED, ERR_NETWORK, "x: connection refused" },
		{ EIO, ERR_SYSTEM, "x: input/output error" },
		/* an abbreviation keeps its capitals */
		{ EDOTDOT, ERR_SYSTEM, "x: RFS specific error" },
		{ 99999, ERR_SYSTEM, "x: error 99999" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(err_release) struct err err = ERR_INIT;

		errno = rows[i].errnum;
		assert_int_equal(err_errno(&err, "x"), -1);
		assert_int_equal(errno, rows[i].errnum);
		assert_int_equal(err.errnum, rows[i].errnum);
		assert_int_equal(err.kind, rows[i].kind);
		assert_string_equal(err.message, rows[i].message);
	}
}

static void wraps_from_inside_out(void **state)
{
	(void)state;
	AUTO(err_release) struct err err = ERR_INIT;

	err_set(&err, ERR_DIGEST, "is not what its name says");
	err_hint(&err, "first");
	assert_int_equal(err_wrap(&err, "blob %s", "sha256:9f"), -1);
	assert_int_equal(err_wrap(&err, "push '%s'", "app:1"), -1);
	assert_int_equal(err_hint(&err, "second"), -1);
	assert_string_equal(err.message, "push 'app:1': blob sha256:9f: is not what its name says");
	assert_string_equal(err.hint, "first");
	assert_int_equal(err.kind, ERR_DIGEST);
}

static void nobody_wants_it(void **state)
{
	(void)state;

	assert_int_equal(err_set(NULL, ERR_INPUT, "x"), -1);
	assert_int_equal(err_errnum(NULL, ENOENT, "x"), -1);
	assert_int_equal(err_errno(NULL, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
	assert_int_equal(err_hint(NULL, "x"), -1);
	assert_int_equal(err_at(NULL, "x", 1, 1, 1), -1);
	err_release(NULL);
}

static void moves(void **state)
{
	(void)state;
	AUTO(err_release) struct err a = ERR_INIT;
	AUTO(err_release) struct err b = ERR_INIT;

	err_set(&a, ERR_INPUT, "a");
	err_at(&a, "f", 1, 2, 3);
	err_set(&b, ERR_LIMIT, "b");
	err_move(&b, &a);
	assert_string_equal(b.message, "a");
	assert_string_equal(b.span.file, "f");
	assert_int_equal(a.kind, ERR_NONE);
	assert_null(a.message);
	err_move(&b, &b);
	assert_string_equal(b.message, "a");
	err_move(NULL, &b);
	assert_null(b.message);
}

static void place_is_a_copy(void **state)
{
	(void)state;
	AUTO(err_release) struct err err = ERR_INIT;
	char name[] = "compose.yaml";

	err_set(&err, ERR_INPUT, "x");
	err_at(&err, name, 1, 2, 3);
	err_at(&err, err.span.file, 7, 8, 9);
	name[0] = 'C';
	assert_string_equal(err.span.file, "compose.yaml");
	assert_int_equal(err.span.line, 7);
	assert_int_equal(err.span.column, 8);
	assert_int_equal(err.span.length, 9);
}

static void every_kind_has_its_own_name(void **state)
{
	(void)state;
	for (int a = ERR_NONE; a <= ERR_SYSTEM; a++)
		for (int b = ERR_NONE; b < a; b++)
			assert_string_not_equal(err_kind_name((enum err_kind)a),
						err_kind_name((enum err_kind)b));
	assert_string_equal(err_kind_name(ERR_NOT_FOUND), "not-found");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_replaces_everything),
		cmocka_unit_test(kinds_follow_errno),
		cmocka_unit_test(wraps_from_inside_out),
		cmocka_unit_test(nobody_wants_it),
		cmocka_unit_test(moves),
		cmocka_unit_test(place_is_a_copy),
		cmocka_unit_test(every_kind_has_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
