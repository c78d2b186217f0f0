#include "rate_option.h"

#include "base/limits.h"
#include "base/quantity.h"

/* Below this, many transfers at once could not be told from connections that are dead. */
#define RATE_MIN (32 * LIMIT_KIB)

static int bad_rate(const char *text, struct err *err)
{
	(void)err_set(err, ERR_USAGE, "--limit-rate: '%s' is not a rate", text);
	return err_hint(err, "write it like 500K, 2M or 1.5G: bytes per second");
}

int rate_option_parse(const char *text, uint64_t *ret, struct err *err)
{
	*ret = 0;
	if (!text)
		return 0;
	if (quantity_parse_size(text, ret, NULL) < 0)
		return bad_rate(text, err);
	if (*ret < RATE_MIN)
		return err_set(err, ERR_USAGE, "--limit-rate: %s is less than %zuK", text,
			       RATE_MIN / LIMIT_KIB);
	return 0;
}
