/* The files of a template: from a directory, or one by one. */
#ifndef TEMPLATE_FILES_H
#define TEMPLATE_FILES_H

#include "templates/template.h"

/*
 * `text` must live as long as the template; `path` is copied. A file that begins with "#!" is
 * executable whatever `is_executable` says: what is compiled in has no modes.
 */
void template_add_file(struct template *template, const char *path, struct span text,
		       bool is_executable);
void template_sort_files(struct template *template);
/*
 * All files below `dir` but .git, sorted, without the manifest, which is *ret_manifest when there is one.
 * ERR_INPUT for anything that is neither a regular file nor a directory; ERR_LIMIT.
 */
WARN_UNUSED int template_add_dir(struct template *template, const char *dir,
				 struct span *ret_manifest, struct err *err);

#endif
