/* For tests that change what the store's database says behind its back. */
#ifndef DATABASE_UNIT_H
#define DATABASE_UNIT_H

#include <sqlite3.h>

#include "image_unit.h"

/* In the database of the store "store". */
static inline void sql(const char *text)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open("store/edgectl.db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

#endif
