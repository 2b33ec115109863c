/* A configuration file half read: the settings so far, and for each group where the file says what.
 *
 * Private to src/conf. Home thread: any.
 */
#pragma once

#include "mistakes.h"
#include "rows.h"
#include "scan.h"

/* What the file says of one row of a group. */
typedef struct SectionKey {
    guint line;   /* 0: nothing */
    gboolean bad; /* its value was refused: no further complaint about it helps */
} SectionKey;

/* One group of the settings while it is being read. */
typedef struct Section {
    SettingGroup group;
    void *instance;        /* its struct in the settings */
    const ScanGroup *scan; /* NULL: the file has no such group, all is default */
    SectionKey *keys;      /* one for each row of setting_rows */
} Section;

typedef struct Reading {
    Settings *settings;
    Mistakes *mistakes;
    GPtrArray *sections; /* of Section*, in the order of the file */
} Reading;

/* The section of INSTANCE. */
Section *reading_section(const Reading *reading, const void *instance);
/* Adds a mistake about KEY of SECTION, at its line or the group's; nothing when KEY was complained
 * about. */
void reading_complain(Reading *reading, Section *section, const char *key, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* TRUE when every value of the NULL-terminated KEYS of SECTION was read. */
gboolean reading_is_sound(const Section *section, ...) G_GNUC_NULL_TERMINATED;

/* Reads the keys the file gives, then fills in the defaults. */
void reading_fill(Reading *reading);
/* Finds combinations of values that cannot be. */
void reading_check(Reading *reading);
/* The same in what the phones' groups say; part of reading_check(). */
void reading_check_phones(Reading *reading);
/* Would sockets on the hosts of A and B stand in each other's way, were their ports equal? */
/* ENDPOINTS of KEY must be free of each other, and addresses that can be told. */
void reading_check_endpoints(Reading *reading, Section *section, const char *key,
                             const GArray *endpoints);
/* Is ADDRESS one of [sip] listen and also-listen? The name of the key; NULL: it is not. */
const char *sip_key_of(const SipSettings *sip, const struct sockaddr_storage *address);
gboolean hosts_overlap(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
