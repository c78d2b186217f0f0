/* Strings as Go prints them, which dumps and history entries hold. */
#ifndef DOCKERFILE_QUOTE_H
#define DOCKERFILE_QUOTE_H

#include "base/str.h"

/* A string as Go's strconv.Quote writes it, quotes included. */
void quote_go(const char *text, struct str *out);

#endif
