/* Pure functions on slash-separated paths. None touches the file system. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>

/*
 * Lexical clean-up as Go's path.Clean does it: no empty or "." components, ".." resolved where
 * something is before it, "" becomes ".", no trailing slash except for "/". The caller frees.
 */
char *path_clean(const char *path);
/* base and name joined by one slash; an absolute name is joined as well; not cleaned. */
char *path_join(const char *base, const char *name);
/* path_clean(path) when absolute, else path_clean(base/path): what a shell in `base` means. */
char *path_resolve(const char *base, const char *path);
/*
 * `path` as seen from a root: cleaned, leading slashes and every ".." that would leave the root
 * dropped. "../a//b/" gives "a/b", "/" gives ".".
 */
char *path_in_root(const char *path);
/* Both cleaned: is `path` the directory `dir` or below it? */
bool path_is_within(const char *path, const char *dir);
/* The last component, a pointer into `path`; "" for one that ends in a slash. */
const char *path_base(const char *path);
/*
 * All before the last component, without its slash: "." when there is none, "/" for "/a". The
 * caller frees.
 */
char *path_dir(const char *path);
bool path_is_absolute(const char *path);

#endif
