/* The users who may authenticate, as an immutable table: names, HA1 hashes, classes.
 *
 * Loaded whole from a text file or an SQLite database; a reload makes a new table and the old one
 * lives as long as somebody holds it. Private to src/phones. Home thread: any (read-only, counted
 * atomically).
 */
#pragma once

#include "digest.h"
#include "values.h"

typedef struct Users Users;

typedef struct User {
    char name[TAG_MAX];
    char class_name[TAG_MAX]; /* its class of service, or "" */
    gboolean has[DIGEST_ALGORITHM_COUNT];
    char ha1[DIGEST_ALGORITHM_COUNT][DIGEST_HEX_SIZE]; /* lower-case hex */
} User;

/* Reads the users of REALM from FILE: an SQLite database when it begins as one, else text. Those of
 * other realms are passed over, with a warning; so is a file that others may read. NULL with ERROR
 * that holds every mistake, one a line, as "FILE:LINE: ...", of a database as "FILE: row N: ...".
 * Blocks on the disk. */
Users *users_load(const char *file, const char *realm, GError **error);
/* The same from the text of a file called NAME. */
Users *users_parse(const char *name, const char *text, gsize size, const char *realm,
                   GError **error);
Users *users_ref(Users *users);
void users_unref(Users *users);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Users, users_unref)

guint users_size(const Users *users);
/* NULL when nobody is called so. */
const User *users_find(const Users *users, const char *name);
/* The realm the hashes are made for. */
const char *users_realm(const Users *users);
/* 1 << DigestAlgorithm of each algorithm that every user has a hash of; all of them when there is
 * no user. */
guint users_algorithms(const Users *users);
