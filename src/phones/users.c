/* The table of users: filled by a reader, checked here, immutable afterwards. */
#include "users_private.h"

#include "log.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (64 * 1024 * 1024)
#define MISTAKES_TOLD 20
#define DATABASE_BEGIN "SQLite format 3"

struct Users {
    gint count; /* of references */
    char *realm;
    GHashTable *by_name; /* char* (the user's own) -> User* */
};

static void user_free(gpointer data)
{
    User *user = data;

    explicit_bzero(user, sizeof(*user));
    g_free(user);
}

static Users *users_new(const char *realm)
{
    Users *users = g_new0(Users, 1);

    users->count = 1;
    users->realm = g_strdup(realm);
    users->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, user_free);
    return users;
}

Users *users_ref(Users *users)
{
    g_atomic_int_inc(&users->count);
    return users;
}

void users_unref(Users *users)
{
    if (!users || !g_atomic_int_dec_and_test(&users->count))
        return;
    g_hash_table_destroy(users->by_name);
    g_free(users->realm);
    g_free(users);
}

guint users_size(const Users *users)
{
    return g_hash_table_size(users->by_name);
}

const User *users_find(const Users *users, const char *name)
{
    return g_hash_table_lookup(users->by_name, name);
}

const char *users_realm(const Users *users)
{
    return users->realm;
}

guint users_algorithms(const Users *users)
{
    guint all = (1u << DIGEST_ALGORITHM_COUNT) - 1;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, users->by_name);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const User *user = value;

        for (DigestAlgorithm i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
            if (!user->has[i])
                all &= ~(1u << i);
        }
    }
    return all;
}

/* ---- filling ---- */

void users_complain(UsersReading *reading, const char *place, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    if (++reading->mistake_count > MISTAKES_TOLD)
        return; /* a file of another kind has nothing but mistakes */
    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_string_append_printf(reading->mistakes, "%s%s: %s", reading->mistakes->len ? "\n" : "", place,
                           what);
}

/* What is wrong with TEXT as a name; NULL: nothing. */
static const char *name_fault(const char *text)
{
    if (!text || !*text)
        return "is empty";
    if (strlen(text) >= TAG_MAX)
        return "has more than 63 octets";
    if (!g_utf8_validate(text, -1, NULL))
        return "is not UTF-8";
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        if (g_unichar_iscntrl(g_utf8_get_char(at)) || *at == '"' || *at == '\\')
            return "holds a control character, a quote or a backslash";
    }
    return NULL;
}

/* The hash itself is a secret: it is never told. */
static gboolean hash_add(UsersReading *reading, const char *place, DigestAlgorithm algorithm,
                         const char *text, User *user)
{
    guint8 octets[DIGEST_OCTETS_MAX];

    if (!text || !*text)
        return TRUE;
    if (!digest_hex_read(text, octets, digest_octets(algorithm))) {
        users_complain(reading, place, "the %s hash of %s is not %u hex digits",
                       digest_algorithm_name(algorithm), user->name, 2 * digest_octets(algorithm));
        return FALSE;
    }
    digest_hex_write(octets, digest_octets(algorithm), user->ha1[algorithm]);
    user->has[algorithm] = TRUE;
    explicit_bzero(octets, sizeof(octets));
    return TRUE;
}

static gboolean user_fill(UsersReading *reading, const char *place, const UserText *text,
                          User *user)
{
    const char *fault;
    gboolean any = FALSE;

    if ((fault = name_fault(text->name))) {
        users_complain(reading, place, "the user's name %s", fault);
        return FALSE;
    }
    g_strlcpy(user->name, text->name, sizeof(user->name));
    if (text->class_name && *text->class_name) {
        if ((fault = name_fault(text->class_name))) {
            users_complain(reading, place, "the class of %s %s", user->name, fault);
            return FALSE;
        }
        g_strlcpy(user->class_name, text->class_name, sizeof(user->class_name));
    }
    for (DigestAlgorithm i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
        if (!hash_add(reading, place, i, text->ha1[i], user))
            return FALSE;
        any = any || user->has[i];
    }
    if (!any)
        users_complain(reading, place, "%s has no hash", user->name);
    return any;
}

void users_add(UsersReading *reading, const char *place, const UserText *text)
{
    User *user = g_new0(User, 1);

    if (!user_fill(reading, place, text, user)) {
        user_free(user);
        return;
    }
    if (!text->realm || strcmp(text->realm, reading->users->realm) != 0) {
        reading->other_realms++;
        user_free(user);
        return;
    }
    if (users_find(reading->users, user->name)) {
        users_complain(reading, place, "%s stands there already", user->name);
        user_free(user);
        return;
    }
    g_hash_table_insert(reading->users->by_name, user->name, user);
}

/* ---- reading ---- */

static Users *reading_end(UsersReading *reading, gboolean read, GError **error)
{
    g_autoptr(GString) mistakes = reading->mistakes;
    g_autoptr(Users) users = reading->users;

    if (!read)
        return NULL;
    if (reading->mistake_count > MISTAKES_TOLD)
        g_string_append_printf(mistakes, "\n%s: %u more mistakes", reading->file,
                               reading->mistake_count - MISTAKES_TOLD);
    if (reading->mistake_count) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, mistakes->str);
        return NULL;
    }
    if (reading->other_realms)
        log_warning("guard: %s: %u users of other realms than \"%s\" are passed over",
                    reading->file, reading->other_realms, users->realm);
    return g_steal_pointer(&users);
}

static UsersReading reading_begin(const char *file, const char *realm)
{
    return (UsersReading){users_new(realm), file, g_string_new(NULL), 0, 0};
}

Users *users_parse(const char *name, const char *text, gsize size, const char *realm,
                   GError **error)
{
    UsersReading reading = reading_begin(name, realm);

    users_read_text(&reading, text, size);
    return reading_end(&reading, TRUE, error);
}

/* Hashes open the door as passwords do. */
static void mode_judge(const char *file)
{
    GStatBuf status;

    if (g_stat(file, &status) == 0 && status.st_mode & (S_IROTH | S_IWOTH))
        log_warning("guard: %s: others may %s it; chmod o= is advised", file,
                    status.st_mode & S_IWOTH ? "write" : "read");
}

/* Reads up to FILE_MAX octets; a directory, a pipe or a device is none. */
static char *file_read(const char *file, gsize *size, GError **error)
{
    g_autofree char *text = NULL;
    GStatBuf status;

    if (g_stat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", file,
                    S_ISREG(status.st_mode) ? g_strerror(errno) : "is no file");
        return NULL;
    }
    if (status.st_size > FILE_MAX) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: larger than 64 MiB", file);
        return NULL;
    }
    if (!g_file_get_contents(file, &text, size, error)) {
        g_prefix_error(error, "%s: ", file);
        return NULL;
    }
    return g_steal_pointer(&text);
}

Users *users_load(const char *file, const char *realm, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    Users *users;

    text = file_read(file, &size, error);
    if (!text)
        return NULL;
    mode_judge(file);
    if (size >= sizeof(DATABASE_BEGIN) &&
        memcmp(text, DATABASE_BEGIN, sizeof(DATABASE_BEGIN)) == 0) {
        UsersReading reading = reading_begin(file, realm);
        gboolean read = users_read_database(&reading, error);

        users = reading_end(&reading, read, error);
    } else {
        users = users_parse(file, text, size, realm, error);
    }
    explicit_bzero(text, size);
    return users;
}
