#include "dockerfile/mount.h"

#include "unit.h"

static const char *look_up(const void *arg, const char *name)
{
	(void)arg;
	return str_eq(name, "V") ? "value" : NULL;
}

static const struct expander expander = { .lookup = look_up, .escape = '\\' };

static const struct {
	const char *text;
	struct mount want;
} good[] = {
	{ "target=/x", { .type = MOUNT_BIND, .target = (char *)"/x", .read_only = true } },
	{ "Type=BIND,src=a,dst=/x,rw",
	  { .type = MOUNT_BIND, .source = (char *)"a", .target = (char *)"/x" } },
	{ "type=bind,from=b,destination=$V,readonly=0",
	  { .type = MOUNT_BIND, .from = (char *)"b", .target = (char *)"value" } },
	{ "type=cache,target=/c", { .type = MOUNT_CACHE, .target = (char *)"/c" } },
	{ "target=/c,sharing=locked,type=cache,ro,id=i",
	  { .type = MOUNT_CACHE,
	    .target = (char *)"/c",
	    .id = (char *)"i",
	    .read_only = true,
	    .sharing = MOUNT_LOCKED } },
	{ "type=tmpfs,target=/t,size=1.5k",
	  { .type = MOUNT_TMPFS, .target = (char *)"/t", .size = 1536 } },
	{ "size=2GiB,type=tmpfs", { .type = MOUNT_TMPFS, .size = INT64_C(2) << 30 } },
	{ "type=secret,id=s,mode=0440,uid=5,gid=6,required",
	  { .type = MOUNT_SECRET,
	    .id = (char *)"s",
	    .mode = 0440,
	    .uid = 5,
	    .gid = 6,
	    .required = true,
	    .read_only = true } },
	{ "type=secret,id=s,env=E,required=false",
	  { .type = MOUNT_SECRET, .id = (char *)"s", .env = (char *)"E", .read_only = true } },
	{ "type=ssh", { .type = MOUNT_SSH, .read_only = true } },
	{ "\"source=a,b\",target=/x",
	  { .type = MOUNT_BIND,
	    .source = (char *)"a,b",
	    .target = (char *)"/x",
	    .read_only = true } },
	{ "\"source=a\"\"b\"\"c\",target=/x",
	  { .type = MOUNT_BIND,
	    .source = (char *)"abc",
	    .target = (char *)"/x",
	    .read_only = true } },
};

/* In the table 0 stands for none. */
static bool same_number(int64_t have, int64_t want)
{
	return have == (want ? want : MOUNT_UNSET);
}

static void reads_all_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		AUTO(mount_release) struct mount mount = MOUNT_INIT;
		const struct mount *want = &good[i].want;
		const char *row = good[i].text;

		if (mount_parse(row, &expander, &mount, NULL, &err) < 0)
			fail_msg("row '%s': %s", row, err.message);
		assert_row(mount.type == want->type && mount.sharing == want->sharing, row);
		assert_row(str_eq(mount.from, want->from) && str_eq(mount.source, want->source),
			   row);
		assert_row(str_eq(mount.target, want->target) && str_eq(mount.id, want->id), row);
		assert_row(str_eq(mount.env, want->env), row);
		assert_row(mount.read_only == want->read_only && mount.required == want->required,
			   row);
		assert_row(same_number(mount.size, want->size) &&
				   same_number(mount.mode, want->mode),
			   row);
		assert_row(same_number(mount.uid, want->uid) && same_number(mount.gid, want->gid),
			   row);
	}
}

static const struct {
	const char *text;
	unsigned column; /* 0 = the whole */
	const char *message, *hint;
} bad[] = {
	{ "type=cahce,target=/x", 1, "'type' cannot be 'cahce'", "did you mean 'cache'?" },
	{ "target=/x,type=foo", 11, "'type' cannot be 'foo'", "tmpfs" },
	{ "tagret=/x", 1, "unknown mount option 'tagret'", "did you mean 'target'?" },
	{ "target=/x,wat", 11, "unknown mount option 'wat'", "known are" },
	{ "target", 1, "has no value", "target=value" },
	{ "target=/x,ro=maybe", 11, "'ro' cannot be 'maybe'", "true or false" },
	{ "target=/", 0, "cannot cover '/'", "below" },
	{ "target=/a/..", 0, "cannot cover '/'", "below" },
	{ "type=tmpfs,target=/dev/", 0, "cannot cover '/dev'", "/dev/shm" },
	{ "type=tmpfs,target=/proc", 0, "cannot be in '/proc'", "elsewhere" },
	{ "target=/x/../proc/self/attr", 0, "cannot be in '/proc'", "elsewhere" },
	{ "target=/x,mode=1", 0, "bind mount has no mode", "cache, secret" },
	{ "type=tmpfs,target=/x,uid=1", 0, "tmpfs mount has no mode", "cache, secret" },
	{ "target=/x,size=1", 11, "only a tmpfs mount has 'size'", "type=tmpfs" },
	{ "type=tmpfs,target=/x,size=1x", 22, "'size' cannot be '1x'", "k, m or g" },
	{ "target=/x,required", 11, "'required'", "type=secret" },
	{ "target=/x,env=E", 11, "'env'", "type=secret" },
	{ "target=/x,sharing=shared", 0, "only a cache mount has 'sharing'", "type=cache" },
	{ "type=cache,target=/x,sharing=no", 22, "'sharing' cannot be 'no'", "private" },
	{ "type=secret", 0, "does not name its secret", "id=NAME" },
	{ "type=secret,id=a,source=b", 0, "mean the same", "remove" },
	{ "type=secret,id=a,from=b", 0, "cannot have 'from'", NULL },
	{ "type=cache,target=/x,mode=9", 22, "'mode' cannot be '9'", "octal" },
	{ "type=cache,target=/x,uid=-1", 22, "'uid' cannot be '-1'", "number" },
	{ "target=${V", 1, "missing '}'", "${V}" },
	{ "target=/x,\"source=a", 11, "quotes", "together" },
	{ "target=/x,source=a\"b", 19, "a quote within", "together" },
	{ "\"target=/x\"y", 1, "quotes", "together" },
};

static void says_which_option_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		AUTO(mount_release) struct mount mount = MOUNT_INIT;
		const char *row = bad[i].text;

		assert_row(mount_parse(row, &expander, &mount, NULL, &err) == -1, row);
		assert_row(strstr(err.message, bad[i].message), row);
		assert_row(err.span.column == bad[i].column, row);
		if (bad[i].hint)
			assert_row(err.hint && strstr(err.hint, bad[i].hint), row);
	}
}

/* Without values only the form can be checked, and that no variable names a stage. */
static void checks_what_needs_no_values(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(err_release) struct err err = ERR_INIT;
	struct mount_spec spec = { .from = NULL };

	(void)state;
	assert_ok(mount_check(arena, (struct word){ .text = "type=$T,from=a,target=/x" }, &spec,
			      &err_));
	assert_string_equal(spec.from, "a");
	assert_int_equal(
		mount_check(arena, (struct word){ .text = "target=/x,from=a$b" }, &spec, &err), -1);
	assert_int_equal(err.span.column, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_options),
		cmocka_unit_test(says_which_option_is_wrong),
		cmocka_unit_test(checks_what_needs_no_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
