#include "rate_option.h"

#include "base/limits.h"
#include "base/quantity.h"

/* Below this, many transfers at once could not be told from connections that are dead. */
#define RATE_MIN (32 * LIMIT_KIB)

int rate_option_parse(const char *text, uint64_t *ret, struct err *err)
{
	*ret = 0;
	if (!text)
		return 0;
	if (quantity_parse_size(text, ret, err) < 0)
		return err_wrap(err, "--limit-rate");
	if (*ret < RATE_MIN)
		return err_set(err, ERR_USAGE, "--limit-rate: %s is less than %zuK", text,
			       RATE_MIN / LIMIT_KIB);
	return 0;
}
