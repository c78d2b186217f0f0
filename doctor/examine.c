#include "doctor/check.h"
#include "inside.h"

#include <stdlib.h>

#include "base/alloc.h"

/* The checks that are wanted, NULL-ended; the caller frees. */
static const struct check **choose(const struct strvec *names)
{
	const struct check **chosen = NULL;
	size_t count = 0;

	CHECK_FOREACH(check)
		count++;
	chosen = xcalloc(count + 1, sizeof(*chosen));
	count = 0;
	CHECK_FOREACH(check) {
		bool is_named = names->len == 0 || strvec_contains(names, check->name);

		if (is_named && check->place != CHECK_STORE)
			chosen[count++] = check;
	}
	return chosen;
}

/* A check that cannot look is a finding, too; but the user's own wish to stop is none. */
static int run_check(const struct check *check, const struct check_context *context,
		     struct findings *ret, struct err *err)
{
	AUTO(err_release) struct err failure = ERR_INIT;

	if (check->run(check, context, ret, &failure) == 0)
		return 0;
	if (monitor_check(context->monitor, err) < 0)
		return -1;
	findings_add(ret, FINDING_BAD, check->name, failure.hint, "%s", failure.message);
	return 0;
}

static int run_here(const struct check *const *checks, const struct check_context *context,
		    struct findings *ret, struct err *err)
{
	for (const struct check *const *check = checks; *check; check++) {
		if ((*check)->place == CHECK_HERE && run_check(*check, context, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* From `from` to the end of `ret`, in the order of the table; within a check as they were found. */
static void take_in_order(struct findings *from, struct findings *ret)
{
	CHECK_FOREACH(check) {
		VEC_FOREACH(finding, from) {
			if (finding->check != check->name)
				continue;
			*VEC_ADD(ret) = *finding;
			*finding = (struct finding){ .check = NULL };
		}
	}
}

int doctor_examine(const struct check_context *context, const struct strvec *names,
		   struct findings *ret, struct err *err)
{
	AUTO(freep) const struct check **checks = choose(names);
	AUTO(findings_release) struct findings found = { .items = NULL };
	AUTO(inside_release) struct inside inside = INSIDE_INIT;

	if (inside_start(checks, context, &inside, err) < 0 ||
	    run_here(checks, context, &found, err) < 0 ||
	    inside_finish(&inside, context->monitor, &found, err) < 0)
		return -1;
	take_in_order(&found, ret);
	return 0;
}
