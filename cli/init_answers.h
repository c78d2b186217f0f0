/* What `edgectl init` has to know: from its options, from whoever sits at the terminal, else the default. */
#ifndef CLI_INIT_ANSWERS_H
#define CLI_INIT_ANSWERS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "templates/board.h"
#include "templates/template.h"

/* Of the options; NULL = not given. */
struct init_answers {
	const char *template_where, *board, *name, *registry;
	struct strvec variables; /* NAME=VALUE */
	bool may_ask;
};

/* ERR_USAGE when it is not given and cannot be asked for. */
WARN_UNUSED int init_answer_template(const struct init_answers *answers, struct template **ret,
				     struct err *err);
/* One that the template is for. */
WARN_UNUSED int init_answer_board(const struct init_answers *answers,
				  const struct template *template,
				  const struct board_catalog *boards, const struct board **ret,
				  struct err *err);
/* Fills `values` with all that the template's tags may name. `likely_name` is the default for the project's name. */
WARN_UNUSED int init_answer_values(const struct init_answers *answers,
				   const struct template *template, const struct board *board,
				   const char *likely_name, struct strmap *values, struct err *err);

#endif
