#include <limits.h>
#include <strings.h>

#include "base/alloc.h"
#include "reading.h"

#define MINIMUM_NS (1000 * 1000)

enum health_flag {
	HEALTH_INTERVAL,
	HEALTH_TIMEOUT,
	HEALTH_START_PERIOD,
	HEALTH_START_INTERVAL,
	HEALTH_RETRIES
};

static int64_t read_duration(const struct instruction_reading *in, const struct flag *flag)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct word value = flag_value(flag);
	int64_t ns = 0;

	if (!value.text || !*value.text)
		return 0;
	if (duration_parse(value.text, &ns, &err) < 0)
		problem_err(in, value, &err);
	else if (ns > 0 && ns < MINIMUM_NS)
		problem(in, value, xstrdup("give at least 1ms"), "--%s is shorter than 1ms",
			flag->name);
	return ns;
}

static int read_retries(const struct instruction_reading *in, const struct flag *flag)
{
	struct word value = flag_value(flag);
	unsigned long long number = 0;
	const char *digits = value.text;

	if (!digits || !*digits)
		return 0;
	if (!span_to_u64(span_of(digits + (*digits == '+')), INT_MAX, &number))
		problem(in, value, xstrdup("give a number, 0 for the default"),
			"--retries cannot be '%s'", digits);
	return (int)number;
}

static void read_flags(const struct instruction_reading *in, struct healthcheck_instruction *ret)
{
	struct flag flags[] = {
		[HEALTH_INTERVAL] = { "interval", FLAG_STRING, { NULL, 0, 0 } },
		[HEALTH_TIMEOUT] = { "timeout", FLAG_STRING, { NULL, 0, 0 } },
		[HEALTH_START_PERIOD] = { "start-period", FLAG_STRING, { NULL, 0, 0 } },
		[HEALTH_START_INTERVAL] = { "start-interval", FLAG_STRING, { NULL, 0, 0 } },
		[HEALTH_RETRIES] = { "retries", FLAG_STRING, { NULL, 0, 0 } },
	};

	flags_read(in, flags, ARRAY_SIZE(flags));
	ret->interval_ns = read_duration(in, &flags[HEALTH_INTERVAL]);
	ret->timeout_ns = read_duration(in, &flags[HEALTH_TIMEOUT]);
	ret->start_period_ns = read_duration(in, &flags[HEALTH_START_PERIOD]);
	ret->start_interval_ns = read_duration(in, &flags[HEALTH_START_INTERVAL]);
	ret->retries = read_retries(in, &flags[HEALTH_RETRIES]);
}

void read_healthcheck(const struct instruction_reading *in, struct instruction *ret)
{
	struct words args = in->node->args;
	struct word type = in->node->name;

	if (!args.len) {
		problem(in, type, xstrdup("write HEALTHCHECK CMD command, or HEALTHCHECK NONE"),
			"HEALTHCHECK has no argument");
		return;
	}
	type = *args.items++;
	args.len--;
	ret->healthcheck.none = strcasecmp(type.text, "none") == 0;
	if (ret->healthcheck.none) {
		if (args.len)
			problem(in, args.items[0], xstrdup("remove what stands behind NONE"),
				"HEALTHCHECK NONE takes no argument");
		return;
	}
	read_flags(in, &ret->healthcheck);
	if (strcasecmp(type.text, "cmd") != 0)
		problem(in, type, xstrdup("write HEALTHCHECK CMD command, or HEALTHCHECK NONE"),
			"unknown type '%s' of HEALTHCHECK", type.text);
	else if (!args.len)
		problem(in, type, xstrdup("write HEALTHCHECK CMD command"),
			"the command behind CMD is missing");
	read_command(in, &args, &ret->healthcheck.command);
}
