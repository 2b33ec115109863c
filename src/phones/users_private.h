/* What the readers of users share: a table being filled, with the mistakes met. */
#pragma once

#include "users.h"

typedef struct UsersReading {
    Users *users;
    const char *file;
    GString *mistakes; /* one a line */
    guint mistake_count;
    guint other_realms; /* users passed over */
} UsersReading;

/* One user as the source has it; fields it has not are NULL or "". */
typedef struct UserText {
    const char *name, *realm, *class_name;
    const char *ha1[DIGEST_ALGORITHM_COUNT];
} UserText;

/* PLACE stands before what is wrong: "FILE:LINE" or "FILE: row N". */
void users_complain(UsersReading *reading, const char *place, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Checks one user and adds it, when it is of our realm. */
void users_add(UsersReading *reading, const char *place, const UserText *text);
/* users_text.c, users_database.c. FALSE with ERROR when reading itself fails. */
void users_read_text(UsersReading *reading, const char *text, gsize size);
gboolean users_read_database(UsersReading *reading, GError **error);
