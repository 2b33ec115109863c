/* Users from an SQLite database: table users(name, realm, ha1_md5, ha1_sha256, class). */
#include "users_private.h"

#include <sqlite3.h>

#define WAIT_MS 2000 /* for a writer that is at work */

static const char query[] =
    "SELECT rowid, name, realm, ha1_md5, ha1_sha256, class FROM users ORDER BY rowid";

static gboolean database_refuse(UsersReading *reading, sqlite3 *database, GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", reading->file,
                database ? sqlite3_errmsg(database) : "no memory");
    return FALSE;
}

static const char *column(sqlite3_stmt *statement, int index)
{
    return (const char *)sqlite3_column_text(statement, index);
}

static void row_read(UsersReading *reading, sqlite3_stmt *statement)
{
    g_autofree char *place = g_strdup_printf("%s: row %" G_GINT64_FORMAT, reading->file,
                                             (gint64)sqlite3_column_int64(statement, 0));
    UserText text = {.name = column(statement, 1),
                     .realm = column(statement, 2),
                     .class_name = column(statement, 5)};

    text.ha1[DIGEST_MD5] = column(statement, 3);
    text.ha1[DIGEST_SHA256] = column(statement, 4);
    users_add(reading, place, &text);
}

static gboolean rows_read(UsersReading *reading, sqlite3 *database, GError **error)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database, query, -1, &statement, NULL);
    gboolean read;

    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            row_read(reading, statement);
    }
    read = result == SQLITE_DONE || database_refuse(reading, database, error);
    sqlite3_finalize(statement);
    return read;
}

gboolean users_read_database(UsersReading *reading, GError **error)
{
    sqlite3 *database = NULL;
    gboolean read;

    if (sqlite3_open_v2(reading->file, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        read = database_refuse(reading, database, error);
    } else {
        sqlite3_busy_timeout(database, WAIT_MS);
        read = rows_read(reading, database, error);
    }
    sqlite3_close(database);
    return read;
}
