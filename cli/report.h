/* What the user reads on stderr outside of a progress view. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* "error: message" and, where there is one, "hint: text". */
void report_error(const struct err *err);
/* A line of talk: "built app:1 sha256:...". */
void report_line(const char *text);

/* Text from outside must not drive the terminal; lines and tabs are kept. */
void report_add_clean(struct str *out, const char *text);
/* The same as text; problems of a file, rendered already, stand as they are. */
void report_format(const struct err *err, bool colour, struct str *out);
/* "warning: text", with its place in front of the text when `span` is given. */
void report_format_warning(const char *text, const struct source_span *span, bool colour,
			   struct str *out);
/*
 * The lines around err->span with ">>>" before those it is about, in the manner of BuildKit;
 * nothing when the span is empty, the file cannot be read, or the message shows the place itself.
 */
void report_format_excerpt(const struct err *err, struct str *out);

#endif
