/* The rows of the cause tables, as cause.c looks them up and explains them. */
#pragma once

#include <glib.h>

/* A Q.850 cause and the final response it becomes. */
typedef struct CauseRow {
    guint8 cause;
    guint16 status;
    const char *name;
    const char *source;
} CauseRow;

/* A SIP response and the cause it becomes; 0: no final response of a failed call. */
typedef struct StatusRow {
    guint16 status;
    guint8 cause;
    const char *phrase;
    const char *source;
} StatusRow;

extern const CauseRow cause_rows[];
extern const gsize cause_row_count;
extern const StatusRow status_rows[];
extern const gsize status_row_count;
