/* The texts of history entries, as BuildKit writes them: tools read them back. */
#ifndef SOLVE_HISTORY_TEXT_H
#define SOLVE_HISTORY_TEXT_H

#include <stdint.h>

#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/config.h"

/* ["a" "b"], each as Go's %q prints it. */
void history_add_quoted(struct str *out, const struct strvec *words);
/* [a b] */
void history_add_plain(struct str *out, const struct strvec *words);
/* {Test:[CMD a] Interval:1m30s ...} */
void history_add_healthcheck(struct str *out, const struct healthcheck *healthcheck);
/* "RUN |2 A=1 B= /bin/sh -c make # buildkit"; `vars` is what the step saw. */
char *history_run(const struct strmap *args, const struct strmap *vars, const struct strvec *argv);

#endif
