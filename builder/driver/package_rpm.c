/* rpm's database since 4.16: a table whose blobs are package headers. */
#include <string.h>

#include <sqlite3.h>

#include "base/alloc.h"
#include "package_header.h"

static int read_rows(sqlite3 *db, struct packages *ret, struct err *err)
{
	sqlite3_stmt *rows = NULL;
	int result = 0, code;

	if (sqlite3_prepare_v2(db, "SELECT blob FROM Packages", -1, &rows, NULL) != SQLITE_OK)
		return err_set(err, ERR_INPUT, "the database of rpm: %s", sqlite3_errmsg(db));
	while ((code = sqlite3_step(rows)) == SQLITE_ROW && result == 0)
		result = package_header_add(sqlite3_column_blob(rows, 0),
					    (size_t)sqlite3_column_bytes(rows, 0), ret, err);
	(void)sqlite3_finalize(rows); /* repeats the code of the step */
	if (result == 0 && code != SQLITE_DONE)
		return err_set(err, ERR_INPUT, "the database of rpm: %s", sqlite3_errmsg(db));
	return result;
}

/* Nobody writes to it, and nothing may be written beside it: no locks, no journal. */
int packages_read_rpm(int fd, struct packages *ret, struct err *err)
{
	AUTO(freep) char *uri = xasprintf("file:/proc/self/fd/%d?immutable=1", fd);
	sqlite3 *db = NULL;
	int result;

	if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
		result = err_set(err, ERR_INPUT, "the database of rpm: %s",
				 db ? sqlite3_errmsg(db) : "no memory");
	else
		result = read_rows(db, ret, err);
	(void)sqlite3_close(db); /* nothing was written */
	return result;
}
