#include "package.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"

#define LIMIT_DATABASE (256 * LIMIT_MIB)

static void package_release(struct package *package)
{
	free(package->name);
	free(package->version);
	free(package->architecture);
	free(package->source);
	free(package->license);
	free(package->supplier);
}

void packages_release(struct packages *packages)
{
	VEC_FOREACH(package, packages)
		package_release(package);
	free(packages->items);
	*packages = (struct packages){ .items = NULL };
}

/* Takes over *package when it has a name and a version, else drops it. */
static void add_package(struct packages *packages, struct package *package, bool is_installed)
{
	if (is_installed && package->name && package->version)
		*VEC_ADD(packages) = *package;
	else
		package_release(package);
	*package = (struct package){ .kind = package->kind };
}

static void replace(char **field, struct span value)
{
	free(*field);
	*field = span_dup(span_trim(value));
}

/* --- dpkg: deb822 stanzas --- */

/* "gcc-12 (12.2.0-14)": the version of the source is of no use here. */
static struct span source_name(struct span value)
{
	struct span name;

	(void)span_cut(&value, '(', &name);
	return name;
}

static void take_dpkg_field(struct package *package, struct span key, struct span value,
			    bool *is_installed)
{
	if (span_eq_nocase(key, "Package"))
		replace(&package->name, value);
	else if (span_eq_nocase(key, "Version"))
		replace(&package->version, value);
	else if (span_eq_nocase(key, "Architecture"))
		replace(&package->architecture, value);
	else if (span_eq_nocase(key, "Source"))
		replace(&package->source, source_name(value));
	else if (span_eq_nocase(key, "Maintainer"))
		replace(&package->supplier, value);
	else if (span_eq_nocase(key, "Status"))
		*is_installed = span_eq(span_trim(value), "install ok installed") ||
				span_eq(span_trim(value), "hold ok installed");
}

int packages_read_dpkg(struct span status, bool is_installed_by_default, struct packages *ret,
		       struct err *err)
{
	struct package package = { .kind = PACKAGE_DEB };
	bool is_installed = is_installed_by_default;
	struct span line, key;

	if (memchr(status.ptr, '\0', status.len))
		return err_set(err, ERR_INPUT, "the database of dpkg is no text");
	while (status.len > 0) {
		(void)span_cut(&status, '\n', &line);
		if (line.len == 0) {
			add_package(ret, &package, is_installed);
			is_installed = is_installed_by_default;
			continue;
		}
		/* a blank begins the continuation of a field */
		if (*line.ptr != ' ' && *line.ptr != '\t' && span_cut(&line, ':', &key))
			take_dpkg_field(&package, key, line, &is_installed);
	}
	add_package(ret, &package, is_installed);
	return 0;
}

/* --- apk: one letter, a colon, the value --- */

static void take_apk_field(struct package *package, char key, struct span value)
{
	switch (key) {
	case 'P': replace(&package->name, value); break;
	case 'V': replace(&package->version, value); break;
	case 'A': replace(&package->architecture, value); break;
	case 'o': replace(&package->source, value); break;
	case 'L': replace(&package->license, value); break;
	case 'm': replace(&package->supplier, value); break;
	default: break; /* files, checksums, dependencies */
	}
}

int packages_read_apk(struct span installed, struct packages *ret, struct err *err)
{
	struct package package = { .kind = PACKAGE_APK };
	struct span line;

	if (memchr(installed.ptr, '\0', installed.len))
		return err_set(err, ERR_INPUT, "the database of apk is no text");
	while (installed.len > 0) {
		(void)span_cut(&installed, '\n', &line);
		if (line.len == 0)
			add_package(ret, &package, true);
		else if (line.len > 2 && line.ptr[1] == ':')
			take_apk_field(&package, *line.ptr,
				       (struct span){ line.ptr + 2, line.len - 2 });
	}
	add_package(ret, &package, true);
	return 0;
}

/* --- where they are --- */

/* *ret_fd is -1 when there is no such file. */
static int open_file(struct tree *tree, const char *path, int *ret_fd, struct err *err)
{
	struct tree_node *node = NULL;

	*ret_fd = -1;
	if (tree_resolve(tree, path, &node, err) < 0)
		return -1;
	if (!node || !S_ISREG(node->st.st_mode))
		return 0;
	return tree_open(tree, node, ret_fd, err);
}

static int read_file(struct tree *tree, const char *path, struct str *ret, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	str_clear(ret);
	if (open_file(tree, path, &fd, err) < 0)
		return -1;
	return fd < 0 ? 0 : fd_read_to_str(fd, ret, LIMIT_DATABASE, path, err);
}

static int find_dpkg(struct tree *tree, struct packages *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct tree_node *dir = NULL;
	const struct tree_nodes *files = NULL;

	if (read_file(tree, "var/lib/dpkg/status", &text, err) < 0 ||
	    packages_read_dpkg(str_span(&text), false, ret, err) < 0 ||
	    tree_resolve(tree, "var/lib/dpkg/status.d", &dir, err) < 0)
		return -1;
	if (!dir || !S_ISDIR(dir->st.st_mode))
		return 0;
	if (tree_list(tree, dir, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files->len; i++) {
		AUTO(freep) char *path = tree_path(files->items[i]);

		if (str_has_suffix(path, ".md5sums"))
			continue;
		if (read_file(tree, path, &text, err) < 0 ||
		    packages_read_dpkg(str_span(&text), true, ret, err) < 0)
			return -1;
	}
	return 0;
}

static int find_apk(struct tree *tree, struct packages *ret, struct err *err)
{
	static const char *const paths[] = { "lib/apk/db/installed", "usr/lib/apk/db/installed" };
	AUTO(str_release) struct str text = STR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (read_file(tree, paths[i], &text, err) < 0)
			return -1;
		if (text.len > 0) /* the one may be a link to the other */
			return packages_read_apk(str_span(&text), ret, err);
	}
	return 0;
}

static int find_sqlite(struct tree *tree, const char *dir, struct packages *ret, bool *ret_found,
		       struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/rpmdb.sqlite", dir);
	AUTO(fd_closep) int fd = -1;

	if (open_file(tree, path, &fd, err) < 0)
		return -1;
	*ret_found = fd >= 0;
	return fd >= 0 ? packages_read_rpm(fd, ret, err) : 0;
}

static int find_ndb(struct tree *tree, const char *dir, struct packages *ret, bool *ret_found,
		    struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/Packages.db", dir);
	AUTO(str_release) struct str database = STR_INIT;

	if (read_file(tree, path, &database, err) < 0)
		return -1;
	*ret_found = database.len > 0;
	return database.len > 0 ? packages_read_ndb(str_span(&database), ret, err) : 0;
}

static int find_berkeley(struct tree *tree, const char *dir, struct packages *ret, bool *ret_found,
			 char **ret_unread, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/Packages", dir);
	AUTO(str_release) struct str database = STR_INIT;

	if (read_file(tree, path, &database, err) < 0)
		return -1;
	*ret_found = packages_are_berkeley(str_span(&database));
	if (*ret_found)
		return packages_read_berkeley(str_span(&database), ret, err);
	if (database.len > 0 && !*ret_unread)
		*ret_unread = xasprintf("/%s", path);
	return 0;
}

static int find_rpm(struct tree *tree, struct packages *ret, char **ret_unread, struct err *err)
{
	static const char *const dirs[] = { "usr/lib/sysimage/rpm", "var/lib/rpm" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		bool found = false;

		if (find_sqlite(tree, dirs[i], ret, &found, err) < 0)
			return -1;
		if (!found && find_ndb(tree, dirs[i], ret, &found, err) < 0)
			return -1;
		if (!found && find_berkeley(tree, dirs[i], ret, &found, ret_unread, err) < 0)
			return -1;
		if (found)
			return 0; /* the one directory may be a link to the other */
	}
	return 0;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_packages(const void *a, const void *b)
{
	const struct package *left = a, *right = b;
	int order = (int)left->kind - (int)right->kind;

	if (order == 0)
		order = strcmp(left->name, right->name);
	if (order == 0)
		order = strcmp(left->version, right->version);
	return order ? order : compare_text(left->architecture, right->architecture);
}

int packages_find(struct tree *tree, struct packages *ret, char **ret_unread, struct err *err)
{
	*ret_unread = NULL;
	if (find_dpkg(tree, ret, err) < 0 || find_apk(tree, ret, err) < 0 ||
	    find_rpm(tree, ret, ret_unread, err) < 0)
		return err_wrap(err, "packages of the image");
	if (ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), compare_packages);
	return 0;
}
