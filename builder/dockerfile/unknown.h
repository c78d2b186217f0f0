#ifndef UNKNOWN_H
#define UNKNOWN_H

#include "reading.h"

/* A line that begins with no instruction: adds the error, with what was probably meant. */
void unknown_instruction(const struct instruction_reading *in);

#endif
