#include "xattr.h"

#include <sys/xattr.h>

#include "image_unit.h"

/* struct vfs_ns_cap_data: CAP_NET_RAW permitted and effective, of the namespace whose root is user 1000 */
static const unsigned char v3[] = { 1, 0, 0, 3, 0, 0x20, 0, 0, 0,    0, 0, 0,
				    0, 0, 0, 0, 0, 0,    0, 0, 0xe8, 3, 0, 0 };
static const unsigned char v2[] = { 1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

static void wanted(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool wanted;
	} rows[] = {
		{ "user.a", true },
		{ "user.overlay.opaque", false },
		{ "user.overlayx", true },
		{ "security.capability", true },
		{ "security.selinux", false },
		{ "trusted.overlay.opaque", false },
		{ "trusted.a", false },
		{ "system.posix_acl_access", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(xattr_is_wanted(rows[i].name) == rows[i].wanted, rows[i].name);
}

static void read_and_write(void **state)
{
	(void)state;
	AUTO(layer_xattrs_release)
	struct layer_xattrs xattrs = { .items = NULL }, back = { .items = NULL };
	AUTO(fd_closep) int fd = -1;

	write_text("f", "");
	fd = open("f", O_RDWR | O_CLOEXEC);
	layer_xattrs_add(&xattrs, "user.bin", "\0\xff", 2);
	layer_xattrs_add(&xattrs, "user.overlay.redirect", "/etc", 4);
	layer_xattrs_add(&xattrs, "trusted.a", "1", 1);
	layer_xattrs_add(&xattrs, "security.selinux", "1", 1);
	assert_ok(xattr_write(fd, &xattrs, &err_));
	assert_ok(xattr_write(fd, NULL, &err_));
	assert_ok(xattr_read(fd, &back, &err_));
	assert_int_equal(back.len, 1);
	assert_string_equal(back.items[0].name, "user.bin");
	assert_memory_equal(back.items[0].value, "\0\xff", 2);
	assert_int_equal(getxattr("f", "user.overlay.redirect", NULL, 0), -1);
}

static void capability_of_a_namespace(void **state)
{
	(void)state;
	AUTO(layer_xattrs_release) struct layer_xattrs xattrs = { .items = NULL };
	AUTO(fd_closep) int fd = -1;

	if (geteuid() != 0)
		skip(); /* root's run of this test has it */
	write_text("f", "");
	fd = open("f", O_RDWR | O_CLOEXEC);
	assert_int_equal(fsetxattr(fd, "security.capability", v3, sizeof(v3), 0), 0);
	assert_ok(xattr_read(fd, &xattrs, &err_));
	assert_int_equal(xattrs.len, 1);
	assert_int_equal(xattrs.items[0].len, sizeof(v2));
	assert_memory_equal(xattrs.items[0].value, v2, sizeof(v2));
	assert_ok(xattr_write(fd, &xattrs, &err_));
	layer_xattrs_release(&xattrs);
	assert_ok(xattr_read(fd, &xattrs, &err_));
	assert_memory_equal(xattrs.items[0].value, v2, sizeof(v2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted),
		scratch_test(read_and_write),
		scratch_test(capability_of_a_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
