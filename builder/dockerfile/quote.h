#ifndef QUOTE_H
#define QUOTE_H

#include "base/str.h"

/* A string as Go's strconv.Quote writes it, quotes included. */
void quote_go(const char *text, struct str *out);

#endif
