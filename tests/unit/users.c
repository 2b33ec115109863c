/* The users' file and database: what is read, what is told of mistakes, and that a table is whole
 * or none. */
#include "users.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define MD5 "00112233445566778899aabbccddeeff"
#define SHA MD5 MD5

static Users *parse(const char *text, GError **error)
{
    return users_parse("users", text, strlen(text), "pbx.example", error);
}

static void lines_are_users(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Users) users =
        parse("# name:realm:MD5:SHA-256:class\n"
              "\n"
              "201:pbx.example:" MD5 "\n"
              "  202:pbx.example:00112233445566778899AABBCCDDEEFF:" SHA ":boss \r\n"
              "203:pbx.example::" SHA "\n"
              "Käthe Müller:pbx.example:" MD5 "::guests\n"
              "204:elsewhere:" MD5,
              &error);
    const User *user;

    g_assert_no_error(error);
    g_assert_cmpuint(users_size(users), ==, 4);
    g_assert_cmpstr(users_realm(users), ==, "pbx.example");
    user = users_find(users, "201");
    g_assert_cmpstr(user->name, ==, "201");
    g_assert_true(user->has[DIGEST_MD5] && !user->has[DIGEST_SHA256]);
    g_assert_cmpstr(user->class_name, ==, "");
    user = users_find(users, "202");
    g_assert_cmpstr(user->ha1[DIGEST_MD5], ==, MD5); /* in lower case, as it is hashed */
    g_assert_cmpstr(user->ha1[DIGEST_SHA256], ==, SHA);
    g_assert_cmpstr(user->class_name, ==, "boss");
    user = users_find(users, "203");
    g_assert_true(!user->has[DIGEST_MD5] && user->has[DIGEST_SHA256]);
    g_assert_cmpstr(users_find(users, "Käthe Müller")->class_name, ==, "guests");
    g_assert_null(users_find(users, "204"));
    g_assert_null(users_find(users, "20"));
}

static void algorithms_are_those_of_all(void)
{
    g_autoptr(Users) none = parse("", NULL);
    g_autoptr(Users) all = parse("1:pbx.example:" MD5 ":" SHA, NULL);
    g_autoptr(Users) md5 = parse("1:pbx.example:" MD5 ":" SHA "\n2:pbx.example:" MD5, NULL);
    g_autoptr(Users) neither = parse("1:pbx.example::" SHA "\n2:pbx.example:" MD5, NULL);

    g_assert_cmpuint(users_algorithms(none), ==, 1u << DIGEST_MD5 | 1u << DIGEST_SHA256);
    g_assert_cmpuint(users_algorithms(all), ==, 1u << DIGEST_MD5 | 1u << DIGEST_SHA256);
    g_assert_cmpuint(users_algorithms(md5), ==, 1u << DIGEST_MD5);
    g_assert_cmpuint(users_algorithms(neither), ==, 0);
}

static void a_realm_may_be_an_ipv6_address(void)
{
    static const char text[] = "201:[2001:db8::1]:" MD5 ":" SHA ":boss\n[x:[2001:db8::1]:" MD5;
    g_autoptr(GError) error = NULL;
    g_autoptr(Users) users = users_parse("users", text, strlen(text), "[2001:db8::1]", &error);

    g_assert_no_error(error);
    g_assert_cmpuint(users_size(users), ==, 2);
    g_assert_cmpstr(users_find(users, "201")->class_name, ==, "boss");
    g_assert_nonnull(users_find(users, "[x"));
}

static void mistakes_have_their_lines(void)
{
    static const struct {
        const char *line, *told;
    } cases[] = {
        {"201", "users:2: is not user:realm:HA1-MD5[:HA1-SHA-256[:class]], an empty hash for none"},
        {"201:pbx.example", "users:2: is not user:realm:HA1-MD5[:HA1-SHA-256[:class]], an empty "
                            "hash for none"},
        {"201:pbx.example:" MD5 ":" SHA ":boss:more",
         "users:2: is not user:realm:HA1-MD5[:HA1-SHA-256[:class]], an empty hash for none"},
        {":pbx.example:" MD5, "users:2: the user's name is empty"},
        {"a\"b:pbx.example:" MD5,
         "users:2: the user's name holds a control character, a quote or a backslash"},
        {"a\x01:pbx.example:" MD5,
         "users:2: the user's name holds a control character, a quote or a backslash"},
        {"\xff:pbx.example:" MD5, "users:2: the user's name is not UTF-8"},
        {"0123456789012345678901234567890123456789012345678901234567890123:pbx.example:" MD5,
         "users:2: the user's name has more than 63 octets"},
        {"201:pbx.example:secret", "users:2: the MD5 hash of 201 is not 32 hex digits"},
        {"201:pbx.example:" MD5 ":" MD5, "users:2: the SHA-256 hash of 201 is not 64 hex digits"},
        {"201:pbx.example:", "users:2: 201 has no hash"},
        {"201:elsewhere:secret", "users:2: the MD5 hash of 201 is not 32 hex digits"},
        {"200:pbx.example:" MD5, "users:2: 200 stands there already"},
        {"201:pbx.example:" MD5 "::\xff", "users:2: the class of 201 is not UTF-8"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("200:pbx.example:" MD5 "\n%s\n", cases[i].line);
        g_autoptr(GError) error = NULL;
        g_autoptr(Users) users = parse(text, &error);

        g_assert_null(users);
        g_assert_cmpstr(error->message, ==, cases[i].told);
    }
}

static void every_mistake_is_told_up_to_twenty(void)
{
    g_autoptr(GString) text = g_string_new("\n200\n\n#\n201\n");
    g_autoptr(GError) few = NULL;
    g_autoptr(GError) many = NULL;
    g_auto(GStrv) lines = NULL;

    g_assert_null(parse(text->str, &few));
    g_assert_true(g_str_has_prefix(few->message, "users:2: "));
    g_assert_nonnull(strstr(few->message, "\nusers:5: "));
    for (guint i = 0; i < 100; i++)
        g_string_append(text, "nonsense\n");
    g_assert_null(parse(text->str, &many));
    lines = g_strsplit(many->message, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 21);
    g_assert_cmpstr(lines[20], ==, "users: 82 more mistakes");
}

/* ---- files ---- */

typedef struct Folder {
    char *path, *file, *log;
} Folder;

static void folder_open(Folder *folder, gconstpointer data)
{
    folder->path = g_dir_make_tmp("tieline-users-XXXXXX", NULL);
    folder->file = g_build_filename(folder->path, "users", NULL);
    folder->log = g_build_filename(folder->path, "log", NULL);
}

static void folder_close(Folder *folder, gconstpointer data)
{
    g_unlink(folder->file);
    g_unlink(folder->log);
    g_rmdir(folder->path);
    g_free(folder->path);
    g_free(folder->file);
    g_free(folder->log);
}

/* Loads with the log going to a file; *LOG gets what it says. */
static Users *folder_load(Folder *folder, char **log, GError **error)
{
    int was = dup(STDERR_FILENO);
    FILE *file = g_fopen(folder->log, "w");
    Users *users;

    dup2(fileno(file), STDERR_FILENO);
    users = users_load(folder->file, "pbx.example", error);
    dup2(was, STDERR_FILENO);
    close(was);
    fclose(file);
    g_file_get_contents(folder->log, log, NULL, NULL);
    return users;
}

static void folder_write(Folder *folder, const char *text)
{
    g_assert_true(
        g_file_set_contents_full(folder->file, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void a_file_is_loaded(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;
    g_autoptr(Users) users = NULL;

    folder_write(folder, "201:pbx.example:" MD5 "\n");
    users = folder_load(folder, &log, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(users_size(users), ==, 1);
    g_assert_cmpstr(log, ==, "");
}

static void what_others_may_read_is_told(Folder *folder, gconstpointer data)
{
    static const struct {
        int mode;
        const char *word;
    } cases[] = {{0640, NULL}, {0644, "others may read it"}, {0602, "others may write it"}};

    folder_write(folder, "201:pbx.example:" MD5 "\n202:elsewhere:" MD5 "\n");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *log = NULL;
        g_autoptr(Users) users = NULL;

        g_chmod(folder->file, (mode_t)cases[i].mode);
        users = folder_load(folder, &log, NULL);
        g_assert_nonnull(users);
        g_assert_nonnull(strstr(log, "1 users of other realms than \"pbx.example\""));
        if (cases[i].word)
            g_assert_nonnull(strstr(log, cases[i].word));
        else
            g_assert_null(strstr(log, "others may"));
        g_assert_null(strstr(log, MD5));
    }
}

static void no_file_is_an_error(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) directory = NULL;
    g_autofree char *told = g_strdup_printf("%s: is no file", folder->path);

    g_assert_null(users_load(folder->file, "pbx.example", &missing));
    g_assert_true(g_str_has_prefix(missing->message, folder->file));
    g_assert_null(users_load(folder->path, "pbx.example", &directory));
    g_assert_cmpstr(directory->message, ==, told);
}

/* ---- databases ---- */

static void database_make(Folder *folder, const char *statements)
{
    sqlite3 *database = NULL;

    g_assert_cmpint(sqlite3_open(folder->file, &database), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(database, statements, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(database);
    g_chmod(folder->file, 0600);
}

#define TABLE                                                                                      \
    "CREATE TABLE users(name TEXT PRIMARY KEY, realm TEXT, ha1_md5 TEXT, ha1_sha256 TEXT, "        \
    "class TEXT);"

static void a_database_is_loaded(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;
    g_autoptr(Users) users = NULL;

    database_make(folder, TABLE
                  "INSERT INTO users VALUES('201','pbx.example','" MD5 "','" SHA "','boss'),"
                  "('202','pbx.example','" MD5 "',NULL,NULL),('203','elsewhere','" MD5 "','','');");
    users = folder_load(folder, &log, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(users_size(users), ==, 2);
    g_assert_cmpstr(users_find(users, "201")->class_name, ==, "boss");
    g_assert_true(users_find(users, "201")->has[DIGEST_SHA256]);
    g_assert_false(users_find(users, "202")->has[DIGEST_SHA256]);
    g_assert_nonnull(strstr(log, "1 users of other realms"));
}

static void a_database_in_wal_mode_is_loaded(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Users) users = NULL;
    sqlite3 *writer = NULL;

    g_assert_cmpint(sqlite3_open(folder->file, &writer), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(writer,
                                 "PRAGMA journal_mode=WAL;" TABLE "BEGIN;"
                                 "INSERT INTO users VALUES('201','pbx.example','" MD5
                                 "','','');COMMIT;BEGIN;"
                                 "INSERT INTO users VALUES('202','pbx.example','" MD5 "','','');",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    users = users_load(folder->file, "pbx.example", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(users_size(users), ==, 1); /* the second is not committed */
    sqlite3_close(writer);
}

static void a_broken_database_is_an_error(Folder *folder, gconstpointer data)
{
    static const struct {
        const char *statements, *told;
    } cases[] = {
        {"CREATE TABLE people(name TEXT);", ": no such table: users"},
        {"CREATE TABLE users(name TEXT, realm TEXT, ha1_md5 TEXT);",
         ": no such column: ha1_sha256"},
        {TABLE "INSERT INTO users VALUES('201','pbx.example','x','','');",
         ": row 1: the MD5 hash of 201 is not 32 hex digits"},
        {TABLE "INSERT INTO users VALUES(NULL,'pbx.example','" MD5 "','','');",
         ": row 1: the user's name is empty"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_unlink(folder->file);
        database_make(folder, cases[i].statements);
        g_assert_null(users_load(folder->file, "pbx.example", &error));
        g_assert_true(g_str_has_prefix(error->message, folder->file));
        g_assert_cmpstr(error->message + strlen(folder->file), ==, cases[i].told);
    }
    folder_write(folder, "SQLite format 3");
    g_assert_cmpint(truncate(folder->file, 4096), ==, 0);
    g_assert_null(users_load(folder->file, "pbx.example", NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/users/lines-are-users", lines_are_users);
    g_test_add_func("/users/algorithms-are-those-of-all", algorithms_are_those_of_all);
    g_test_add_func("/users/a-realm-may-be-an-ipv6-address", a_realm_may_be_an_ipv6_address);
    g_test_add_func("/users/mistakes-have-their-lines", mistakes_have_their_lines);
    g_test_add_func("/users/every-mistake-is-told-up-to-twenty",
                    every_mistake_is_told_up_to_twenty);
#define IN_FOLDER(path, function)                                                                  \
    g_test_add(path, Folder, NULL, folder_open, function, folder_close)
    IN_FOLDER("/users/a-file-is-loaded", a_file_is_loaded);
    IN_FOLDER("/users/what-others-may-read-is-told", what_others_may_read_is_told);
    IN_FOLDER("/users/no-file-is-an-error", no_file_is_an_error);
    IN_FOLDER("/users/a-database-is-loaded", a_database_is_loaded);
    IN_FOLDER("/users/a-database-in-wal-mode-is-loaded", a_database_in_wal_mode_is_loaded);
    IN_FOLDER("/users/a-broken-database-is-an-error", a_broken_database_is_an_error);
    return g_test_run();
}
