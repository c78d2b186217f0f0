#include "history_text.h"

#include "dockerfile/quote.h"

#define SECOND_NS 1000000000LL

void history_add_quoted(struct str *out, const struct strvec *words)
{
	str_addc(out, '[');
	for (size_t i = 0; i < words->len; i++) {
		if (i)
			str_addc(out, ' ');
		quote_go(words->items[i], out);
	}
	str_addc(out, ']');
}

void history_add_plain(struct str *out, const struct strvec *words)
{
	str_addc(out, '[');
	for (size_t i = 0; i < words->len; i++)
		str_addf(out, "%s%s", i ? " " : "", words->items[i]);
	str_addc(out, ']');
}

/*
 * A number of units with the fraction that the nanoseconds leave, without trailing zeros: "1.5s".
 */
static void add_fraction(struct str *out, int64_t value, int64_t unit, const char *name)
{
	int64_t rest = value % unit;

	str_addf(out, "%lld", (long long)(value / unit));
	if (rest)
		str_addc(out, '.');
	while (rest) {
		unit /= 10;
		str_addf(out, "%lld", (long long)(rest / unit));
		rest %= unit;
	}
	str_add(out, name);
}

/* As Go prints a time.Duration: "1m30s", "500ms", "0s". */
static void add_duration(struct str *out, int64_t ns)
{
	int64_t hours = ns / (3600 * SECOND_NS), minutes = ns / (60 * SECOND_NS) % 60;

	if (ns == 0) {
		str_add(out, "0s");
	} else if (ns < 1000) {
		add_fraction(out, ns, 1, "ns");
	} else if (ns < 1000000) {
		add_fraction(out, ns, 1000, "µs");
	} else if (ns < SECOND_NS) {
		add_fraction(out, ns, 1000000, "ms");
	} else {
		if (hours)
			str_addf(out, "%lldh", (long long)hours);
		if (hours || minutes)
			str_addf(out, "%lldm", (long long)minutes);
		add_fraction(out, ns % (60 * SECOND_NS), SECOND_NS, "s");
	}
}

void history_add_healthcheck(struct str *out, const struct healthcheck *healthcheck)
{
	str_add(out, "{Test:");
	history_add_plain(out, &healthcheck->test);
	str_add(out, " Interval:");
	add_duration(out, healthcheck->interval);
	str_add(out, " Timeout:");
	add_duration(out, healthcheck->timeout);
	str_add(out, " StartPeriod:");
	add_duration(out, healthcheck->start_period);
	str_add(out, " StartInterval:");
	add_duration(out, healthcheck->start_interval);
	str_addf(out, " Retries:%lld}", (long long)healthcheck->retries);
}

/* What the step saw of it, which an ENV behind it may have set. */
static const char *value_of(const struct strmap_item *arg, const struct strmap *vars)
{
	const char *value = strmap_get(vars, arg->key);

	if (!value)
		value = arg->value;
	return value ? value : "";
}

char *history_run(const struct strmap *args, const struct strmap *vars, const struct strvec *argv)
{
	struct str text = STR_INIT;

	str_add(&text, "RUN");
	if (args->len)
		str_addf(&text, " |%zu", args->len);
	for (size_t i = 0; i < args->len; i++)
		str_addf(&text, " %s=%s", args->items[i].key, value_of(&args->items[i], vars));
	for (size_t i = 0; i < argv->len; i++)
		str_addf(&text, " %s", argv->items[i]);
	str_add(&text, " # buildkit");
	return str_detach(&text);
}
