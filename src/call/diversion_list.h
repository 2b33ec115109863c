/* A call's diversions as a chronology: what the Diversion and History-Info texts are read into, and
 * written from. */
#pragma once

#include "fields.h"

#define DIVERSION_STEPS_MAX 64

/* One diversion, which may stand for several that nothing is known of. */
typedef struct DiversionStep {
    Diversion diversion;
    guint times; /* 1 or more */
} DiversionStep;

/* Oldest first. */
typedef struct DiversionList {
    guint count;
    DiversionStep steps[DIVERSION_STEPS_MAX];
} DiversionList;

/* Appends while there is room. */
void diversion_list_add(DiversionList *list, const Diversion *diversion, guint times);
void diversion_list_from_diversion(const char *const *values, DiversionList *list);
/* NOW is the number of the newest entry; empty when it has none. */
void diversion_list_from_history(const char *const *values, DiversionList *list, Number *now);

/* "sip:123@host;user=phone", or the URI of one who is withheld or not known. Caller frees. */
char *diversion_uri(const Diversion *diversion, const DiversionText *text, gboolean *withheld);
/* Is the party of an address not told? Then its diversion has no number, and its presentation says
 * why. */
gboolean diversion_number_read(const char *user, const char *host, Number *number);
