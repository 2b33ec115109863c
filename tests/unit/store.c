/* The store with real SQLite: what is told to be kept is kept, whatever becomes of the process and
 * of the disk. */
#include "store.h"
#include "store_private.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const StoreTable fruits = {
    .name = "fruits",
    .keys = 1,
    .columns = {{"name", STORE_TEXT}, {"colour", STORE_TEXT}, {"weight", STORE_NUMBER}},
};

/* A folder, a loop, a store with one table, and what was heard of it. */
typedef struct Fixture {
    char *folder, *path;
    Loop *loop;
    Store *store;
    GHashTable *read; /* name -> colour */
    guint renewals, stored, unstored;
    guint waiting; /* for so many answers the loop runs */
} Fixture;

static void on_read(void *user, const StoreRow *row)
{
    Fixture *fixture = user;

    g_assert_cmpint(store_row_number(row, 2), ==, (gint64)strlen(store_row_text(row, 1)));
    g_hash_table_insert(fixture->read, g_strdup(store_row_text(row, 0)),
                        g_strdup(store_row_text(row, 1)));
}

static void on_renew(void *user)
{
    ((Fixture *)user)->renewals++;
}

static void store_start(Fixture *fixture)
{
    StoreReader reader = {&fruits, on_read, on_renew, fixture};

    g_hash_table_remove_all(fixture->read);
    fixture->renewals = fixture->stored = fixture->unstored = 0;
    fixture->store = store_new(fixture->loop);
    store_add_reader(fixture->store, &reader);
    store_open(fixture->store, fixture->path);
}

static void store_stop(Fixture *fixture)
{
    g_clear_pointer(&fixture->store, store_free);
}

static void store_restart(Fixture *fixture)
{
    store_stop(fixture);
    store_start(fixture);
}

static void fixture_open(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fixture->folder = g_dir_make_tmp("tieline-store-XXXXXX", &error);
    g_assert_no_error(error);
    fixture->path = g_build_filename(fixture->folder, "lib", "tieline.db", NULL);
    fixture->loop = loop_epoll_new(&error);
    g_assert_no_error(error);
    fixture->read = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    store_start(fixture);
}

static void folder_remove(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            folder_remove(path);
        else
            g_assert_cmpint(g_unlink(path), ==, 0);
    }
    if (dir)
        g_dir_close(dir);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void fixture_close(Fixture *fixture, gconstpointer data)
{
    store_stop(fixture);
    loop_epoll_free(fixture->loop);
    g_hash_table_unref(fixture->read);
    folder_remove(fixture->folder);
    g_free(fixture->path);
    g_free(fixture->folder);
}

static void fruit_put(Fixture *fixture, const char *name, const char *colour)
{
    StoreRow *row = store_row_new(&fruits);

    store_row_set(row, 0, name);
    store_row_set(row, 1, colour);
    store_row_count(row, 2, (gint64)strlen(colour));
    store_write(fixture->store, row);
}

static void fruit_erase(Fixture *fixture, const char *name)
{
    StoreRow *row = store_row_new(&fruits);

    store_row_set(row, 0, name);
    store_erase(fixture->store, row);
}

static void on_done(void *user, gboolean stored)
{
    Fixture *fixture = user;

    if (stored)
        fixture->stored++;
    else
        fixture->unstored++;
    if (fixture->stored + fixture->unstored >= fixture->waiting)
        loop_epoll_quit(fixture->loop);
}

static void too_long(void *user)
{
    g_error("nothing heard for 10 s");
}

/* Runs the loop until COUNT answers in all have come. */
static void await(Fixture *fixture, guint count)
{
    LoopTimer *timer = loop_timer_new(fixture->loop, too_long, NULL);

    loop_timer_start(fixture->loop, timer, 10 * G_USEC_PER_SEC);
    fixture->waiting = count;
    if (fixture->stored + fixture->unstored < count)
        loop_epoll_run(fixture->loop);
    loop_timer_free(fixture->loop, timer);
}

/* Puts are answered with STORED. */
static void settle(Fixture *fixture, gboolean stored)
{
    guint before = fixture->stored + fixture->unstored;
    guint good = fixture->stored;

    store_wait(fixture->store, on_done, fixture);
    await(fixture, before + 1);
    g_assert_cmpint(fixture->stored - good, ==, stored);
}

static void quit(void *user)
{
    loop_epoll_quit(user);
}

static void rest(Fixture *fixture, guint ms)
{
    LoopTimer *timer = loop_timer_new(fixture->loop, quit, fixture->loop);

    loop_timer_start(fixture->loop, timer, ms * (gint64)1000);
    loop_epoll_run(fixture->loop);
    loop_timer_free(fixture->loop, timer);
}

typedef struct Wanted {
    const char *name;
    guint64 value;
} Wanted;

static void counter_match(void *user, const char *name, guint64 value)
{
    Wanted *wanted = user;

    if (strcmp(name, wanted->name) == 0)
        wanted->value = value;
}

static guint64 counter(Fixture *fixture, const char *name)
{
    Wanted wanted = {name, G_MAXUINT64};

    store_each_counter(fixture->store, counter_match, &wanted);
    g_assert_cmpuint(wanted.value, !=, G_MAXUINT64);
    return wanted.value;
}

static void colour_is(Fixture *fixture, const char *name, const char *colour)
{
    g_assert_cmpstr(g_hash_table_lookup(fixture->read, name), ==, colour);
}

/* ---- what is kept ---- */

static void test_kept(Fixture *fixture, gconstpointer data)
{
    struct stat status;

    fruit_put(fixture, "apple", "green");
    fruit_put(fixture, "apple", "red");
    fruit_put(fixture, "it's \"q\"", "x\n;--");
    fruit_put(fixture, "plum", "blue");
    fruit_put(fixture, "pear", "");
    fruit_erase(fixture, "plum");
    settle(fixture, TRUE);
    g_assert_cmpuint(counter(fixture, "store values"), ==, 6);
    store_restart(fixture);
    g_assert_cmpuint(g_hash_table_size(fixture->read), ==, 3);
    colour_is(fixture, "apple", "red");
    colour_is(fixture, "it's \"q\"", "x\n;--");
    colour_is(fixture, "pear", "");
    g_assert_cmpint(stat(fixture->path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
}

/* Values of one moment make one commit; a full batch does not wait. */
static void test_batches(Fixture *fixture, gconstpointer data)
{
    guint64 before = counter(fixture, "store commits");

    for (guint i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("f%u", i);

        fruit_put(fixture, name, "grey");
    }
    settle(fixture, TRUE);
    g_assert_cmpuint(counter(fixture, "store commits") - before, ==, 1);
    /* Nothing is new: nobody waits for a commit that does not come. */
    settle(fixture, TRUE);
    g_assert_cmpuint(counter(fixture, "store commits") - before, ==, 1);
}

/* Who waits hears in order; who has gone does not hear; closing answers all. */
static void test_waiters(Fixture *fixture, gconstpointer data)
{
    Fixture other = *fixture;

    other.stored = other.unstored = 0;
    fruit_put(fixture, "apple", "red");
    store_wait(fixture->store, on_done, &other);
    store_wait(fixture->store, on_done, fixture);
    store_forget(fixture->store, &other);
    fruit_put(fixture, "plum", "blue");
    store_wait(fixture->store, on_done, fixture);
    g_assert_cmpuint(fixture->stored, ==, 0);
    store_close(fixture->store);
    g_assert_cmpuint(fixture->stored, ==, 2);
    g_assert_cmpuint(other.stored + other.unstored, ==, 0);
    store_restart(fixture);
    colour_is(fixture, "plum", "blue");
}

static void test_memory_only(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_steal_pointer(&fixture->path);

    store_restart(fixture);
    fruit_put(fixture, "apple", "red");
    store_meta_put(fixture->store, "key", "secret");
    settle(fixture, FALSE);
    g_assert_cmpstr(store_meta_get(fixture->store, "key"), ==, "secret");
    fixture->path = g_steal_pointer(&path);
}

static void record_add(void *user, const char *key, const char *value, gint64 expires_us)
{
    g_string_append_printf(user, "%s=%s ", key, value);
}

static void test_records(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) heard = g_string_new(NULL);
    gint64 now = clock_wall_us();

    store_meta_put(fixture->store, "nonce", "0123");
    store_put(fixture->store, "elin", "5551", "201", now + G_USEC_PER_SEC * 60);
    store_put(fixture->store, "elin", "5552", "202", now - 1);
    store_put(fixture->store, "elin", "5553", "203", 0);
    store_drop(fixture->store, "elin", "5553");
    store_put(fixture->store, "other", "5551", "-", 0);
    store_restart(fixture);
    g_assert_cmpstr(store_meta_get(fixture->store, "nonce"), ==, "0123");
    g_assert_cmpstr(store_get(fixture->store, "elin", "5551"), ==, "201");
    g_assert_null(store_get(fixture->store, "elin", "5552"));
    g_assert_null(store_get(fixture->store, "elin", "5553"));
    g_assert_null(store_get(fixture->store, "elin", "nonce"));
    store_each(fixture->store, "elin", record_add, heard);
    g_assert_cmpstr(heard->str, ==, "5551=201 ");
}

/* ---- SIGKILL ---- */

/* Puts as fast as it can, telling on FD after each answer how many are kept, until it is killed. */
static void victim_run(const char *path, int fd)
{
    Fixture fixture = {.path = (char *)path, .loop = loop_epoll_new(NULL)};

    fixture.read = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    store_start(&fixture);
    for (guint32 i = 0;; i++) {
        g_autofree char *name = g_strdup_printf("k%u", i);
        guint32 count = i + 1;

        fruit_put(&fixture, name, "red");
        /* Every seventh answer is waited for: kills fall into commits, and between them. */
        if (i % 7)
            continue;
        settle(&fixture, TRUE);
        if (write(fd, &count, sizeof count) < 0)
            _exit(1);
    }
}

static void test_killed(Fixture *fixture, gconstpointer data)
{
    store_stop(fixture);
    for (guint round = 0; round < 12; round++) {
        guint32 kept = 0, count;
        gint64 begun;
        int pipes[2];
        pid_t child;

        g_unlink(fixture->path);
        g_assert_cmpint(pipe(pipes), ==, 0);
        child = fork();
        g_assert_cmpint(child, >=, 0);
        if (child == 0) {
            close(pipes[0]);
            victim_run(fixture->path, pipes[1]);
        }
        close(pipes[1]);
        g_assert_cmpint(read(pipes[0], &kept, sizeof kept), ==, sizeof kept);
        g_usleep(100000 + round * 3700);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(pipes[0], &count, sizeof count) == sizeof count)
            kept = count;
        close(pipes[0]);
        begun = g_get_monotonic_time();
        store_start(fixture);
        g_test_message("%u kept, %u read in %d ms", kept, g_hash_table_size(fixture->read),
                       (int)(g_get_monotonic_time() - begun) / 1000);
        g_assert_cmpuint(kept, >, 7);
        for (guint i = 0; i < kept; i++) {
            g_autofree char *name = g_strdup_printf("k%u", i);

            colour_is(fixture, name, "red");
        }
        g_assert_cmpuint(counter(fixture, "store files moved aside"), ==, 0);
        store_stop(fixture);
    }
    store_start(fixture);
}

/* ---- trouble with the disk ---- */

/* Nobody waits for a full disk, and nothing is lost when there is room again. */
static void test_full(Fixture *fixture, gconstpointer data)
{
    struct rlimit old, tight;
    g_autofree char *long_colour = g_strnfill(200000, 'x');

    fruit_put(fixture, "before", "red");
    settle(fixture, TRUE);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    tight = old;
    tight.rlim_cur = 65536; /* a write beyond it fails, as on a full disk */
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &tight), ==, 0);
    fruit_put(fixture, "big", long_colour);
    settle(fixture, FALSE);
    fruit_put(fixture, "small", "blue");
    fruit_erase(fixture, "before");
    settle(fixture, FALSE);
    g_assert_cmpuint(counter(fixture, "store values waiting for the file"), ==, 3);
    g_assert_cmpuint(counter(fixture, "store commits failed"), >=, 2);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
    for (guint i = 0; i < 100 && counter(fixture, "store values waiting for the file"); i++)
        rest(fixture, 50);
    g_assert_cmpuint(counter(fixture, "store values waiting for the file"), ==, 0);
    settle(fixture, TRUE);
    store_restart(fixture);
    colour_is(fixture, "big", long_colour);
    colour_is(fixture, "small", "blue");
    colour_is(fixture, "before", NULL);
    g_assert_cmpuint(counter(fixture, "store files moved aside"), ==, 0);
}

static sqlite3 *lock_take(const char *path)
{
    sqlite3 *db = NULL;

    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
    return db;
}

static void test_locked(Fixture *fixture, gconstpointer data)
{
    sqlite3 *other;

    fruit_put(fixture, "apple", "red");
    settle(fixture, TRUE);
    other = lock_take(fixture->path);
    fruit_put(fixture, "apple", "green");
    settle(fixture, FALSE);
    sqlite3_close(other);
    for (guint i = 0; i < 100 && counter(fixture, "store values waiting for the file"); i++)
        rest(fixture, 50);
    store_restart(fixture);
    colour_is(fixture, "apple", "green");
}

/* A file that opens late: what it had is heard, and news is not overwritten by it. */
static void test_late(Fixture *fixture, gconstpointer data)
{
    sqlite3 *other = NULL;

    fruit_put(fixture, "apple", "red");
    fruit_put(fixture, "pear", "yellow");
    fruit_put(fixture, "plum", "blue");
    settle(fixture, TRUE);
    store_stop(fixture);
    g_assert_cmpint(sqlite3_open(fixture->path, &other), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(other,
                                 "PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE;"
                                 "INSERT INTO fruits VALUES ('fig', 'brown', 5);COMMIT",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    store_start(fixture);
    g_assert_cmpuint(g_hash_table_size(fixture->read), ==, 0);
    fruit_put(fixture, "apple", "green");
    fruit_erase(fixture, "pear");
    settle(fixture, FALSE);
    sqlite3_close(other);
    for (guint i = 0; i < 100 && g_hash_table_size(fixture->read) == 0; i++)
        rest(fixture, 50);
    colour_is(fixture, "apple", "green");
    colour_is(fixture, "pear", NULL);
    colour_is(fixture, "plum", "blue");
    colour_is(fixture, "fig", "brown");
}

/* How many files beside the store's have been moved aside. */
static guint count_aside(const Fixture *fixture)
{
    g_autofree char *folder = g_path_get_dirname(fixture->path);
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    guint count = 0;

    while ((name = g_dir_read_name(dir)))
        count += strstr(name, ".db.broken-") && !g_str_has_suffix(name, "-wal") &&
                 !g_str_has_suffix(name, "-shm");
    g_dir_close(dir);
    return count;
}

static void test_corrupt(Fixture *fixture, gconstpointer data)
{
    static const char *const contents[] = {"this is no database at all, and longer than its header",
                                           NULL};
    g_autofree char *text = NULL;
    gsize length;

    for (guint i = 0; i < 400; i++) {
        g_autofree char *name = g_strdup_printf("fruit %u", i);

        fruit_put(fixture, name, "of some colour");
    }
    settle(fixture, TRUE);
    store_stop(fixture);
    g_assert_true(g_file_get_contents(fixture->path, &text, &length, NULL));
    for (guint i = 0; i <= 1; i++) {
        if (contents[i]) {
            g_assert_true(g_file_set_contents(fixture->path, contents[i], -1, NULL));
        } else {
            memset(text + length / 2, 0x55, length / 4);
            g_assert_true(g_file_set_contents(fixture->path, text, (gssize)length, NULL));
        }
        store_start(fixture);
        g_assert_cmpuint(counter(fixture, "store files moved aside"), ==, 1);
        g_assert_cmpuint(count_aside(fixture), ==, i + 1);
        g_assert_cmpuint(g_hash_table_size(fixture->read), ==, 0);
        fruit_put(fixture, "new", "white");
        settle(fixture, TRUE);
        store_restart(fixture);
        colour_is(fixture, "new", "white");
        store_stop(fixture);
    }
    store_start(fixture);
}

/* A file of a later tieline is not written to. */
static void test_version(Fixture *fixture, gconstpointer data)
{
    sqlite3 *db = NULL;

    settle(fixture, TRUE);
    store_stop(fixture);
    g_assert_cmpint(sqlite3_open(fixture->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, "PRAGMA user_version = 9", NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
    store_start(fixture);
    g_assert_cmpuint(count_aside(fixture), ==, 1);
}

/* The file is removed under the running store: a new one is begun, and everything asked for again.
 */
static void test_removed(Fixture *fixture, gconstpointer data)
{
    g_autofree char *wal = g_strconcat(fixture->path, "-wal", NULL);
    g_autofree char *shm = g_strconcat(fixture->path, "-shm", NULL);

    fruit_put(fixture, "apple", "red");
    settle(fixture, TRUE);
    g_unlink(fixture->path);
    g_unlink(wal);
    g_unlink(shm);
    fruit_put(fixture, "plum", "blue");
    settle(fixture, TRUE);
    g_assert_cmpuint(fixture->renewals, ==, 1);
    store_restart(fixture);
    colour_is(fixture, "plum", "blue");
}

/* A folder that cannot be made is trouble, not the end. */
static void test_no_folder(Fixture *fixture, gconstpointer data)
{
    g_autofree char *good = g_steal_pointer(&fixture->path);

    store_stop(fixture);
    fixture->path = g_strdup("/proc/self/nowhere/tieline.db");
    store_start(fixture);
    fruit_put(fixture, "apple", "red");
    settle(fixture, FALSE);
    store_stop(fixture);
    g_free(fixture->path);
    fixture->path = g_steal_pointer(&good);
    store_start(fixture);
}

#define ADD(name, test) g_test_add("/store/" name, Fixture, NULL, fixture_open, test, fixture_close)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("kept", test_kept);
    ADD("batches", test_batches);
    ADD("waiters", test_waiters);
    ADD("memory-only", test_memory_only);
    ADD("records", test_records);
    ADD("killed", test_killed);
    ADD("full", test_full);
    ADD("locked", test_locked);
    ADD("late", test_late);
    ADD("corrupt", test_corrupt);
    ADD("version", test_version);
    ADD("removed", test_removed);
    ADD("no-folder", test_no_folder);
    return g_test_run();
}
