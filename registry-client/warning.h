/*
 * What a registry has to say beside its answers: `Warning: 299 - "the repository becomes read-only tomorrow"`
 * (distribution-spec, "Warnings").
 */
#ifndef REGISTRY_WARNING_H
#define REGISTRY_WARNING_H

#include "call.h"

/* Shows what the answer of `call` carries, each text of a registry once. */
void warning_show(const struct call *call);
/*
 * The text of a header's value; NULL for one that is not to be shown: another code than 299, another agent than '-', with a
 * date, or malformed. The caller frees.
 */
char *warning_text(const char *header);

#endif
