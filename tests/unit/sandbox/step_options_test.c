#include "sandbox/step_options.h"

#include <sys/resource.h>

#include "../base/unit.h"

static void limits_are_read_as_docker_reads_them(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int resource;
		uint64_t soft, hard;
	} rows[] = {
		{ "nofile=1024", RLIMIT_NOFILE, 1024, 1024 },
		{ "nofile=1024:4096", RLIMIT_NOFILE, 1024, 4096 },
		{ "core=-1", RLIMIT_CORE, STEP_UNLIMITED, STEP_UNLIMITED },
		{ "nproc=10:-1", RLIMIT_NPROC, 10, STEP_UNLIMITED },
		{ "memlock=unlimited", RLIMIT_MEMLOCK, STEP_UNLIMITED, STEP_UNLIMITED },
		{ "cpu=0", RLIMIT_CPU, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(step_options_release) struct step_options options = STEP_OPTIONS_INIT;

		assert_ok(step_options_add_limit(&options, rows[i].text, &err_));
		assert_row(options.limits.len == 1, rows[i].text);
		assert_row(options.limits.items[0].resource == rows[i].resource, rows[i].text);
		assert_row(options.limits.items[0].soft == rows[i].soft, rows[i].text);
		assert_row(options.limits.items[0].hard == rows[i].hard, rows[i].text);
	}
}

static void the_last_limit_of_a_name_counts(void **state)
{
	(void)state;
	AUTO(step_options_release) struct step_options options = STEP_OPTIONS_INIT;

	assert_ok(step_options_add_limit(&options, "nofile=10", &err_));
	assert_ok(step_options_add_limit(&options, "core=0", &err_));
	assert_ok(step_options_add_limit(&options, "nofile=20", &err_));
	assert_int_equal(options.limits.len, 2);
	assert_int_equal(options.limits.items[0].soft, 20);
}

static void hosts_are_read_in_all_their_forms(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name, *address;
	} rows[] = {
		{ "lab:10.0.0.2", "lab", "10.0.0.2" },
		{ "lab=10.0.0.2", "lab", "10.0.0.2" },
		{ "lab:fd00::1", "lab", "fd00::1" },
		{ "lab:[fd00::1]", "lab", "fd00::1" },
		{ "host.docker.internal:host-gateway", "host.docker.internal", "127.0.0.1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(step_options_release) struct step_options options = STEP_OPTIONS_INIT;

		assert_ok(step_options_add_host(&options, rows[i].text, &err_));
		assert_string_equal(options.hosts.items[0].name, rows[i].name);
		assert_string_equal(options.hosts.items[0].address, rows[i].address);
	}
}

static void sizes_are_binary(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t size;
	} rows[] = {
		{ "4096", 4096 },
		{ "64m", (uint64_t)64 << 20 },
		{ "64M", (uint64_t)64 << 20 },
		{ "1g", (uint64_t)1 << 30 },
		{ "1gb", (uint64_t)1 << 30 },
		{ "100b", 100 },
		{ "2k", 2048 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step_options options = STEP_OPTIONS_INIT;

		assert_ok(step_options_set_shm_size(&options, rows[i].text, &err_));
		assert_row(options.shm_size == rows[i].size, rows[i].text);
	}
}

static void networks_and_entitlements(void **state)
{
	(void)state;
	struct step_options options = STEP_OPTIONS_INIT;

	assert_ok(step_options_set_network(&options, "none", &err_));
	assert_int_equal(options.network, SANDBOX_NETWORK_NONE);
	assert_ok(step_options_set_network(&options, "default", &err_));
	assert_int_equal(options.network, SANDBOX_NETWORK_HOST);
	assert_ok(step_options_allow(&options, "network.host", &err_));
	assert_false(options.allow_insecure);
	assert_ok(step_options_allow(&options, "security.insecure", &err_));
	assert_true(options.allow_insecure);
}

typedef int add_fn(struct step_options *options, const char *text, struct err *err);

static void what_is_wrong_is_refused(void **state)
{
	(void)state;
	static const struct {
		add_fn *add;
		const char *text, *said;
	} rows[] = {
		{ step_options_add_limit, "nofile", "NAME=SOFT" },
		{ step_options_add_limit, "nofiles=1", "did you mean 'nofile'" },
		{ step_options_add_limit, "nofile=x", "number" },
		{ step_options_add_limit, "nofile=2:1", "above the hard one" },
		{ step_options_add_limit, "nofile=1:", "number" },
		{ step_options_add_host, "lab", "NAME:ADDRESS" },
		{ step_options_add_host, "lab:10.0.0", "NAME:ADDRESS" },
		{ step_options_add_host, ":10.0.0.1", "NAME:ADDRESS" },
		{ step_options_add_host, "a b:10.0.0.1", "NAME:ADDRESS" },
		{ step_options_add_dns, "dns.example", "address" },
		{ step_options_set_shm_size, "0", "size" },
		{ step_options_set_shm_size, "-1", "size" },
		{ step_options_set_shm_size, "m", "size" },
		{ step_options_set_shm_size, "9999999999g", "size" },
		{ step_options_set_network, "bridge", "default, host or none" },
		{ step_options_allow, "device", "security.insecure" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(step_options_release) struct step_options options = STEP_OPTIONS_INIT;

		assert_row(rows[i].add(&options, rows[i].text, &err_) < 0, rows[i].text);
		assert_row(err_.kind == ERR_USAGE, rows[i].text);
		assert_row(strstr(err_.message, rows[i].said) ||
				   (err_.hint && strstr(err_.hint, rows[i].said)),
			   rows[i].text);
		err_clear(&err_);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_read_as_docker_reads_them),
		cmocka_unit_test(the_last_limit_of_a_name_counts),
		cmocka_unit_test(hosts_are_read_in_all_their_forms),
		cmocka_unit_test(sizes_are_binary),
		cmocka_unit_test(networks_and_entitlements),
		cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
