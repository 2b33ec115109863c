/* The store's file: SQLite in WAL mode, one connection, prepared statements. */
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1 /* of the tables; user_version of the file */
#define BUSY_PATIENCE                                                                              \
    100 /* ms that another process may hold the file before we go on without it                    \
         */

typedef struct TableStatements {
    const StoreTable *table;
    sqlite3_stmt *put, *erase;
} TableStatements;

struct StoreFile {
    char *path;
    sqlite3 *db;
    dev_t device;
    ino_t inode;
    GArray *statements; /* of TableStatements, one for each table */
};

void store_change_free(gpointer data)
{
    StoreChange *change = data;

    store_row_free(change->row);
    g_free(change);
}

/* ---- results ---- */

static FileResult result_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return FILE_GOOD;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a statement that its tables do not fit: written by somebody else */
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
        return FILE_BROKEN;
    default:
        return FILE_TROUBLED;
    }
}

/* What SQLite's CODE means, with its words in ERROR. */
static FileResult result_tell(StoreFile *file, int code, GError **error)
{
    FileResult result = result_of(code);

    if (result != FILE_GOOD)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s (SQLite %d)", file->path,
                    file->db ? sqlite3_errmsg(file->db) : sqlite3_errstr(code), code);
    return result;
}

static FileResult statement_run(StoreFile *file, const char *text, GError **error)
{
    return result_tell(file, sqlite3_exec(file->db, text, NULL, NULL, NULL), error);
}

/* The first cell of the answer to TEXT, "" when there is none. Caller frees. */
static FileResult statement_ask(StoreFile *file, const char *text, char **answer, GError **error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(file->db, text, -1, &statement, NULL);
    FileResult result;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    *answer = g_strdup(code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "");
    result = result_tell(file, code, error);
    sqlite3_finalize(statement);
    return result;
}

/* ---- tables ---- */

static void columns_join(GString *text, const StoreTable *table, guint count, const char *after)
{
    for (guint i = 0; table->columns[i].name && i < count; i++)
        g_string_append_printf(text, "%s%s%s", i ? ", " : "", table->columns[i].name, after);
}

static FileResult table_make(StoreFile *file, const StoreTable *table, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "CREATE TABLE IF NOT EXISTS %s (", table->name);
    for (guint i = 0; table->columns[i].name; i++)
        g_string_append_printf(text, "%s %s NOT NULL, ", table->columns[i].name,
                               table->columns[i].type == STORE_TEXT ? "TEXT" : "INTEGER");
    g_string_append(text, "PRIMARY KEY (");
    columns_join(text, table, table->keys, "");
    g_string_append(text, ")) WITHOUT ROWID");
    return statement_run(file, text->str, error);
}

static FileResult table_prepare(StoreFile *file, const StoreTable *table, GError **error)
{
    g_autoptr(GString) put = g_string_new(NULL), erase = g_string_new(NULL);
    TableStatements statements = {.table = table};
    int code;

    g_string_printf(put, "INSERT OR REPLACE INTO %s (", table->name);
    columns_join(put, table, G_MAXUINT, "");
    g_string_append(put, ") VALUES (");
    for (guint i = 0; table->columns[i].name; i++)
        g_string_append(put, i ? ", ?" : "?");
    g_string_append(put, ")");
    g_string_printf(erase, "DELETE FROM %s WHERE ", table->name);
    for (guint i = 0; i < table->keys; i++)
        g_string_append_printf(erase, "%s%s = ?", i ? " AND " : "", table->columns[i].name);
    code = sqlite3_prepare_v3(file->db, put->str, -1, SQLITE_PREPARE_PERSISTENT, &statements.put,
                              NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v3(file->db, erase->str, -1, SQLITE_PREPARE_PERSISTENT,
                                  &statements.erase, NULL);
    g_array_append_val(file->statements, statements);
    return result_tell(file, code, error);
}

static const TableStatements *table_statements(const StoreFile *file, const StoreTable *table)
{
    for (guint i = 0; i < file->statements->len; i++) {
        const TableStatements *statements = &g_array_index(file->statements, TableStatements, i);

        if (statements->table == table)
            return statements;
    }
    g_assert_not_reached(); /* every table written has a reader */
}

/* ---- open and close ---- */

StoreFile *store_file_new(const char *path, GPtrArray *tables)
{
    StoreFile *file = g_new0(StoreFile, 1);

    file->path = g_strdup(path);
    file->statements = g_array_new(FALSE, TRUE, sizeof(TableStatements));
    g_array_set_size(file->statements, tables->len);
    for (guint i = 0; i < tables->len; i++)
        g_array_index(file->statements, TableStatements, i).table = g_ptr_array_index(tables, i);
    return file;
}

void store_file_close(StoreFile *file)
{
    for (guint i = 0; i < file->statements->len; i++) {
        TableStatements *statements = &g_array_index(file->statements, TableStatements, i);

        sqlite3_finalize(g_steal_pointer(&statements->put));
        sqlite3_finalize(g_steal_pointer(&statements->erase));
    }
    if (file->db)
        sqlite3_close(g_steal_pointer(&file->db));
}

void store_file_free(StoreFile *file)
{
    if (!file)
        return;
    store_file_close(file);
    g_array_unref(file->statements);
    g_free(file->path);
    g_free(file);
}

gboolean store_file_is_open(const StoreFile *file)
{
    return file->db != NULL;
}

/* Keys lie in the file: nobody but us may read it. SQLite gives its other files the same mode. */
static void file_touch(const StoreFile *file)
{
    g_autofree char *folder = g_path_get_dirname(file->path);
    int fd;

    g_mkdir_with_parents(folder, 0750);
    fd = open(file->path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
}

static FileResult version_check(StoreFile *file, GError **error)
{
    g_autofree char *version = NULL;
    FileResult result = statement_ask(file, "PRAGMA user_version", &version, error);

    if (result != FILE_GOOD)
        return result;
    if (strcmp(version, "0") == 0)
        return statement_run(file, "PRAGMA user_version = " G_STRINGIFY(VERSION), error);
    if (strcmp(version, G_STRINGIFY(VERSION)) == 0)
        return FILE_GOOD;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "%s: its version is %s, this tielined writes " G_STRINGIFY(VERSION), file->path,
                version);
    return FILE_BROKEN;
}

static FileResult content_check(StoreFile *file, GError **error)
{
    g_autofree char *words = NULL;
    FileResult result = statement_ask(file, "PRAGMA quick_check(1)", &words, error);

    if (result != FILE_GOOD || strcmp(words, "ok") == 0)
        return result;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", file->path, words);
    return FILE_BROKEN;
}

static FileResult tables_open(StoreFile *file, GError **error)
{
    g_autoptr(GArray) tables = g_steal_pointer(&file->statements);
    FileResult result = FILE_GOOD;

    file->statements = g_array_new(FALSE, TRUE, sizeof(TableStatements));
    for (guint i = 0; i < tables->len; i++) {
        const StoreTable *table = g_array_index(tables, TableStatements, i).table;
        TableStatements none = {.table = table};

        if (result == FILE_GOOD)
            result = table_make(file, table, error);
        if (result == FILE_GOOD)
            result = table_prepare(file, table, error);
        else
            g_array_append_val(file->statements, none);
    }
    return result;
}

static FileResult file_open(StoreFile *file, GError **error)
{
    g_autofree char *mode = NULL;
    int code =
        sqlite3_open_v2(file->path, &file->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    FileResult result = result_tell(file, code, error);
    struct stat status;

    if (result != FILE_GOOD)
        return result;
    sqlite3_extended_result_codes(file->db, 1);
    sqlite3_busy_timeout(file->db, BUSY_PATIENCE);
    if ((result = statement_ask(file, "PRAGMA journal_mode = WAL", &mode, error)) != FILE_GOOD ||
        /* A registration that was answered is on the disk, power failure or not. */
        (result = statement_run(file, "PRAGMA synchronous = FULL", error)) != FILE_GOOD ||
        (result = statement_run(file, "PRAGMA journal_size_limit = 4194304", error)) != FILE_GOOD ||
        (result = version_check(file, error)) != FILE_GOOD ||
        (result = content_check(file, error)) != FILE_GOOD ||
        (result = tables_open(file, error)) != FILE_GOOD)
        return result;
    if (stat(file->path, &status) == 0) {
        file->device = status.st_dev;
        file->inode = status.st_ino;
    }
    return FILE_GOOD;
}

FileResult store_file_open(StoreFile *file, GError **error)
{
    FileResult result;

    file_touch(file);
    result = file_open(file, error);
    if (result != FILE_GOOD)
        store_file_close(file);
    return result;
}

gboolean store_file_is_lost(const StoreFile *file)
{
    struct stat status;

    return stat(file->path, &status) < 0 || status.st_ino != file->inode ||
           status.st_dev != file->device;
}

gboolean store_file_set_aside(StoreFile *file, char **to, GError **error)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *when = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    g_autofree char *name = g_strdup_printf("%s.broken-%s", file->path, when);

    for (guint i = 2; g_file_test(name, G_FILE_TEST_EXISTS); i++) {
        g_free(name);
        name = g_strdup_printf("%s.broken-%s-%u", file->path, when, i);
    }
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *from = g_strconcat(file->path, parts[i], NULL);
        g_autofree char *target = g_strconcat(name, parts[i], NULL);

        if (g_rename(from, target) == 0 || errno == ENOENT)
            continue;
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
                    "%s: cannot be moved aside: %s", from, g_strerror(errno));
        return FALSE;
    }
    *to = g_steal_pointer(&name);
    return TRUE;
}

/* ---- rows ---- */

static StoreRow *row_read(const StoreTable *table, sqlite3_stmt *statement)
{
    StoreRow *row = store_row_new(table);

    for (guint i = 0; i < row->count; i++) {
        if (table->columns[i].type == STORE_TEXT)
            store_row_set(row, i, (const char *)sqlite3_column_text(statement, (int)i));
        else
            store_row_count(row, i, sqlite3_column_int64(statement, (int)i));
    }
    return row;
}

static FileResult table_read(StoreFile *file, const StoreTable *table, GPtrArray *rows,
                             GError **error)
{
    g_autoptr(GString) text = g_string_new("SELECT ");
    sqlite3_stmt *statement = NULL;
    FileResult result;
    int code;

    columns_join(text, table, G_MAXUINT, "");
    g_string_append_printf(text, " FROM %s", table->name);
    code = sqlite3_prepare_v2(file->db, text->str, -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            g_ptr_array_add(rows, row_read(table, statement));
    }
    result = result_tell(file, code, error);
    sqlite3_finalize(statement);
    return result;
}

FileResult store_file_read(StoreFile *file, GPtrArray *rows, GError **error)
{
    FileResult result = FILE_GOOD;

    for (guint i = 0; i < file->statements->len && result == FILE_GOOD; i++)
        result = table_read(file, g_array_index(file->statements, TableStatements, i).table, rows,
                            error);
    return result;
}

static int cells_bind(sqlite3_stmt *statement, const StoreRow *row, guint count)
{
    int code = SQLITE_OK;

    for (guint i = 0; i < count && code == SQLITE_OK; i++) {
        if (row->table->columns[i].type == STORE_TEXT)
            code =
                sqlite3_bind_text(statement, (int)i + 1, store_row_text(row, i), -1, SQLITE_STATIC);
        else
            code = sqlite3_bind_int64(statement, (int)i + 1, row->cells[i].number);
    }
    return code;
}

static FileResult change_write(StoreFile *file, const StoreChange *change, GError **error)
{
    const TableStatements *statements = table_statements(file, change->row->table);
    sqlite3_stmt *statement = change->erase ? statements->erase : statements->put;
    int code = cells_bind(statement, change->row,
                          change->erase ? change->row->table->keys : change->row->count);
    FileResult result;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    result = result_tell(file, code, error);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result;
}

static FileResult tables_empty(StoreFile *file, GError **error)
{
    FileResult result = FILE_GOOD;

    for (guint i = 0; i < file->statements->len && result == FILE_GOOD; i++) {
        g_autofree char *text = g_strdup_printf(
            "DELETE FROM %s", g_array_index(file->statements, TableStatements, i).table->name);

        result = statement_run(file, text, error);
    }
    return result;
}

FileResult store_file_write(StoreFile *file, GHashTable *changes, gboolean anew, GError **error)
{
    FileResult result = statement_run(file, "BEGIN IMMEDIATE", error);
    GHashTableIter at;
    gpointer change;

    if (result != FILE_GOOD)
        return result;
    if (anew)
        result = tables_empty(file, error);
    g_hash_table_iter_init(&at, changes);
    while (result == FILE_GOOD && g_hash_table_iter_next(&at, NULL, &change))
        result = change_write(file, change, error);
    if (result == FILE_GOOD)
        result = statement_run(file, "COMMIT", error);
    if (result != FILE_GOOD && !sqlite3_get_autocommit(file->db))
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}
